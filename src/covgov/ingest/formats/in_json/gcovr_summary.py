"""gcovr's `--json-summary`: totals alone."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from covgov.ingest import strict_json, totals
from covgov.ingest.interface import ParsedReport
from covgov.ingest.totals import Totals
from covgov.model.snapshot import Metric

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Totals(msgspec.Struct):
    line_total: Count
    line_covered: Count
    branch_total: Count
    branch_covered: Count

    @property
    def by_metric(self) -> Totals:
        return {
            Metric.LINE: (self.line_covered, self.line_total),
            Metric.BRANCH: (self.branch_covered, self.branch_total),
        }


class _File(_Totals):
    filename: str


class _Report(_Totals):
    files: list[_File]


class GcovrSummary:
    """Totals of files, without lines."""

    name: Final = "gcovr-summary"
    capabilities: Final[frozenset[str]] = frozenset()

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"gcovr/summary_format_version"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        files = [(file.filename, file.by_metric) for file in report.files]
        return totals.without_lines(self.name, "gcovr", files, report.by_metric, where, instead="write `gcovr --json`")
