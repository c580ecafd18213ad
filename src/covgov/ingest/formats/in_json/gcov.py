"""gcov's JSON of GCC 9 and later (`gcov --json-format`), one file per object, compressed as it is written.

A line is listed once per function that it is in (templates, inline functions); it ran if one of them did.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder
from covgov.ingest.interface import ParsedReport

Count = Annotated[int, msgspec.Meta(ge=0)]


class _Branch(msgspec.Struct):
    count: Count


class _Line(msgspec.Struct):
    number: int = msgspec.field(name="line_number")
    count: Count
    branches: list[_Branch] = []


class _File(msgspec.Struct):
    path: str = msgspec.field(name="file")
    lines: list[_Line]


class _Report(msgspec.Struct):
    files: list[_File]
    version: str = msgspec.field(name="gcc_version")
    root: str = msgspec.field(name="current_working_directory", default="")


class GcovJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "gcov-json"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"gcc_version"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        builders: dict[str, FileBuilder] = {}
        for file in report.files:
            path = building.file_path(file.path, where)
            _read(file, builders.setdefault(path, FileBuilder()), f"{where}: {path}")
        roots = (building.file_path(report.root, where),) if report.root else ()
        parsed = building.report(self.name, "gcov", builders, where, version=report.version)
        return replace(parsed, dropped=("functions",), roots=roots)


def _read(file: _File, builder: FileBuilder, at: str) -> None:
    exits: dict[int, list[bool]] = {}
    builder.hit_all([line.number for line in file.lines], [line.count > 0 for line in file.lines], at)
    for line in file.lines:
        if line.branches:
            exits.setdefault(line.number, []).extend([branch.count > 0 for branch in line.branches])
    builder.count_all(exits)
