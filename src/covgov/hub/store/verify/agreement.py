"""Whether a verdict says what its coverage and its policy say. Pure.

Only where the policy is known: the run is judged again by the rules that need nothing but its coverage. What needs more
than the hub has (a diff, the base's policy, the register, owners) is believed as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import structs

from covgov.errors import InputError
from covgov.ingest.merge import merge
from covgov.judge import override, rows
from covgov.judge import waivers as waive
from covgov.judge.evaluate import evaluate
from covgov.judge.facts import Facts, Override, suite_line
from covgov.judge.rules import bar, empty, suite
from covgov.model.run import BaselineReason, NoBaseline, RunRecord
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Outcome, Row, Verdict, fold
from covgov.policy.bars import BarScope
from covgov.policy.policy import Policy

CHECKS = (suite.check, empty.check, bar.check)
"""They look at no baseline, diff or day."""

NOT_ASKED = NoBaseline(BaselineReason.NO_REPOSITORY, "the hub has no source code", blocking=False)


def check(where: str, record: RunRecord, policy: Policy) -> None:
    """policy: the one that the run says it was judged by.

    Raises InputError: `run-contradicted`, and `merge-mismatch` for suites that measured different things.
    """
    for fault in _faults(record, policy):
        raise InputError(
            "run-contradicted",
            f"{where}: {fault}",
            hint="its own coverage and policy say something else; nothing was kept",
        )


def _faults(record: RunRecord, policy: Policy) -> Iterator[str]:
    verdict = record.verdict
    if verdict.outcome is not fold(verdict.findings):
        yield f"its outcome {verdict.outcome} is not what its findings come to"
    yield from (f"an exception waives what none can: {f.message}" for f in verdict.findings if _wrongly_waived(f))
    again = _judged_again(record, policy)
    known = {row.name: row for row in again.rows}
    for name in sorted(set(known) - {row.name for row in verdict.rows}):
        yield f"nothing is said of the component {name}"
    for row in verdict.rows:
        right = known.get(row.name)
        if right is None or (row.suite, row.metric) != (right.suite, right.metric):
            yield f"the policy has no component {row.name} of suite {row.suite} counted as {row.metric}"
            return
        yield from _row_faults(row, right, verdict, rows.about(policy, row.name, verdict.findings))
    if verdict.project is not None and again.project is not None:
        yield from _row_faults(verdict.project, again.project, verdict, rows.about_project(verdict.findings))
    yield from _silences(verdict, again)


def _judged_again(record: RunRecord, policy: Policy) -> Verdict:
    """What keeps the run from passing, before any exception. Bars per owner are left out: the hub knows no owners."""
    facts = Facts(
        today=date.min,
        suites=tuple(suite_line(name, record.snapshots.get(name)) for name in policy.expected),
        snapshots=record.snapshots,
        merged=merge(tuple(record.snapshots.values())) if record.snapshots else None,
        baseline=NOT_ASKED,
        override=_soft_start(record.verdict, policy),
    )
    owned = {one.key for one in policy.bars if one.scope is BarScope.OWNER}
    again = evaluate(facts, [policy], CHECKS)
    findings = tuple(one for one in again.findings if one.key not in owned)
    return structs.replace(again, outcome=fold(findings), findings=findings)


def _soft_start(verdict: Verdict, policy: Policy) -> Override | None:
    """The bar given from outside that a note names, where the policy has this one suite and allows it."""
    for found in verdict.findings:
        if found.rule == "soft-start" and found.bar is not None and policy.expected == (found.subject,):
            given = Override(found.subject, found.bar, "soft start")
            return given if override.lowering(given, policy) and not override.refusal(given, policy) else None
    return None


def _silences(verdict: Verdict, again: Verdict) -> Iterator[str]:
    """What is enforced must be recorded so; what the base branch's policy enforced the hub does not know."""
    present = {_sign(finding) for finding in verdict.findings}
    enforced = {_sign(finding) for finding in verdict.findings if finding.enforced}
    for finding in again.findings:
        if finding.counts and _sign(finding) not in (enforced if finding.enforced else present):
            yield f"nothing is said of this: {finding.message}"


def _sign(finding: Finding) -> tuple[object, ...]:
    """What makes two findings the same. Words may change with covgov, keys with the order of the base's policy."""
    return finding.rule, finding.effect, finding.scope, finding.subject, finding.metric, finding.now


def _row_faults(row: Row, right: Row, verdict: Verdict, own: tuple[Finding, ...]) -> Iterator[str]:
    """right: the row of this run judged again. own: the findings about it. A figure that is left out claims nothing;
    a bar may be raised from outside, and lowered only by a soft start."""
    figures = (
        (row.now, right.now, row.metric),
        (row.lines, right.lines, Metric.LINE),
        (row.branches, right.branches, Metric.BRANCH),
    )
    for said, found, metric in figures:
        if said is not None and said != found:
            yield f"{row.name} is told as {said}, but its coverage says {found or 'nothing'} ({metric})"
    if right.bar is not None and (row.bar is None or row.bar < right.bar):
        yield f"{row.name} was held against {row.bar}, but its policy wants {right.bar}"
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
    """Exceptions are for missed bars on the totals of components and files and for loosenings, and for nothing else."""
    allowed = finding.effect is Effect.FAIL and finding.rule == waive.WAIVABLE.get(finding.scope)
    return bool(finding.waived_by) and not allowed
