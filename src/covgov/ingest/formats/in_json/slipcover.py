"""SlipCover's JSON (`python -m slipcover --json`): like coverage.py's, with a summary of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import Metric

Line = Annotated[int, msgspec.Meta(ge=1, le=building.MAX_LINE)]
Exits = list[tuple[Line, Annotated[int, msgspec.Meta(ge=-building.MAX_LINE, le=building.MAX_LINE)]]]


class _Summary(msgspec.Struct):
    covered_lines: int | None = None
    missing_lines: int | None = None
    covered_branches: int | None = None
    missing_branches: int | None = None

    @property
    def stated(self) -> dict[Metric, Pair | None]:
        return {
            Metric.LINE: _pair(self.covered_lines, self.missing_lines),
            Metric.BRANCH: _pair(self.covered_branches, self.missing_branches),
        }


def _pair(covered: int | None, missing: int | None) -> Pair | None:
    return None if covered is None or missing is None else (covered, covered + missing)


class _File(msgspec.Struct):
    executed_lines: list[Line]
    missing_lines: list[Line]
    executed_branches: Exits = []
    missing_branches: Exits = []


class _Meta(msgspec.Struct):
    version: str = ""
    branch_coverage: bool = False


class _Report(msgspec.Struct):
    files: dict[str, _File]
    meta: _Meta
    summary: _Summary = msgspec.field(default_factory=_Summary)


class SlipcoverJson:
    """Lines and exits exactly."""

    name: Final = "slipcover-json"
    capabilities: Final = frozenset({"lines", "branches", "exits"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"slipcover"', b'"meta"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        builders = {
            building.file_path(path, where): _build(file, f"{where}: {path}") for path, file in report.files.items()
        }
        branches, version = report.meta.branch_coverage, report.meta.version
        carries = ("lines", "exits") if branches else ("lines",)
        parsed = building.report(
            self.name, "slipcover", builders, where, version=version, carries=carries, branches=branches
        )
        stated = report.summary.stated
        faults = building.unequal(stated, parsed.files.values())
        return replace(parsed, claims=building.claims(stated), faults=faults)


def _build(file: _File, at: str) -> FileBuilder:
    if both := set(file.executed_lines).intersection(file.missing_lines):
        raise damaged(at, f"line {min(both)} is listed as executed and as missing")
    builder = FileBuilder(hits={**dict.fromkeys(file.executed_lines, True), **dict.fromkeys(file.missing_lines, False)})
    for exits, taken in ((file.executed_branches, True), (file.missing_branches, False)):
        for source, target in exits:
            builder.exit(source, target, taken)
    return builder
