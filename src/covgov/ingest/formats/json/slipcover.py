"""SlipCover's JSON (`python -m slipcover --json`): like coverage.py's, with a summary of its own."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model import lines
from covgov.model.snapshot import Identity

Line = Annotated[int, msgspec.Meta(ge=1, le=building.MAX_LINE)]
Exits = list[tuple[Line, Annotated[int, msgspec.Meta(ge=-building.MAX_LINE, le=building.MAX_LINE)]]]


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
        branches = report.meta.branch_coverage
        carries, lacks = building.capabilities({"lines", *(["branches", "exits"] if branches else [])})
        return ParsedReport(
            format=self.name,
            identity=Identity("slipcover", report.meta.version, branch=branches),
            files=building.build_all(builders, where),
            carries=carries,
            lacks=lacks,
        )


def _build(file: _File, at: str) -> FileBuilder:
    executed, missing = lines.of(file.executed_lines), lines.of(file.missing_lines)
    if both := executed & missing:
        raise damaged(at, f"line {(both & -both).bit_length() - 1} is listed as executed and as missing")
    builder = FileBuilder(executed | missing, executed)
    for exits, taken in ((file.executed_branches, True), (file.missing_branches, False)):
        for source, target in exits:
            builder.exit(source, target, taken)
    return builder
