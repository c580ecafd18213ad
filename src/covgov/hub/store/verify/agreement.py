"""Whether a verdict says what its coverage and its policy say. Pure.

Only where the policy is known: its paths tell which file counts for which component, its bars what was owed. What needs
more than the hub has (a diff, the base's policy, the register) stays the word of whoever recorded the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from covgov.errors import InputError
from covgov.hub.store.verify import provable
from covgov.ingest.merge import merge
from covgov.judge import breaches, override, rows
from covgov.judge import waivers as waive
from covgov.judge.facts import Override
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import Effect, Finding, Outcome, Row, Verdict, fold
from covgov.policy import bars, scopes
from covgov.policy.bar import Bar, BarScope, On
from covgov.policy.policy import Policy
from covgov.register.entry import ENTRY_SCOPES


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
    yield from (f"an exception waives what none can: {f.message}" for f in verdict.findings if _wrongly_waived(f))
    for name in sorted(set(policy.components) - {row.name for row in verdict.rows}):
        yield f"nothing is said of the component {name}"
    lowered = _soft_start(verdict, policy)
    force = breaches.overridden(policy, lowered) if lowered else policy.bars
    for row in verdict.rows:
        if not scopes.is_base_side(row.name):  # the base's paths are not known here
            yield from _component_faults(row, verdict, snapshots, policy, force)
    whole = merge(tuple(snapshots.values())) if snapshots else None
    if verdict.project is not None:
        yield from _figure_faults(verdict.project, whole)
        own = rows.about_project(verdict.findings)
        yield from _bar_faults(verdict.project, verdict, own, _owed(force, BarScope.PROJECT, "", policy.gate.metric))
    yield from _silences(verdict, provable.findings(snapshots, whole, policy, lowered))


def _soft_start(verdict: Verdict, policy: Policy) -> Override | None:
    """The bar given from outside that a note tells, where the policy has this one suite and allows it."""
    for found in verdict.findings:
        if found.rule == "soft-start" and found.bar is not None and policy.expected == (found.subject,):
            given = Override(found.subject, found.bar, "soft start")
            return given if override.lowering(given, policy) and not override.refusal(given, policy) else None
    return None


def _silences(verdict: Verdict, owed: Iterable[Finding]) -> Iterator[str]:
    told = {_sign(finding) for finding in verdict.findings}
    for finding in owed:
        if _sign(finding) not in told:
            yield f"nothing is said of this: {finding.message}"


def _sign(finding: Finding) -> tuple[object, ...]:
    """What makes two findings the same. Words may change with covgov, keys with the order of the base's policy."""
    return finding.rule, finding.effect, finding.scope, finding.subject, finding.metric, finding.now


def _component_faults(
    row: Row, verdict: Verdict, snapshots: Mapping[str, Snapshot], policy: Policy, force: tuple[Bar, ...]
) -> Iterator[str]:
    component = policy.components.get(row.name)
    if component is None or (row.suite, row.metric) != (component.suite, component.metric):
        yield f"the policy has no component {row.name} of suite {row.suite} counted as {row.metric}"
        return
    snapshot = snapshots.get(row.suite)
    yield from _figure_faults(row, snapshot and snapshot.restrict(scopes.belongs(policy, row.name)))
    own = rows.about(policy, row.name, row.suite, verdict.findings)
    yield from _bar_faults(row, verdict, own, _owed(force, BarScope.COMPONENT, row.name, row.metric))


def _figure_faults(row: Row, measured: Snapshot | None) -> Iterator[str]:
    """A figure that is left out claims nothing; `_pass_faults` wants the one that a pass stands on."""
    told = ((row.now, row.metric), (row.lines, Metric.LINE), (row.branches, Metric.BRANCH))
    for said, metric in told:
        found = None if measured is None else measured.ratio(metric)
        if said is not None and said != found:
            yield f"{row.name} is told as {said}, but its coverage says {found or 'nothing'} ({metric})"


def _bar_faults(row: Row, verdict: Verdict, own: tuple[Finding, ...], owed: Decimal | None) -> Iterator[str]:
    """own: the findings about the row. owed: a bar may be raised from outside, and lowered only by a soft start."""
    if owed is not None and (row.bar is None or row.bar < owed):
        yield f"{row.name} was held against {row.bar}, but its policy wants {owed}"
    if row.outcome is Outcome.PASS:
        yield from _pass_faults(row, own)
    if row.outcome is Outcome.FAIL and verdict.outcome is not Outcome.FAIL:
        yield f"{row.name} failed, but the run did not"
    if row.outcome is Outcome.UNDETERMINED and verdict.outcome is Outcome.PASS:
        yield f"{row.name} is undetermined, but the run passed"


def _pass_faults(row: Row, own: tuple[Finding, ...]) -> Iterator[str]:
    """What was not measured never passes, and no exception lets it."""
    if row.now is None or not row.now.measurable:
        yield f"{row.name} passed without a figure"
    elif row.bar is not None and not row.now.meets(row.bar) and not _waived(row, own):
        yield f"{row.name} passed with {row.now}, below its bar {row.bar}"
    yield from (f"{row.name} passed in spite of this: {finding.message}" for finding in own if finding.counts)


def _waived(row: Row, own: tuple[Finding, ...]) -> bool:
    return any(f.waived_by and (f.scope, f.subject, f.metric) == (row.scope, row.name, row.metric) for f in own)


def _wrongly_waived(finding: Finding) -> bool:
    """Exceptions are for missed bars on the totals of components and files, and for nothing else."""
    kind = (finding.rule, finding.effect)
    return bool(finding.waived_by) and not (kind == (waive.RULE, Effect.FAIL) and finding.scope in ENTRY_SCOPES)


def _owed(force: Iterable[Bar], scope: BarScope, component: str, metric: Metric) -> Decimal | None:
    """The highest minimum on this total."""
    found = [bar.min for bar in bars.selected(force, scope, On.TOTAL, component) if _counts(bar, metric)]
    return max((least for least in found if least is not None), default=None)


def _counts(bar: Bar, metric: Metric) -> bool:
    return bar.metric is metric and not bar.attribute
