"""The runs that the golden histories of tests/golden hold: everything that a record can say, in three runs.

`python -m covgov_testing.golden_history FOLDER` writes them to a directory store in the format that this covgov writes.
The files of an older format were written so by the covgov of that time, and are never written again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace as with_

from covgov.history.stores.directory import DirStore
from covgov.model import lines
from covgov.model.change import Category, Cause, Delta, Part, Tally
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import (
    REACHABLE,
    CountedExits,
    FileCoverage,
    Identity,
    Metric,
    Origin,
    Snapshot,
    TestRun,
    by_exits,
)
from covgov.model.verdict import (
    BarLine,
    Effect,
    ExceptionLine,
    ExceptionState,
    Finding,
    Outcome,
    PatchRow,
    ReceiptLine,
    Row,
    Scope,
    SuiteLine,
    Verdict,
)
from covgov.model.words import with_words

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
COMMITS = ("a" * 40, "b" * 40, "c" * 40)
TREES = ("1" * 40, "2" * 40, "3" * 40)
IDENTITY = Identity("coverage.py", "7.17.3", "python 3.11", branch=True)
REPORT = Identity("cobertura")
PASSED = TestRun(exit_code=0, tests=12, skipped=1, seconds=1.5)
FAILED = TestRun(exit_code=1, tests=12, failures=2, errors=1, seconds=2.25, arguments="-k login")
UNSPELLED = "src/auth/na\udcffme.py"
"""A name that is no UTF-8; history spells the byte out."""

SPELLED = UNSPELLED.encode(errors="backslashreplace").decode()

LOGIN = FileCoverage(
    statements=lines.of([1, 2, 3, 5, 8]),
    covered=lines.of([1, 2, 3, 8]),
    exits=((2, -1), (2, 3), (2, 5)),
    taken=((2, 3),),
    counted=by_exits({8: CountedExits(1, 2)}),
    excluded=lines.of([10, 11]),
    attributes=((REACHABLE, lines.of([2, 3])), ("security", lines.of([3]))),
    source="d" * 40,
)
PLAIN = FileCoverage(statements=lines.of([1, 2]), covered=lines.of([1]), source="e" * 40)
RECEIPT = ReceiptLine(COMMITS[0], 1, 2, "newest earlier commit of this branch that passed")
NONE = ReceiptLine(None, 0, 0, "first run")


def auth(covered: FileCoverage = LOGIN, *, commit: int = 0, tests: TestRun = PASSED) -> Snapshot:
    return Snapshot(
        suite="auth",
        files={"src/auth/login.py": covered, UNSPELLED: PLAIN, "src/auth/ünï.py": PLAIN},
        identity=IDENTITY,
        origin=Origin(COMMITS[commit], TREES[commit]),
        tests=tests,
        notes=("sysmon core without contexts",),
    )


def api(source: str = "f" * 40) -> Snapshot:
    files = {f"src/api/m{n}.py": replace(PLAIN, source=source if n == 1 else PLAIN.source) for n in range(4)}
    return Snapshot(suite="api", files=files, identity=REPORT)


def delta() -> Delta:
    found = Delta(
        metric=Metric.COMBINED,
        base=Ratio(6, 10),
        head=Ratio(5, 9),
        points=Fraction(-40, 9),
        parts=(Part(Cause.LOST, -1, 0, Fraction(-10)), Part(Cause.DELETED_COVERED, 0, -1, Fraction(50, 9))),
        judged=Fraction(-10),
        tally=Tally({Category.CBC: 4, Category.LBC: 1}, {Category.UBC: 2}),
        lost={"src/auth/login.py": "5"},
        uncounted={"src/auth/login.py": "12"},
    )
    return with_words(found)


def row(name: str, now: Ratio | None, change: Delta | None = None) -> Row:
    return Row(
        name=name,
        scope=Scope.COMPONENT if name else Scope.PROJECT,
        suite=name,
        metric=Metric.COMBINED,
        bar=Decimal("92.50"),
        outcome=Outcome.FAIL if name == "auth" else Outcome.PASS,
        now=now,
        lines=now,
        branches=Ratio(1, 5) if name == "auth" else None,
        baseline=change.base if change else None,
        delta=change,
        receipt=RECEIPT if change else NONE,
        partial=name == "api",
        uncovered={"src/auth/login.py": "5", UNSPELLED: "2"},
        partial_lines={"src/auth/login.py": "2,8"},
        attributes={"security": Ratio(1, 7), "reliability": None},
    )


def findings() -> tuple[Finding, ...]:
    missed = Finding(
        rule="bar",
        effect=Effect.FAIL,
        scope=Scope.COMPONENT,
        subject="auth",
        message="auth is at 55.55 %, its bar is 92.50 %",
        hint="cover src/auth/login.py line 5",
        metric=Metric.COMBINED,
        now=Ratio(5, 9),
        bar=Decimal("92.50"),
        waived_by="E1",
        key="components.auth.fail_under",
    )
    return (missed, Finding("policy", Effect.NOTE, Scope.POLICY, "", "the policy has no owner"))


def exceptions() -> tuple[ExceptionLine, ...]:
    first = ExceptionLine(
        id="E1",
        scope="component:auth",
        metric=Metric.COMBINED,
        state=ExceptionState.ACTIVE,
        floor=Decimal("50.00"),
        current=Ratio(5, 9),
        owner="@team-auth",
        review=date(2026, 12, 24),
        opened=date(2026, 11, 1),
    )
    second = ExceptionLine("E2", "src/api/m1.py", Metric.LINE, ExceptionState.RESOLVED, None, None, "", None)
    return (first, with_(second, resolved=date(2026, 11, 2)))


def first_verdict() -> Verdict:
    return Verdict(
        outcome=Outcome.PASS,
        findings=(),
        rows=(row("api", Ratio(4, 8)),),
        project=row("", Ratio(4, 8)),
        patch=None,
        suites=(SuiteLine("api", arrived=True, identity=REPORT),),
        exceptions=(),
        receipt=NONE,
        today=date(2026, 11, 18),
        policy_hash="p" * 64,
        commit=COMMITS[0],
        tree=TREES[0],
    )


def second_verdict() -> Verdict:
    return with_(
        first_verdict(),
        outcome=Outcome.FAIL,
        findings=findings(),
        rows=(row("api", Ratio(4, 8)), row("auth", Ratio(5, 9), delta())),
        patch=PatchRow(Ratio(3, 4), Decimal(80), 1, {"src/auth/login.py": "5"}),
        suites=(
            SuiteLine("api", arrived=True, identity=REPORT),
            SuiteLine("auth", arrived=True, tests=FAILED, identity=IDENTITY),
            SuiteLine("logging", arrived=False, reason="no snapshot of this suite"),
        ),
        exceptions=exceptions(),
        receipt=RECEIPT,
        commit=COMMITS[1],
        tree=TREES[1],
        soft_start="50 % until 2026-12-01",
        guard_judged={"auth": Fraction(-10)},
        bars=(
            BarLine(Scope.FILE, "src/api/m1.py", Metric.LINE, Ratio(1, 2), Decimal(50), met=True, component="api"),
            BarLine(Scope.COMPONENT, "auth", Metric.COMBINED, Ratio(5, 9), Decimal("92.50"), met=False),
        ),
    )


def records() -> Sequence[RunRecord]:
    """Oldest first: a first run; one with failing tests, exceptions and a waived finding; its repetition, passed."""
    first = RunRecord(
        commit=COMMITS[0],
        tree=TREES[0],
        branch="main",
        attempt=1,
        recorded_at=NOON,
        expected=("api",),
        snapshots={"api": api()},
        verdict=first_verdict(),
        policy_hash="p" * 64,
    )
    second = replace(
        first,
        commit=COMMITS[1],
        tree=TREES[1],
        branch="release/ü",
        recorded_at=NOON + timedelta(hours=1),
        expected=("api", "auth", "logging"),
        snapshots={"api": api("9" * 40), "auth": auth(commit=1, tests=FAILED)},
        verdict=second_verdict(),
    )
    again = replace(
        second,
        recorded_at=NOON + timedelta(hours=2),
        attempt=2,
        snapshots={"auth": auth(replace(LOGIN, covered=LOGIN.statements), commit=1)},
        verdict=with_(second_verdict(), outcome=Outcome.PASS, findings=findings()[:1]),
    )
    return (first, second, again)


def as_read(record: RunRecord) -> RunRecord:
    """The record as history gives it back: names that are no UTF-8 are spelled out."""
    snapshots = {
        name: replace(one, files={SPELLED if path == UNSPELLED else path: file for path, file in one.files.items()})
        for name, one in record.snapshots.items()
    }
    rows = tuple(_spelled(one) for one in record.verdict.rows)
    project = record.verdict.project and _spelled(record.verdict.project)
    return replace(record, snapshots=snapshots, verdict=with_(record.verdict, rows=rows, project=project))


def _spelled(one: Row) -> Row:
    return with_(one, uncovered={path.replace(UNSPELLED, SPELLED): text for path, text in one.uncovered.items()})


if __name__ == "__main__":
    store = DirStore(Path(sys.argv[1]))
    for record in records():
        store.append(record, {"auth.xml": b"<coverage/>"})
    (Path(sys.argv[1]) / "lock").unlink()
