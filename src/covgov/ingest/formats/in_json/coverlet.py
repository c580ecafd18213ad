"""Coverlet's own JSON: modules, files, classes, methods, and in these lines and branch exits.

A file of several classes or modules is merged. An exit is a jump of the method's byte code.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

Count = Annotated[int, msgspec.Meta(ge=0)]


class _Branch(msgspec.Struct, rename="pascal"):
    line: int
    hits: Count


class _Method(msgspec.Struct, rename="pascal"):
    lines: dict[str, Count]
    branches: list[_Branch] = []


Classes = dict[str, dict[str, _Method]]


class CoverletJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "coverlet-json"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"Lines"', b'"Branches"') or strict_json.begins(head, b'.dll": {', b'"Lines"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        modules = strict_json.load(data, dict[str, dict[str, Classes]], where)
        builders: dict[str, FileBuilder] = {}
        for path, classes in ((path, classes) for files in modules.values() for path, classes in files.items()):
            builder = builders.setdefault(building.file_path(path, where), FileBuilder())
            _read([method for methods in classes.values() for method in methods.values()], builder, f"{where}: {path}")
        return replace(building.report(self.name, "coverlet", builders, where), dropped=("methods",))


def _read(methods: list[_Method], builder: FileBuilder, at: str) -> None:
    exits: dict[int, list[bool]] = {}
    for method in methods:
        for number in method.lines:
            if not number.isascii() or not number.isdigit() or len(number) > 9:
                raise damaged(at, f"not the number of a line: {number[:20]!r}")
        builder.hit_all(list(map(int, method.lines)), [hits > 0 for hits in method.lines.values()], at)
        for branch in method.branches:
            exits.setdefault(building.line_number(branch.line, at), []).append(branch.hits > 0)
    builder.count_all(exits)
