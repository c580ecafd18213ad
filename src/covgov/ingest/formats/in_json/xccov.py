"""What Xcode's `xcrun xccov view --json` prints: with `--archive` the lines of each file, else totals alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json, totals
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import Metric

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Hits = Annotated[float, msgspec.Meta(ge=0)]


class _Line(msgspec.Struct, rename="camel"):
    line: int
    is_executable: bool
    execution_count: Hits | None = None
    subranges: list[object] = []


class _Totals(msgspec.Struct, rename="camel"):
    covered_lines: Count
    executable_lines: Count


class _File(_Totals):
    path: str


class _Target(msgspec.Struct):
    files: list[_File]


class _Report(_Totals):
    targets: list[_Target]


class XccovJson:
    """Lines exactly; Xcode measures no branches."""

    name: Final = "xccov-json"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"isExecutable"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, dict[str, list[_Line]], where)
        builders = {
            building.file_path(path, where): _build(lines, f"{where}: {path}") for path, lines in report.items()
        }
        parts = any(line.subranges for lines in report.values() for line in lines)
        return replace(
            building.report(self.name, "xccov", builders, where), dropped=("parts of lines",) if parts else ()
        )


def _build(lines: list[_Line], at: str) -> FileBuilder:
    builder = FileBuilder()
    executable = [line for line in lines if line.is_executable]
    ran = [line.execution_count > 0 for line in executable if line.execution_count is not None]
    if len(ran) < len(executable):
        raise damaged(at, "an executable line without an executionCount")
    builder.hit_all([line.line for line in executable], ran, at)
    return builder


class XccovSummary:
    """Totals of files, without lines."""

    name: Final = "xccov-summary"
    capabilities: Final[frozenset[str]] = frozenset()

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"executableLines"', b'"lineCoverage"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        files = [(file.path, _lines(file)) for target in report.targets for file in target.files]
        instead = "write `xcrun xccov view --archive --json RESULT.xcresult`"
        return totals.without_lines(self.name, "xccov", files, _lines(report), where, instead=instead)


def _lines(found: _Totals) -> totals.Totals:
    return {Metric.LINE: (found.covered_lines, found.executable_lines)}
