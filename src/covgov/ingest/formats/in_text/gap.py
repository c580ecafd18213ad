"""GAP's coverage (`gap --cover FILE`): a JSON object per line. `S` names a file, `R` a line that was read, `E` one that
ran."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

_USUAL = re.compile(rb'\{"Type":"([RE])","Line":([1-9]\d{0,8}),"FileId":(0|[1-9]\d{0,8})\}')
"""As GAP spells nearly every line: read without a parser of JSON, which takes ten times as long."""

Number = Annotated[int, msgspec.Meta(ge=0)]


class _Record(msgspec.Struct, rename="pascal"):
    type: Literal["_", "S", "R", "E", "I", "O"]
    file_id: Number | None = None
    file: str = ""
    line: int = 0
    is_cover: bool = True


class GapProfile:
    """Lines exactly; no branches."""

    name: Final = "gap"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        first = head.lstrip().partition(b"\n")[0]
        return strict_json.begins(first, b'"Type":', b'"S"', b'"FileId":') or strict_json.begins(first, b'"IsCover":')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        paths: dict[int, str] = {}
        builders: dict[str, FileBuilder] = {}
        for number, line in enumerate(data.split(b"\n"), start=1):
            usual = _USUAL.fullmatch(line)
            if usual is not None:
                _hit(int(usual[3]), int(usual[2]), usual[1] == b"E", paths, builders, f"{where}:{number}")
            elif line.strip():
                _read(strict_json.load(line, _Record, f"{where}:{number}"), paths, builders, f"{where}:{number}")
        if not paths:
            raise damaged(where, "no record names a file")
        return building.report(self.name, "gap", builders, where)


def _read(record: _Record, paths: dict[int, str], builders: dict[str, FileBuilder], at: str) -> None:
    if not record.is_cover:
        raise damaged(at, "a profile of the time, not of coverage: write `gap --cover FILE`")
    if record.type in ("R", "E", "S") and record.file_id is None:
        raise damaged(at, "no FileId")
    match record.type, record.file_id:
        case "S", int(number):
            path = building.file_path(record.file, at)
            if paths.setdefault(number, path) != path:
                raise damaged(at, f"file {number} is {paths[number]}, and {path}")
            builders.setdefault(path, FileBuilder())
        case ("R" | "E") as what, int(number):
            _hit(number, record.line, what == "E", paths, builders, at)
        case _:
            pass


def _hit(
    number: int, line: int, ran: bool, paths: Mapping[int, str], builders: Mapping[str, FileBuilder], at: str
) -> None:
    if number not in paths:
        raise damaged(at, f"file {number} has no name")
    builders[paths[number]].hit(building.line_number(line, at), ran)
