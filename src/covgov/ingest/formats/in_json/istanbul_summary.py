"""Istanbul's `coverage-summary.json` (`--reporter=json-summary` of nyc, Jest, Vitest and c8): totals alone."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from covgov.ingest import strict_json, totals
from covgov.ingest.building import damaged
from covgov.ingest.interface import ParsedReport
from covgov.ingest.totals import Totals
from covgov.model.snapshot import Metric

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
TOTAL = "total"


class _Metric(msgspec.Struct):
    total: Count
    covered: Count


class _Summary(msgspec.Struct):
    lines: _Metric
    branches: _Metric


class IstanbulSummary:
    """Totals of files, without lines."""

    name: Final = "istanbul-summary"
    capabilities: Final[frozenset[str]] = frozenset()

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"total"', b'"lines"', b'"statements"', b'"functions"', b'"pct"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, dict[str, _Summary], where)
        if TOTAL not in report:
            raise damaged(where, f"it has no {TOTAL!r}")
        return totals.without_lines(
            self.name,
            "istanbul",
            [(path, _totals(file)) for path, file in report.items() if path != TOTAL],
            _totals(report[TOTAL]),
            where,
            instead="write `--reporter=json` (Jest: `--coverageReporters=json`), or lcov",
        )


def _totals(summary: _Summary) -> Totals:
    lines, branches = summary.lines, summary.branches
    return {Metric.LINE: (lines.covered, lines.total), Metric.BRANCH: (branches.covered, branches.total)}
