"""gcov's intermediate text (`gcov -i`, GCC 4.9 to 8): `file:PATH`, `lcount:LINE,COUNT`, `branch:LINE,taken`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

_LINE = re.compile(r"lcount:(\d{1,7}),(\d{1,20})(?:,[01])?", re.ASCII)
_BRANCH = re.compile(r"branch:(\d{1,7}),(taken|nottaken|notexec)", re.ASCII)
_OTHER = re.compile(r"(?:function|version|cwd):.*|")
_HEAD = re.compile(rb"(?:(?:version|cwd):[^\n]*\n)*file:[^\n]+\r?\n(?:function|lcount|branch|file):")

Exits = dict[int, list[bool]]


class GcovIntermediate:
    """Lines exactly; branch exits by number per line."""

    name: Final = "gcov-intermediate"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return _HEAD.match(head) is not None

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        if not data.endswith(b"\n"):
            raise damaged(where, "it is cut short: its last line does not end")
        try:
            records = data.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise damaged(where, f"not UTF-8 at byte {error.start}") from None
        files: dict[str, tuple[FileBuilder, Exits]] = {}
        current: tuple[FileBuilder, Exits] | None = None
        for number, record in enumerate(records, start=1):
            text, at = record.rstrip("\r"), f"{where}:{number}"
            if text.startswith("file:"):
                current = files.setdefault(building.file_path(text.removeprefix("file:"), at), (FileBuilder(), {}))
            elif not (current is not None and _read(text, *current, at)) and not _OTHER.fullmatch(text):
                raise damaged(at, f"not a record of gcov -i, or one before the first file: {text[:60]!r}")
        for builder, exits in files.values():
            builder.count_all(exits)
        builders = {path: builder for path, (builder, _) in files.items()}
        return replace(building.report(self.name, "gcov", builders, where), dropped=("functions",))


def _read(record: str, builder: FileBuilder, exits: Exits, at: str) -> bool:
    """Whether the record is one of a line or of a branch."""
    if found := _LINE.fullmatch(record):
        builder.hit(building.line_number(int(found[1]), at), int(found[2]) > 0)
    elif found := _BRANCH.fullmatch(record):
        exits.setdefault(building.line_number(int(found[1]), at), []).append(found[2] == "taken")
    return found is not None
