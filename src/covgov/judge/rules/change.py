"""Bars on what changed against the baseline (new, lost) and on what is not counted (excluded)."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge import breaches, units
from covgov.judge.breaches import Subject
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.change import Category, Tally
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Finding, Scope
from covgov.policy import bars
from covgov.policy.bars import Bar, BarScope, BarUnits


def check(view: PolicyView) -> Iterator[Finding]:
    """Broken bars of projects and components. New and lost need a baseline, excluded does not."""
    if view.project is not None:
        subject = Subject(Scope.PROJECT, "project", view.project.unproven)
        yield from _scope(view, BarScope.PROJECT, "", view.project, subject)
    for one in view.components:
        subject = Subject(Scope.COMPONENT, one.component.name, one.measured.unproven)
        yield from _scope(view, BarScope.COMPONENT, one.component.name, one.measured, subject)


def _scope(
    view: PolicyView, scope: BarScope, component: str, measured: ScopeFacts, subject: Subject
) -> Iterator[Finding]:
    for on in (BarUnits.NEW, BarUnits.LOST, BarUnits.EXCLUDED):
        for bar in bars.selected(view.policy.bars, scope, on, component):
            now = _figure(bar, measured)
            if now is not None:
                yield from breaches.broken(view, bar, now, subject, "change")


def _figure(bar: Bar, measured: ScopeFacts) -> Ratio | None:
    """new: covered of new units. lost: lost of the units that were covered. excluded: of all lines that could count."""
    if bar.on is BarUnits.EXCLUDED:
        return units.excluded(measured.snapshot) if measured.snapshot is not None else None
    delta = measured.deltas.get(bar.metric)
    if delta is None:
        return None
    return _new(delta.tally, bar.metric) if bar.on is BarUnits.NEW else _lost(delta.tally, bar.metric)


def _new(tally: Tally, metric: Metric) -> Ratio:
    covered = tally.count(Category.GNC, metric)
    return Ratio(covered, covered + tally.count(Category.UNC, metric))


def _lost(tally: Tally, metric: Metric) -> Ratio:
    lost = tally.count(Category.LBC, metric)
    return Ratio(lost, lost + tally.count(Category.CBC, metric))


PAGES = (
    RulePage(
        id="change",
        title="New, lost or excluded code breaks a bar",
        why=(
            'Bars with `on = "new"`, `"lost"` or `"excluded"` look at what changed since the baseline, or at '
            "what is not counted."
        ),
        example="[change] api: 30 lost of 400 units > 10 (line, on lost, bar components.api.rules[1])",
        fix=(
            "Cover new code, restore the tests of lost code, or count excluded lines again. `covgov policy "
            "show` prints the bar."
        ),
    ),
)

RULE = Rule(check, PAGES)
