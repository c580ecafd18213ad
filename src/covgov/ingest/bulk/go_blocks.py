"""The blocks of a Go coverprofile in the canonical spelling, read file by file instead of line by line.

Canonical: one line of the mode, then the blocks of each file together, none twice. All else is for the reader of
`covgov.ingest.formats.in_text.go_cover`, which defines the result (docs/decisions/0044).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import ge

import msgspec

from covgov.errors import InputError
from covgov.ingest import building

Place = tuple[int, int, int, int]
Blocks = dict[Place, tuple[int, bool]]
"""First line and column, last line and column -> (statements, whether it ran)."""

_NUMBERS = msgspec.json.Decoder(list[int])
_COMMAS = bytes.maketrans(b". \n", b",,,")
_COLUMNS = 6
_MOST = 10**7, 10**7, 10**7, 10**7, 10**9, 10**20
"""What the numbers of a block are below."""


def read_blocks(data: bytes) -> dict[str, Blocks] | None:
    """The blocks by file, None when not all of the profile is canonical."""
    head, _, rest = data.partition(b"\n")
    if head not in (b"mode: set", b"mode: count", b"mode: atomic") or not rest.endswith(b"\n"):
        return None
    files: dict[str, Blocks] = {}
    try:
        for path, lines in _by_path(rest[:-1].split(b"\n")):
            blocks = _blocks(path + b":", lines)
            name = building.file_path(path.decode(), "")
            if blocks is None or name in files or name != name.strip(" \t\r"):
                return None
            files[name] = blocks
    except (InputError, ValueError):
        return None
    return files


def _by_path(lines: Sequence[bytes]) -> Iterator[tuple[bytes, Sequence[bytes]]]:
    for path, group in groupby(lines, key=lambda line: line.rpartition(b":")[0]):
        yield path, list(group)


def _blocks(start: bytes, lines: Sequence[bytes]) -> Blocks | None:
    text = b"\n".join(lines).replace(start, b"") + b"\n"
    if text.translate(None, b"0123456789") != b".,.  \n" * len(lines):
        return None
    numbers = _NUMBERS.decode(b"[%b]" % text[:-1].translate(_COMMAS))
    columns = [numbers[place::_COLUMNS] for place in range(_COLUMNS)]
    first, column, last, end, counts, ran = columns
    if any(max(found) >= most for found, most in zip(columns, _MOST, strict=True)):
        return None
    building.line_number(min(first), "")
    building.line_number(max(last), "")
    if not all(map(ge, zip(last, end, strict=True), zip(first, column, strict=True))):
        return None
    hits = [count > 0 for count in ran]
    blocks = dict(zip(zip(first, column, last, end, strict=True), zip(counts, hits, strict=True), strict=True))
    return blocks if len(blocks) == len(lines) else None
