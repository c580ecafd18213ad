"""Go's coverprofile (`go test -coverprofile`): blocks of statements from one place to another, and how often they ran.

`go tool cover` counts statements. The lines of a block are those from its first to its last; a line of several ran
if one of them did. A block that is listed again, by another package's tests, ran if it ran once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from covgov.ingest import building
from covgov.ingest.building import damaged
from covgov.ingest.bulk.go_blocks import Blocks, read_blocks
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model import lines
from covgov.model.snapshot import FileCoverage, Identity

_MODE = re.compile(rb"(?:\xef\xbb\xbf)?\s*mode: (set|count|atomic)\s*$")
_BLOCK = re.compile(r"(.+):(\d{1,7})\.(\d{1,7}),(\d{1,7})\.(\d{1,7}) (\d{1,9}) (\d{1,20})", re.ASCII)


@dataclass(slots=True)
class _GoFile:
    blocks: Blocks = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max((place[2] for place in self.blocks), default=0)

    @property
    def coverage(self) -> FileCoverage:
        found = [(place[0], place[2], ran) for place, (count, ran) in self.blocks.items() if count]
        covered = lines.of_spans((first, last) for first, last, ran in found if ran)
        return FileCoverage(lines.of_spans((first, last) for first, last, _ in found), covered)

    @property
    def statements(self) -> tuple[int, int]:
        """Those that ran, and all."""
        counts = self.blocks.values()
        return sum(count for count, ran in counts if ran), sum(count for count, _ in counts)


class GoCover:
    """Lines of blocks; no branches."""

    name: Final = "go-cover"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        return _MODE.match(head.partition(b"\n")[0]) is not None

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        blocks = read_blocks(data)
        if blocks is None:
            return parse_strictly(data, where)
        return _report({path: _GoFile(found) for path, found in blocks.items()}, where)


def parse_strictly(data: bytes, where: str) -> ParsedReport:
    """The profile line by line: the definition of what `read_blocks` reads faster."""
    return _report(_read(data, where), where)


def _report(read: Mapping[str, _GoFile], where: str) -> ParsedReport:
    building.check_size(sum(file.last for file in read.values()), where)
    files = {path: file.coverage for path, file in read.items()}
    carries, lacks = building.capabilities({"lines"})
    return ParsedReport(
        format=GoCover.name,
        identity=Identity("go", branch=False),
        files=files,
        carries=carries,
        lacks=lacks,
        notes=("each line of a block of statements counts, also its comments and empty lines",),
        beyond=_beyond(read, files),
        unit="statements",
    )


def _read(data: bytes, where: str) -> dict[str, _GoFile]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise damaged(where, f"not UTF-8 at byte {error.start}") from None
    files: dict[str, _GoFile] = {}
    # `go test` of several packages and tools that join profiles repeat the first line
    for number, line in enumerate(text.split("\n"), start=1):
        record = line.strip(" \t\r")
        if record and not (record.startswith(("mode", "\ufeff")) and _MODE.match(record.encode())):
            _block(record, files, f"{where}:{number}")
    return files


def _block(record: str, files: dict[str, _GoFile], at: str) -> None:
    found = _BLOCK.fullmatch(record)
    if found is None:
        raise damaged(
            at, f"not a block of a coverprofile (FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT): {record[:80]!r}"
        )
    first, column, last, end, count, ran = map(int, found.groups()[1:])
    building.line_number(first, at)
    building.line_number(last, at)
    if (last, end) < (first, column):
        raise damaged(at, f"a block that ends at {last}.{end} and begins at {first}.{column}")
    file = files.get(found[1])
    if file is None:
        file = files[building.file_path(found[1], at)] = _GoFile()
    blocks = file.blocks
    place = first, column, last, end
    known, before = blocks.get(place, (count, False))
    if known != count:
        raise damaged(at, f"a block with {count} statements that had {known} before")
    blocks[place] = count, before or ran > 0


def _beyond(read: Mapping[str, _GoFile], files: Mapping[str, FileCoverage]) -> dict[str, SummaryDifference]:
    """Statements minus lines, per file."""
    found: dict[str, SummaryDifference] = {}
    for path, file in read.items():
        (ran, total), held = file.statements, files[path]
        found[path] = SummaryDifference(ran - held.covered.bit_count(), total - held.statements.bit_count())
    return {path: difference for path, difference in found.items() if difference}
