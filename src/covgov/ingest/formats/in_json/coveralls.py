"""What Coveralls takes (`source_files`), as its reporters, gcovr and grcov write it.

`coverage` has one hit count per line, null where nothing can run. `branches` has four numbers per branch exit: line,
block, number, hits. Some writers put the list into a text once more.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

Hits = list[Annotated[float, msgspec.Meta(ge=0)] | None]
EXIT = 4
"""Numbers of one exit."""


class _File(msgspec.Struct):
    name: str
    coverage: Hits | str
    branches: list[Annotated[int, msgspec.Meta(ge=0)]] | None = None
    source_digest: str | None = None


class _Report(msgspec.Struct):
    source_files: list[_File]


class CoverallsJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "coveralls-json"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"source_files"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        builders: dict[str, FileBuilder] = {}
        for file in report.source_files:
            path = building.file_path(file.name, where)
            _read(file, builders.setdefault(path, FileBuilder()), f"{where}: {path}")
        branches = any(file.branches is not None for file in report.source_files)
        return building.report(self.name, "coveralls", builders, where, branches=branches)


def _read(file: _File, builder: FileBuilder, at: str) -> None:
    coverage = file.coverage
    hits = strict_json.load(coverage.encode(errors="replace"), Hits, at) if isinstance(coverage, str) else coverage
    building.line_number(len(hits) or 1, at)
    builder.hit_list(hits, at)
    numbers = file.branches or []
    if len(numbers) % EXIT:
        raise damaged(at, f"its branches are {len(numbers)} numbers, not four each")
    exits: dict[tuple[int, int, int], bool] = {}
    for line, block, number, count in zip(*(numbers[part::EXIT] for part in range(EXIT)), strict=True):
        key = building.line_number(line, at), block, number
        exits[key] = exits.get(key, False) or count > 0
    builder.count_all(_by_line(exits))


def _by_line(exits: dict[tuple[int, int, int], bool]) -> dict[int, list[bool]]:
    found: dict[int, list[bool]] = {}
    for (line, _, _), ran in exits.items():
        found.setdefault(line, []).append(ran)
    return found
