"""Whether a verdict says what its coverage and its policy say. Pure.

Only where the policy is known: its paths tell which file counts for which component, its bars what was owed. What needs
more than the hub has (a diff, the base's policy, the register) stays the word of whoever recorded the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from covgov.errors import InputError
from covgov.hub.store import provable
from covgov.ingest.merge import merge
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import Finding, Outcome, Row, Verdict, fold
from covgov.policy import bars, scopes
from covgov.policy.policy import Bar, BarScope, On, Policy


def check(where: str, record: RunRecord, policy: Policy) -> None:
    """policy: the one that the run says it was judged by.

    Raises InputError: `run-contradicted`, and `merge-mismatch` for suites that measured different things.
    """
    for fault in _faults(record.verdict, record.snapshots, policy):
        raise InputError(
            "run-contradicted",
            f"{where}: {fault}",
            hint="its own coverage and policy say something else; nothing was kept",
        )


def _faults(verdict: Verdict, snapshots: Mapping[str, Snapshot], policy: Policy) -> Iterator[str]:
    if verdict.outcome is not fold(verdict.findings):
        yield f"its outcome {verdict.outcome} is not what its findings come to"
    for name in sorted(set(policy.components) - {row.name for row in verdict.rows}):
        yield f"nothing is said of the component {name}"
    for row in verdict.rows:
        if not scopes.is_base_side(row.name):  # the base's paths are not known here
            yield from _component_faults(row, verdict, snapshots, policy)
    if verdict.project is not None:
        whole = merge(tuple(snapshots.values())) if snapshots else None
        yield from _figure_faults(verdict.project, whole)
        yield from _bar_faults(verdict.project, verdict, _owed(policy, BarScope.PROJECT, "", policy.metric))
    told = {_sign(finding) for finding in verdict.findings}
    for finding in provable.findings(snapshots, policy):
        if _sign(finding) not in told:
            yield f"nothing is said of this: {finding.message}"


def _sign(finding: Finding) -> tuple[object, ...]:
    """What makes two findings the same. Words may change with covgov, keys with the order of the base's policy."""
    return finding.rule, finding.effect, finding.scope, finding.subject, finding.metric, finding.now


def _component_faults(row: Row, verdict: Verdict, snapshots: Mapping[str, Snapshot], policy: Policy) -> Iterator[str]:
    component = policy.components.get(row.name)
    if component is None or (row.suite, row.metric) != (component.suite, component.metric):
        yield f"the policy has no component {row.name} of suite {row.suite} counted as {row.metric}"
        return
    snapshot = snapshots.get(row.suite)
    yield from _figure_faults(row, snapshot and snapshot.restrict(scopes.belongs(policy, row.name)))
    yield from _bar_faults(row, verdict, _owed(policy, BarScope.COMPONENT, row.name, row.metric))


def _figure_faults(row: Row, measured: Snapshot | None) -> Iterator[str]:
    """A figure that is left out claims nothing; `_pass_faults` wants the one that a pass stands on."""
    told = ((row.now, row.metric), (row.lines, Metric.LINE), (row.branches, Metric.BRANCH))
    for said, metric in told:
        found = None if measured is None else measured.ratio(metric)
        if said is not None and said != found:
            yield f"{row.name} is told as {said}, but its coverage says {found or 'nothing'} ({metric})"


def _bar_faults(row: Row, verdict: Verdict, owed: Decimal | None) -> Iterator[str]:
    """A bar may be raised by the base's policy, and lowered only by a soft start, which the verdict then tells."""
    if owed is not None and not verdict.soft_start and (row.bar is None or row.bar < owed):
        yield f"{row.name} was held against {row.bar}, but its policy wants {owed}"
    if row.outcome is Outcome.PASS:
        yield from _pass_faults(row, verdict)
    if row.outcome is Outcome.FAIL and verdict.outcome is not Outcome.FAIL:
        yield f"{row.name} failed, but the run did not"
    if row.outcome is Outcome.UNDETERMINED and verdict.outcome is Outcome.PASS:
        yield f"{row.name} is undetermined, but the run passed"


def _pass_faults(row: Row, verdict: Verdict) -> Iterator[str]:
    """What was not measured never passes, and no exception lets it."""
    if row.now is None or not row.now.measurable:
        yield f"{row.name} passed without a figure"
    elif row.bar is not None and not row.now.meets(row.bar) and not _waived(row, verdict):
        yield f"{row.name} passed with {row.now}, below its bar {row.bar}"


def _waived(row: Row, verdict: Verdict) -> bool:
    return any(f.waived_by and (f.scope, f.subject) == (row.scope, row.name) for f in verdict.findings)


def _owed(policy: Policy, scope: BarScope, component: str, metric: Metric) -> Decimal | None:
    """The highest minimum on this total, as the policy writes it."""
    found = [bar.min for bar in bars.selected(policy.bars, scope, On.TOTAL, component) if _counts(bar, metric)]
    return max((least for least in found if least is not None), default=None)


def _counts(bar: Bar, metric: Metric) -> bool:
    return bar.metric is metric and not bar.attribute
