"""Codecov's own JSON (`cargo llvm-cov --codecov`, and uploaders): `{"coverage": {PATH: {LINE: HITS}}}`, and what covr
uploads there (`to_codecov`): `{"uploader": "R", "files": [{"name": PATH, "coverage": HITS}]}`.

HITS is a count, null for a line where nothing can run, or a text `TAKEN/ALL` of a line with branches. A list instead of
an object has one entry per line, beginning with line 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import filterfalse
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits

Hits = Annotated[float, msgspec.Meta(ge=0)] | str | bool | None
_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
_SHARE = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)


class _Report(msgspec.Struct):
    coverage: dict[str, dict[str, Hits] | list[Hits]]


class _CovrFile(msgspec.Struct):
    name: str
    coverage: list[Hits]


class _CovrReport(msgspec.Struct):
    uploader: str
    files: list[_CovrFile]


class CodecovJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "codecov-json"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return (
            re.match(rb'\{\s*"coverage"\s*:\s*\{(?:\s*\}|\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:\[|\{\s*(?:\}|"\d)))', text)
            is not None
        )

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        return building.report(self.name, "codecov", _builders(report.coverage, where), where)


class CovrJson:
    """Lines exactly; covr measures no branches."""

    name: Final = "covr-json"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"uploader"', b'"files"', b'"coverage"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        files = strict_json.load(data, _CovrReport, where).files
        found = {file.name: file.coverage for file in files}
        if len(found) < len(files):
            raise damaged(where, "a file is listed twice")
        builders = _builders(found, where)
        if any(builder.counted for builder in builders.values()):
            raise damaged(where, "covr counts no branches")
        return building.report(self.name, "covr", builders, where)


def _builders(files: Mapping[str, dict[str, Hits] | list[Hits]], where: str) -> dict[str, FileBuilder]:
    return {
        building.file_path(path, where): _build(_numbered(lines, f"{where}: {path}"), f"{where}: {path}")
        for path, lines in files.items()
    }


def _numbered(lines: dict[str, Hits] | list[Hits], at: str) -> Mapping[int, Hits]:
    if isinstance(lines, list):
        if lines and lines[0] is not None:
            raise damaged(at, "line 0 is not between 1 and the last line")
        return dict(enumerate(lines))
    wrong = next(filterfalse(_NUMBER.fullmatch, lines), None)
    if wrong is not None:
        raise damaged(at, f"not the number of a line: {wrong[:20]!r}")
    return {int(key): hits for key, hits in lines.items()}


def _build(lines: Mapping[int, Hits], at: str) -> FileBuilder:
    builder = FileBuilder()
    counts = {line: hits > 0 for line, hits in lines.items() if isinstance(hits, float | int)}
    builder.hit_all(list(counts), list(counts.values()), at)
    for line, hits in lines.items():
        if not isinstance(hits, str):
            continue
        share = _SHARE.fullmatch(hits)
        if share is None or int(share[1]) > int(share[2]):
            raise damaged(at, f"line {line} has no count, but {hits[:20]!r}")
        taken, total = int(share[1]), int(share[2])
        builder.hit(building.line_number(line, at), taken > 0)
        builder.count(line, CountedExits(taken, total))
    return builder
