"""What the verdict shows besides its findings: a row per component, the project, the patch, the judged bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import structs

from covgov.judge import breaches, units
from covgov.judge.view import ComponentFacts, PolicyView, ScopeFacts
from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.run import Baseline, NoBaseline
from covgov.model.snapshot import MERGED, FileCoverage, Metric, Snapshot
from covgov.model.verdict import BarLine, Finding, Outcome, PatchRow, ReceiptLine, Row, Scope, enforced, fold
from covgov.policy import bars, scopes
from covgov.policy.bars import Bar, BarScope, BarUnits
from covgov.policy.policy import Policy


def component_rows(views: Sequence[PolicyView], findings: tuple[Finding, ...]) -> tuple[Row, ...]:
    """The head's components, then those that only the base branch's policy has."""
    shown = {one.component.name: (view, one) for view in reversed(views) for one in view.components}
    order = dict.fromkeys(one.component.name for view in views for one in view.components)
    return tuple(_component_row(views, *shown[name], findings) for name in order)


def _component_row(
    views: Sequence[PolicyView], view: PolicyView, one: ComponentFacts, findings: tuple[Finding, ...]
) -> Row:
    """The component's figures; its outcome is the fold of what was found about it, its files and its suites."""
    name, metric = one.component.name, one.component.metric
    own = {finding for each in views for finding in about(each.policy, name, findings)}
    row = _row(view, one.measured, metric)
    bar = _total(views, BarScope.COMPONENT, name, metric)
    row = structs.replace(row, name=name, scope=Scope.COMPONENT, suite=one.component.suite, bar=bar)
    return _folded(row, tuple(own))


def project_row(views: Sequence[PolicyView], findings: tuple[Finding, ...]) -> Row | None:
    """The whole; None when only some suites were checked."""
    head = views[0]
    if head.project is None:
        return None
    bar = _total(views, BarScope.PROJECT, "", head.policy.gate.metric)
    row = _row(head, head.project, head.policy.gate.metric)
    return _folded(structs.replace(row, bar=bar), about_project(findings))


def _folded(row: Row, own: tuple[Finding, ...]) -> Row:
    outcome = fold(own)
    return structs.replace(row, outcome=outcome, enforced=enforced(own) is outcome)


def about(policy: Policy, name: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What was found about a component, its files and its suite: its row's outcome is the fold of these."""
    component = policy.components.get(name)
    claims = scopes.belongs(policy, name) if component else lambda path: False
    subjects = ((Scope.COMPONENT, name), (Scope.SUITE, component.suite if component else ""))
    return tuple(
        f for f in findings if (f.scope, f.subject) in subjects or (f.scope is Scope.FILE and claims(f.subject))
    )


def about_project(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What was found about the whole and about any suite."""
    return tuple(f for f in findings if f.scope in (Scope.PROJECT, Scope.SUITE))


def patch_row(views: Sequence[PolicyView]) -> PatchRow | None:
    """The changed units at head; ratio None = there was no diff. None when the policy has no bar for the patch."""
    patch = views[0].patch
    found = [bar for view in views for bar in view.policy.bars if bar.key == "policy.fail_under_patch"]
    if not found:
        return None
    metric, allowed = found[0].metric, min(view.policy.gate.patch_allowance for view in views)
    least = max((bar.min for bar in found if bar.metric is metric and bar.min is not None), default=None)
    if patch is None:
        return PatchRow(None, least, allowed)
    now = units.on_changed(patch.snapshot, patch.changed, metric, lambda path: True)
    return PatchRow(now, least, allowed, units.uncovered_on(patch.snapshot, patch.changed))


def bar_lines(views: Sequence[PolicyView]) -> tuple[BarLine, ...]:
    """Every minimum on a total of a component or file that was judged on a figure that proves something."""
    found = {
        line
        for view in views
        for one in view.components
        if one.measured.snapshot is not None and not one.measured.partial
        for line in _lines_of(view, one.component.name, one.measured.snapshot)
    }
    return tuple(sorted(found, key=lambda line: (line.scope, line.subject, line.component, line.metric, line.bar)))


def receipt_of(view: PolicyView) -> ReceiptLine:
    """The project's receipt, else that of the first component."""
    measured = [view.project] if view.project is not None else []
    measured += [one.measured for one in view.components]
    return _receipt(measured[0].baseline) if measured else ReceiptLine(None, 0, 0, "nothing was compared")


def _row(view: PolicyView, measured: ScopeFacts, metric: Metric) -> Row:
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
        attributes={tag: _reached(now, tag) for tag in view.policy.gate.attributes},
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
        return ReceiptLine(None, 0, 0, _reason(baseline.reason.value, baseline.detail))
    receipt = baseline.receipt
    return ReceiptLine(
        receipt.commit, receipt.distance, receipt.age_days, _reason(receipt.reason.value, receipt.detail)
    )


def _reason(reason: str, detail: str) -> str:
    return f"{reason}: {detail}" if detail else reason


def _total(views: Sequence[PolicyView], scope: BarScope, component: str, metric: Metric) -> Decimal | None:
    """The highest minimum on this total that any policy sets."""
    return max(
        (
            bar.min
            for view in views
            for bar in bars.selected(breaches.in_force(view), scope, BarUnits.TOTAL, component)
            if bar.metric is metric and not bar.attribute and bar.min is not None
        ),
        default=None,
    )


def _lines_of(view: PolicyView, name: str, snapshot: Snapshot) -> Iterator[BarLine]:
    force = breaches.in_force(view)
    for bar in bars.selected(force, BarScope.COMPONENT, BarUnits.TOTAL, name):
        yield from _line(bar, Scope.COMPONENT, name, snapshot.ratio(bar.metric), name)
    for path in snapshot.paths:
        for choice in scopes.file_bars(view.policy, BarUnits.TOTAL, path, [name], force):
            if choice.won:
                now = snapshot.files[path].ratio(choice.bar.metric)
                yield from _line(choice.bar, Scope.FILE, path, now, name)


def _line(bar: Bar, scope: Scope, subject: str, now: Ratio, component: str) -> Iterator[BarLine]:
    if bar.min is not None and not bar.attribute and now.measurable:
        yield BarLine(scope, subject, bar.metric, now, bar.min, now.meets(bar.min), component)
