"""Totals against bars: project, components, owners, files. Absolute bars never depend on a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from covgov.judge import breaches, units
from covgov.judge.breaches import Subject
from covgov.judge.interface import Rule, RulePage
from covgov.judge.rules.empty import BRANCHES_HINT, UNITS_HINT
from covgov.judge.view import PolicyView
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import bars, scopes
from covgov.policy.bars import Bar, BarScope, BarUnits


def check(view: PolicyView) -> Iterator[Finding]:
    """Every broken bar on a total; of a suite whose tests failed they are notes."""
    force = breaches.in_force(view)
    if view.project is not None and view.project.snapshot is not None:
        subject = Subject(Scope.PROJECT, "project", view.project.unproven)
        yield from _total(view, bars.selected(force, BarScope.PROJECT, BarUnits.TOTAL), view.project.snapshot, subject)
        yield from _owners(view, force, view.project.snapshot)
    for one in view.components:
        if one.measured.snapshot is not None:
            subject = Subject(Scope.COMPONENT, one.component.name, one.measured.unproven)
            own = bars.selected(force, BarScope.COMPONENT, BarUnits.TOTAL, one.component.name)
            yield from _total(view, own, one.measured.snapshot, subject)
    yield from _files(view, force)


def _total(view: PolicyView, own: Iterable[Bar], snapshot: Snapshot, subject: Subject) -> Iterator[Finding]:
    """A bar on units that the measurement has none of (branches in a report of lines) cannot be judged."""
    for bar in own:
        now = units.of_files(snapshot, bar.metric, bar.attribute)
        if now.measurable:
            yield from breaches.broken(view, bar, now, subject)
        else:
            key = breaches.written(view, bar)
            words = f"{subject.name}: {key} cannot be judged: the report has nothing to count ({bar.metric})"
            hint = BRANCHES_HINT if bar.metric is Metric.BRANCH else UNITS_HINT
            yield Finding(
                "empty", Effect.UNDETERMINED, subject.scope, subject.name, words, hint, bar.metric, key=bar.key
            )


def _owners(view: PolicyView, force: tuple[Bar, ...], whole: Snapshot) -> Iterator[Finding]:
    unproven = view.project.unproven if view.project is not None else ""
    owners = sorted(set(view.facts.owners.values()))
    for bar in bars.selected(force, BarScope.OWNER, BarUnits.TOTAL):
        if not owners:
            words = f"{bar.key}: a bar per owner, but no file has one"
            yield Finding(
                "empty", Effect.UNDETERMINED, Scope.POLICY, bar.key, words, "write a CODEOWNERS file", key=bar.key
            )
        for owner in owners:
            now = units.of_files(_owned(whole, view.facts.owners, owner), bar.metric, bar.attribute)
            yield from breaches.broken(view, bar, now, Subject(Scope.PROJECT, owner, unproven))


def _owned(whole: Snapshot, owners: Mapping[str, str], owner: str) -> Snapshot:
    return whole.restrict(lambda path: owners.get(path) == owner)


def _files(view: PolicyView, force: tuple[Bar, ...]) -> Iterator[Finding]:
    """Each file in each component that claims it; a file of no component on the merge of all suites."""
    used: set[str] = set()
    for name, snapshot, unproven in _measured(view):
        known = snapshot.tells_reachable
        for path in snapshot.paths:
            for choice in scopes.file_bars(view.policy, BarUnits.TOTAL, path, [name], force):
                used.add(choice.bar.key)
                if choice.won:
                    now = _of_file(snapshot.files[path], choice.bar, known=known)
                    yield from breaches.broken(view, choice.bar, now, Subject(Scope.FILE, path, unproven))
    measured = {name for name, _, _ in _measured(view)}
    for bar in force:
        if (
            bar.scope is BarScope.FILE
            and bar.on is BarUnits.TOTAL
            and bar.key not in used
            and bar.component in measured
        ):
            words = f"{bar.key}: the bar matches no measured file ({', '.join(bar.paths) or 'every file'})"
            yield Finding("bar", Effect.NOTE, Scope.POLICY, bar.key, words, "correct its paths", key=bar.key)


def _of_file(coverage: FileCoverage, bar: Bar, *, known: bool) -> Ratio:
    return units.of_attribute(coverage, bar.attribute, known=known) if bar.attribute else coverage.ratio(bar.metric)


def _measured(view: PolicyView) -> Iterator[tuple[str, Snapshot, str]]:
    """(component or "", its files, why their figures prove nothing)."""
    for one in view.components:
        if one.measured.snapshot is not None:
            yield one.component.name, one.measured.snapshot, one.measured.unproven
    if view.project is not None and view.project.snapshot is not None:
        rest = view.project.snapshot.restrict(lambda path: not scopes.is_source(view.policy, path))
        yield "", rest, view.project.unproven


PAGES = (
    RulePage(
        id="bar",
        title="A total is below its bar",
        why=(
            "Every component has a bar. Totals are compared as exact fractions: 1599/2000 is below 80 %, "
            "however it is rounded."
        ),
        example="[bar] api: 1599/2000 = 79.95 % < 80 % (combined, bar components.api.fail_under)",
        fix=(
            "Cover the lines listed below the findings. If the component or file has to stay below its bar "
            "for a while, propose an exception with `covgov exceptions sync`, complete the row, and merge it "
            "first. A note of this rule reports a bar for files that matches no measured file: correct its "
            "`paths`."
        ),
    ),
    RulePage(
        id="attribute",
        title="Too few lines are reached by tests of a quality attribute",
        why=(
            'A bar with `attribute = "security"` counts only lines that a test with this marker reached. '
            "Lines that run while a module is imported are left out."
        ),
        example=(
            "[attribute] src/auth/tokens.py: 40/50 = 80.00 % < 95 % (line, reached by security tests, bar "
            "components.auth.rules[0])"
        ),
        fix="Write tests with the marker that reach the missing lines, or mark the tests that already do.",
    ),
    RulePage(
        id="limit",
        title="A figure is above its greatest value",
        why="`max` and `max_uncovered` limit what may be uncovered, lost or excluded.",
        example="[limit] api: 12 uncovered of 2000 units > 10 (combined, bar components.api.rules[0])",
        fix=(
            "Cover the lines listed below the findings, or count excluded lines again. An exception does not "
            "waive a limit."
        ),
    ),
)

RULE = Rule(check, PAGES)
