"""What the verdict shows besides its findings: a row per component, the project, the patch, the judged bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from covgov.judge import breaches, units
from covgov.judge.facts import ComponentFacts, Facts, Measured
from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.run import Baseline, NoBaseline
from covgov.model.snapshot import MERGED, FileCoverage, Metric, Snapshot
from covgov.model.verdict import BarLine, Finding, Outcome, PatchRow, ReceiptLine, Row, Scope, fold
from covgov.policy import bars, scopes
from covgov.policy.bar import Bar, BarScope, On
from covgov.policy.policy import Policy


def component_row(facts: Facts, one: ComponentFacts, findings: tuple[Finding, ...]) -> Row:
    """The component's figures; its outcome is the fold of what was found about it, its files and its suite."""
    name, suite = one.component.name, one.component.suite
    own = about(facts.policy, name, suite, findings)
    row = _row(facts, one.measured, one.component.metric)
    bar = _total(breaches.in_force(facts), BarScope.COMPONENT, name, one.component.metric)
    return replace(row, name=name, scope=Scope.COMPONENT, suite=suite, bar=bar, outcome=fold(own))


def project_row(facts: Facts, findings: tuple[Finding, ...]) -> Row | None:
    """The whole; None when only some suites were checked."""
    if facts.project is None:
        return None
    own = about_project(findings)
    bar = _total(breaches.in_force(facts), BarScope.PROJECT, "", facts.policy.gate.metric)
    return replace(_row(facts, facts.project, facts.policy.gate.metric), bar=bar, outcome=fold(own))


def about(policy: Policy, name: str, suite: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What was found about a component, its files and its suite: its row's outcome is the fold of these."""
    claims = scopes.belongs(policy, name) if name in policy.components else lambda path: False
    subjects = ((Scope.COMPONENT, name), (Scope.SUITE, suite))
    return tuple(
        f for f in findings if (f.scope, f.subject) in subjects or (f.scope is Scope.FILE and claims(f.subject))
    )


def about_project(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What was found about the whole and about any suite."""
    return tuple(f for f in findings if f.scope in (Scope.PROJECT, Scope.SUITE))


def patch_row(facts: Facts) -> PatchRow | None:
    """The changed units at head; ratio None = there was no diff. None when the policy has no bar for the patch."""
    bar = next((b for b in facts.policy.bars if b.key == "policy.fail_under_patch"), None)
    if bar is None:
        return None
    allowed = facts.policy.gate.patch_allowance
    if facts.patch is None:
        return PatchRow(None, bar.min, allowed)
    now = units.on_changed(facts.patch.snapshot, facts.patch.changed, bar.metric, lambda path: True)
    return PatchRow(now, bar.min, allowed, units.uncovered_on(facts.patch.snapshot, facts.patch.changed))


def bar_lines(facts: Facts) -> tuple[BarLine, ...]:
    """Every minimum on a total of a component or file that was judged on a figure that proves something."""
    force = breaches.in_force(facts)
    found = [
        line
        for one in facts.components
        if one.measured.snapshot is not None and not one.measured.partial
        for line in _lines_of(force, one.component.name, one.measured.snapshot)
    ]
    return tuple(sorted(set(found), key=lambda line: (line.scope, line.subject, line.component, line.metric, line.bar)))


def receipt_of(facts: Facts) -> ReceiptLine:
    """The project's receipt, else that of the first component."""
    measured = [facts.project] if facts.project is not None else []
    measured += [one.measured for one in facts.components]
    return _receipt(measured[0].baseline) if measured else ReceiptLine("", 0, 0, "nothing was compared")


def _row(facts: Facts, measured: Measured, metric: Metric) -> Row:
    now = measured.snapshot
    return Row(
        name="project",
        scope=Scope.PROJECT,
        suite=MERGED,
        metric=metric,
        bar=None,
        outcome=Outcome.PASS,
        now=_ratio(now, metric),
        lines=_ratio(now, Metric.LINE),
        branches=_ratio(now, Metric.BRANCH),
        baseline=_ratio(measured.base, metric),
        delta=measured.deltas.get(metric),
        receipt=_receipt(measured.baseline),
        partial=measured.partial,
        uncovered=_spelled(now, lambda coverage: coverage.missing),
        partial_lines=_spelled(now, lambda coverage: coverage.partial),
        attributes={tag: _reached(now, tag) for tag in facts.policy.gate.attributes},
    )


def _ratio(snapshot: Snapshot | None, metric: Metric) -> Ratio | None:
    return snapshot.ratio(metric) if snapshot is not None else None


def _spelled(snapshot: Snapshot | None, pick: Callable[[FileCoverage], int]) -> dict[str, str]:
    if snapshot is None:
        return {}
    return {path: lines.spell(bits) for path in snapshot.paths if (bits := pick(snapshot.files[path]))}


def _reached(snapshot: Snapshot | None, tag: str) -> Ratio | None:
    """None when no test with this tag reached any line: `-`, which is not the same as a bad figure."""
    now = units.of_files(snapshot, Metric.LINE, tag) if snapshot is not None else None
    return now if now is not None and now.covered else None


def _receipt(baseline: Baseline | NoBaseline) -> ReceiptLine:
    if isinstance(baseline, NoBaseline):
        return ReceiptLine("", 0, 0, _told(baseline.reason.value, baseline.detail))
    receipt = baseline.receipt
    return ReceiptLine(receipt.commit, receipt.distance, receipt.age_days, _told(receipt.reason.value, receipt.detail))


def _told(reason: str, detail: str) -> str:
    return f"{reason}: {detail}" if detail else reason


def _total(force: Iterable[Bar], scope: BarScope, component: str, metric: Metric) -> Decimal | None:
    """The highest minimum on this total."""
    found = (b.min for b in bars.selected(force, scope, On.TOTAL, component) if b.metric is metric and not b.attribute)
    return max((least for least in found if least is not None), default=None)


def _lines_of(force: tuple[Bar, ...], name: str, snapshot: Snapshot) -> Iterator[BarLine]:
    for bar in bars.selected(force, BarScope.COMPONENT, On.TOTAL, name):
        yield from _line(bar, Scope.COMPONENT, scopes.plain(name), snapshot.ratio(bar.metric), scopes.plain(name))
    for path in snapshot.paths:
        for choice in bars.for_file(force, On.TOTAL, path, [name]):
            if choice.won:
                now = snapshot.files[path].ratio(choice.bar.metric)
                yield from _line(choice.bar, Scope.FILE, path, now, scopes.plain(name))


def _line(bar: Bar, scope: Scope, subject: str, now: Ratio, component: str) -> Iterator[BarLine]:
    if bar.min is not None and not bar.attribute and now.measurable:
        yield BarLine(scope, subject, bar.metric, now, bar.min, now.meets(bar.min), component)
