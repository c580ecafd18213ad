"""Text for a screen of 100 columns: wrapped lines, aligned cells, colours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

WIDTH = 100
_PIECE = re.compile(r"(?<= )(?=\S)|(?<=,)(?=[\d-])")
"""Where a line may end: after a space, and within a list of lines."""
_COLOURS = {"pass": 32, "fail": 31}
_OTHER = 33
_COLOURED = re.compile(
    r"(?<=\Acovgov: )[A-Z, ]+(?= \()"
    r"|(?<=  )(?:pass|fail|undetermined|would [a-z, ]+)(?=  )"
    r"|\A(?:FAIL|UNDETERMINED)(?=:)"
)


def wrapped(text: str, indent: int = 0) -> Iterator[str]:
    """The text in lines of at most WIDTH columns, all but the first indented; a longer word has a line of its own."""
    line = ""
    for piece in _PIECE.split(text):
        if line.strip() and len(line + piece.rstrip()) > WIDTH:
            yield line.rstrip()
            line = " " * indent
        line += piece
    yield line.rstrip()


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns parted by two spaces; the last one is not padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def coloured(line: str) -> str:
    """The line with its outcome in green, red or (undetermined, not enforced) yellow, as a terminal shows it."""
    return _COLOURED.sub(lambda found: f"\x1b[1;{_COLOURS.get(found[0].lower(), _OTHER)}m{found[0]}\x1b[0m", line)
