"""Runs as CI would record them: two components over two suites, with verdicts whose figures are the snapshots' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, Snapshot, TestRun
from covgov.model.verdict import Outcome, ReceiptLine, Row, Scope, SuiteLine
from covgov_testing.builders.coverage import PASSED, cov, snap
from covgov_testing.builders.run import NOON, object_id, run, verdict

NO_RECEIPT = ReceiptLine(None, 0, 0, "first run")
SOURCES = {"src/api/a.py": "a1", "src/api/b.py": "b1", "src/auth/login.py": "l1"}
PICTURES = {"src/api/a.py": "++-", "src/api/b.py": "+-x", "src/auth/login.py": "++"}


def two_suites(
    commit: str = "c1",
    *,
    pictures: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
    at: datetime = NOON,
    branch: str = "main",
    outcome: Outcome = Outcome.PASS,
    tests: TestRun | None = PASSED,
    dirty: bool = False,
) -> RunRecord:
    """Suites `api` and `auth`, each with the files below src/<suite>."""
    drawn, texts = pictures or PICTURES, {**SOURCES, **(sources or {})}
    snapshots = {
        suite: snap(
            {
                path: replace(cov(picture), source=object_id(texts[path]) if texts.get(path) else "")
                for path, picture in drawn.items()
                if path.startswith(f"src/{suite}/")
            },
            suite=suite,
            tests=tests,
        )
        for suite in ("api", "auth")
    }
    rows = [component_row(name, snapshot) for name, snapshot in snapshots.items()]
    lines = [SuiteLine(name, arrived=True, tests=tests) for name in snapshots]
    made = verdict(outcome, rows=rows, suites=lines, dirty=dirty)
    whole = component_row("project", snapshots["api"])
    return run(
        commit,
        at=at,
        branch=branch,
        expected=("api", "auth"),
        snapshots=snapshots,
        made=structs.replace(made, project=structs.replace(whole, scope=Scope.PROJECT, suite="")),
    )


def component_row(name: str, snapshot: Snapshot, bar: str = "50") -> Row:
    now: Ratio = snapshot.ratio(Metric.COMBINED)
    return Row(
        name=name,
        scope=Scope.COMPONENT,
        suite=name,
        metric=Metric.COMBINED,
        bar=Decimal(bar),
        outcome=Outcome.PASS if now.meets(Decimal(bar)) else Outcome.FAIL,
        now=now,
        lines=snapshot.ratio(Metric.LINE),
        branches=snapshot.ratio(Metric.BRANCH),
        baseline=None,
        delta=None,
        receipt=NO_RECEIPT,
        attributes={"security": None},
    )
