"""Istanbul's `coverage-final.json`, as nyc, Jest, Vitest and c8 write it.

A line counts where a statement begins, and ran as often as the statement that ran most often (istanbul-lib-coverage,
`getLineCoverage`). Branches are the arms of `if`, `?:`, `switch`, `&&` and `||`, and default arguments; those that
begin on one line are counted together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

Hits = Annotated[float, msgspec.Meta(ge=0)]


class _Position(msgspec.Struct):
    line: int | None = None


class _Range(msgspec.Struct):
    start: _Position


class _Branch(msgspec.Struct):
    locations: list[_Range] = []
    loc: _Range | None = None
    line: int | None = None

    @property
    def begins(self) -> int | None:
        """istanbul-lib-coverage takes `loc`, and `line` of files that old versions wrote."""
        return self.loc.start.line if self.loc is not None and self.loc.start.line else self.line


class _File(msgspec.Struct):
    statements: dict[str, _Range] = msgspec.field(name="statementMap")
    hits: dict[str, Hits] = msgspec.field(name="s")
    branches: dict[str, _Branch] = msgspec.field(name="branchMap", default_factory=dict)
    arms: dict[str, list[Hits]] = msgspec.field(name="b", default_factory=dict)
    functions: dict[str, object] = msgspec.field(name="fnMap", default_factory=dict)


class IstanbulJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "istanbul-json"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"statementMap"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, dict[str, _File], where)
        builders = {building.file_path(path, where): _build(file, f"{where}: {path}") for path, file in report.items()}
        dropped = ("functions",) if any(file.functions for file in report.values()) else ()
        branches = any(file.branches for file in report.values())
        return replace(building.report(self.name, "istanbul", builders, where, branches=branches), dropped=dropped)


def _build(file: _File, at: str) -> FileBuilder:
    builder = FileBuilder()
    if file.statements.keys() != file.hits.keys():
        raise damaged(at, "statementMap and s do not have the same statements")
    numbers = [place.start.line or _line(place.start.line, at) for place in file.statements.values()]
    builder.hit_all(numbers, [file.hits[key] > 0 for key in file.statements], at)
    arms: dict[int, list[bool]] = {}
    if file.branches.keys() != file.arms.keys():
        raise damaged(at, "branchMap and b do not have the same branches")
    for key, counts in file.arms.items():
        branch = file.branches[key]
        if branch.locations and len(branch.locations) != len(counts):
            raise damaged(at, f"branch {key[:20]} has {len(counts)} counts, but not as many locations")
        arms.setdefault(_line(branch.begins, at), []).extend(count > 0 for count in counts)
    builder.count_all(arms)
    return builder


def _line(number: int | None, at: str) -> int:
    if number is None:
        raise damaged(at, "a statement or branch without a line")
    return building.line_number(number, at)
