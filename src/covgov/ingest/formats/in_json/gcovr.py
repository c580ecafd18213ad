"""gcovr's JSON (`gcovr --json`), format versions 0.1 and later.

A line is listed once per function that it is in (templates, constructors): it is one line, which ran if one of them
did. gcovr itself counts each of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder
from covgov.ingest.interface import ParsedReport, SummaryDifference

Count = Annotated[int, msgspec.Meta(ge=0)]


class _Branch(msgspec.Struct):
    count: Count
    excluded: bool = msgspec.field(name="gcovr/excluded", default=False)


class _Line(msgspec.Struct):
    number: int = msgspec.field(name="line_number")
    count: Count
    branches: list[_Branch] = []
    excluded: bool = msgspec.field(name="gcovr/excluded", default=False)
    noncode: bool = msgspec.field(name="gcovr/noncode", default=False)


class _File(msgspec.Struct):
    path: str = msgspec.field(name="file")
    lines: list[_Line]
    functions: list[object] = []


class _Report(msgspec.Struct):
    files: list[_File]
    version: str = msgspec.field(name="gcovr/format_version")


class GcovrJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "gcovr-json"
    capabilities: Final = frozenset({"lines", "branches", "excluded"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"gcovr/', b'"lines"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        builders: dict[str, FileBuilder] = {}
        beyond: dict[str, SummaryDifference] = {}
        for file in report.files:
            path = building.file_path(file.path, where)
            builder = builders.setdefault(path, FileBuilder())
            copies = _read(file, builder, f"{where}: {path}")
            if copies:
                beyond[path] = copies
        copied = sum(difference.lines_total for difference in beyond.values())
        return replace(
            building.report(self.name, "gcovr", builders, where, carries=("lines", "excluded")),
            dropped=("functions",) if any(file.functions for file in report.files) else (),
            notes=(f"gcovr counts {copied} lines again, as copies in other functions",) if copied else (),
            beyond=beyond,
        )


def _read(file: _File, builder: FileBuilder, at: str) -> SummaryDifference:
    """What gcovr counts beyond the lines, because a line is in several functions."""
    before = len(builder.hits), sum(builder.hits.values())
    entries = ran = 0
    exits: dict[int, list[bool]] = {}
    for line in file.lines:
        if line.noncode:
            continue
        number = building.line_number(line.number, at)
        if line.excluded:
            builder.omitted.append(number)
            continue
        builder.hit(number, line.count > 0)
        entries, ran = entries + 1, ran + (line.count > 0)
        exits.setdefault(number, []).extend(branch.count > 0 for branch in line.branches if not branch.excluded)
    builder.count_all(exits)
    lines = len(builder.hits) - before[0], sum(builder.hits.values()) - before[1]
    return SummaryDifference(ran - lines[1], entries - lines[0])
