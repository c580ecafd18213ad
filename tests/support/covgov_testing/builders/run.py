"""Runs as history keeps them, with everything that a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from covgov.model.change import Delta
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import (
    ExceptionLine,
    Finding,
    Outcome,
    ReceiptLine,
    Row,
    Scope,
    SuiteLine,
    Verdict,
)
from covgov_testing.builders.coverage import snap

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
NO_RECEIPT = ReceiptLine(None, 0, 0, "first run")


def object_id(text: str) -> str:
    """A git id that a reader recognises: the text in hexadecimal, padded to 40 digits."""
    return text.encode().hex().ljust(40, "0")[:40]


def row(
    name: str,
    covered: int,
    total: int,
    *,
    delta: Delta | None = None,
    base_commit: str = "",
    partial: bool = False,
    measured: bool = True,
) -> Row:
    ratio = Ratio(covered, total) if measured else None
    return Row(
        name=name,
        scope=Scope.COMPONENT,
        suite=name,
        metric=Metric.COMBINED,
        bar=Decimal(90),
        outcome=Outcome.PASS,
        now=ratio,
        lines=ratio,
        branches=None,
        baseline=delta.base if delta else None,
        delta=delta,
        receipt=ReceiptLine(base_commit, 1, 1, "previous") if base_commit else NO_RECEIPT,
        partial=partial,
    )


def verdict(
    outcome: Outcome = Outcome.PASS,
    *,
    rows: Sequence[Row] = (),
    suites: Sequence[SuiteLine] = (),
    exceptions: Sequence[ExceptionLine] = (),
    findings: Sequence[Finding] = (),
    dirty: bool = False,
) -> Verdict:
    return Verdict(
        outcome=outcome,
        findings=tuple(findings),
        rows=tuple(rows),
        project=None,
        patch=None,
        suites=tuple(suites),
        exceptions=tuple(exceptions),
        receipt=NO_RECEIPT,
        today=date(2026, 11, 18),
        policy_hash="p0",
        dirty=dirty,
    )


def run(
    commit: str = "c1",
    *,
    tree: str = "",
    branch: str = "main",
    attempt: int = 1,
    at: datetime = NOON,
    expected: Sequence[str] = ("api",),
    snapshots: Mapping[str, Snapshot] | None = None,
    outcome: Outcome = Outcome.PASS,
    made: Verdict | None = None,
) -> RunRecord:
    """A run at `commit` (spelled shortly), by default of suite `api` with one file, complete and passed."""
    return RunRecord(
        commit=object_id(commit),
        tree=object_id(tree or f"t{commit}"),
        branch=branch,
        attempt=attempt,
        recorded_at=at,
        expected=tuple(expected),
        snapshots={"api": snap({"a.py": "++-"})} if snapshots is None else snapshots,
        verdict=made or verdict(outcome),
        policy_hash="p0",
    )
