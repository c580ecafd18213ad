"""Two tools, or two versions of one, do not count alike: what that changes is no loss, up to a limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from msgspec import structs

from covgov.differential.measurement import MeasurementDifference
from covgov.judge import breaches
from covgov.judge.breaches import Subject
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model import words
from covgov.model.change import Category, Cause, Part
from covgov.model.ratio import ZERO, Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import bars
from covgov.policy.bars import BarScope, BarUnits, spelled

HINT = (
    "measure the base with today's tools: `covgov run --measure-base`; or merge a register row with the scope "
    "`policy:measurement` first"
)

SHOWN = 3
"""Files named."""


@dataclass(frozen=True, slots=True)
class _Subject:
    scope: Scope
    name: str
    metric: Metric
    measured: ScopeFacts

    @property
    def part(self) -> Part | None:
        """What the other measurement did to unchanged code, None when nothing."""
        delta = self.measured.deltas.get(self.metric)
        return next((part for part in delta.parts if part.cause is Cause.MEASUREMENT), None) if delta else None

    @property
    def loss(self) -> Fraction:
        return self.difference(self.metric).loss

    def difference(self, metric: Metric) -> MeasurementDifference:
        return self.measured.differences.get(metric, MeasurementDifference())


def check(view: PolicyView) -> Iterator[Finding]:
    """Each scope in which unchanged code counts differently, with what could hide in that: a loss that breaks a bar on
    lost units, an exclusion. One note where no scope does. Of failed tests nothing."""
    changed = [one for one in _subjects(view) if one.measured.measurement_changed and not one.measured.partial]
    different = [one for one in changed if one.part is not None or one.loss]
    for one in different:
        yield _difference(view, one)
    for one in changed:
        yield from _lost(view, one)
        yield from _excluded(view, one)
    for how in dict.fromkeys(one.measured.measurement_changed for one in changed if not different):
        text = f"measured differently from the baseline, and no unchanged line counts differently: {how}"
        yield Finding("measurement", Effect.NOTE, Scope.PROJECT, "project", text)


def _subjects(view: PolicyView) -> Iterator[_Subject]:
    for one in view.components:
        yield _Subject(Scope.COMPONENT, one.component.name, one.component.metric, one.measured)
    if view.project is not None:
        yield _Subject(Scope.PROJECT, "project", view.policy.gate.metric, view.project)


def _difference(view: PolicyView, one: _Subject) -> Finding:
    limit, how = view.policy.gate.max_drop, one.measured.measurement_changed
    points = words.points(one.part.points if one.part else Fraction(0))
    text = f"{one.name}: measured differently from its baseline ({how}): unchanged code changes by {points}"
    if one.loss <= Fraction(limit):
        return Finding("measurement", Effect.NOTE, one.scope, one.name, text)
    lost = f"{text}, with losses of {words.points(one.loss).removeprefix('+')}, more than {spelled(limit)} pp"
    if view.facts.branch:
        return Finding("measurement", Effect.NOTE, one.scope, one.name, f"{lost}; this run is the new baseline")
    return Finding("measurement", Effect.UNDETERMINED, one.scope, one.name, f"{lost} (bar policy.max_drop)", HINT)


def _lost(view: PolicyView, one: _Subject) -> Iterator[Finding]:
    """Bars on lost units that are broken if the change made the losses."""
    project = one.scope is Scope.PROJECT
    scope, component = (BarScope.PROJECT, "") if project else (BarScope.COMPONENT, one.name)
    for bar in bars.selected(view.policy.bars, scope, BarUnits.LOST, component):
        lost, delta = one.difference(bar.metric).units.get(Category.LBC, 0), one.measured.deltas[bar.metric]
        now = Ratio(lost, lost + delta.tally.count(Category.CBC, bar.metric)) if lost else ZERO
        for broken in breaches.broken(view, bar, now, Subject(one.scope, one.name), "measurement"):
            lines = _places(one.difference(bar.metric).lost)
            text = f"{broken.message}{lines}, unless only the measurement differs ({one.measured.measurement_changed})"
            yield structs.replace(broken, effect=_effect(view), message=text, hint=_hint(view))


def _excluded(view: PolicyView, one: _Subject) -> Iterator[Finding]:
    """Lines that counted and are excluded now, by the change or by the other tool's own rules."""
    gone = _places(one.difference(Metric.LINE).excluded)
    if gone:
        text = f"{one.name}: lines of the baseline are now excluded{gone}"
        text += f", unless only the measurement differs ({one.measured.measurement_changed})"
        yield Finding("measurement", _effect(view), one.scope, one.name, text, _hint(view))


def _places(lines: Mapping[str, str]) -> str:
    """` at src/a.py:1-3`; "" without lines."""
    return f" at {words.listed([f'{path}:{lines[path]}' for path in sorted(lines)], SHOWN)}" if lines else ""


def _effect(view: PolicyView) -> Effect:
    """On the branch itself the run is the new baseline."""
    return Effect.NOTE if view.facts.branch else Effect.UNDETERMINED


def _hint(view: PolicyView) -> str:
    return "" if view.facts.branch else HINT


PAGES = (
    RulePage(
        id="measurement",
        title="The baseline was measured by another tool or version",
        why=(
            "Two versions of a tool count the same code differently. A difference that the tool made is "
            "neither a loss nor a gain. But it can hide what the change did. So a change is undetermined when "
            'unchanged code loses more than `max_drop`, when its losses would break a bar with `on = "lost"`, and '
            "when lines that counted are now excluded. On the default branch the run is the new baseline."
        ),
        example=(
            "[measurement] api: measured differently from its baseline (coverage.py 7.6.1, CPython 3.12.1, branches at "
            "the baseline, coverage.py 7.17.3, CPython 3.12.1, branches now): unchanged code changes by -3.10 pp, with "
            "losses of 3.40 pp, more than 2 pp (bar policy.max_drop)"
        ),
        fix=(
            "Measure the base with today's tools: `covgov run --measure-base`. Or accept the difference: merge a row "
            "with the scope `policy:measurement`, complete and in date, into the register first, and resolve it once "
            "the default branch is measured with the new tool. `--accept-identity` judges every difference as the "
            "change's own."
        ),
    ),
)

RULE = Rule(check, PAGES)
