"""The place of the register's table in its file, as lines and cells that keep every byte.

markdown-it decides what is a marker and what is a table (so that code blocks and quotes are left alone); the cells are
then cut out of the original lines, so that what is not rewritten stays as people wrote it. A pipe inside a cell is
written `\\|`, as in every GitHub-flavoured table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from covgov.errors import RegisterInvalid

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BEGIN = "<!-- covgov:exceptions:begin -->"
END = "<!-- covgov:exceptions:end -->"
HINT = "repair the table by hand or restore the file from git; nothing was changed"

BLANKS = " \t\v\f"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the table: `before` + cells joined by pipes + `after`. number counts from 1."""

    number: int
    before: str
    cells: tuple[str, ...]
    after: str

    @property
    def line(self) -> str:
        return self.before + "|".join(self.cells) + self.after

    def read(self, column: int) -> str:
        """A cell's text without its padding; a cell that the line does not have is empty."""
        return self.cells[column].strip(BLANKS).replace("\\|", "|") if column < len(self.cells) else ""

    def write(self, values: Mapping[int, str]) -> TableRow:
        """The row with some cells replaced; every other cell keeps its bytes, padding is kept where it can be."""
        wanted = max(values, default=-1) + 1
        cells = [*self.cells, *[" "] * (wanted - len(self.cells))]
        if len(cells) == len(self.cells):
            closing = self.after
        else:
            cells[len(self.cells) - 1] = cells[len(self.cells) - 1].rstrip(BLANKS) + " "
            closing = self.after if "|" in self.after else "|" + self.after
        for column, value in values.items():
            cells[column] = padded(value, len(cells[column]))
        return replace(self, cells=tuple(cells), after=closing)


class Layout(Struct, frozen=True):
    """The file's lines (with their ends) and, between the markers, the table's header and rows.

    end: number of lines before the first line after the table, which is where new rows go.
    """

    lines: tuple[str, ...]
    header: TableRow
    rows: tuple[TableRow, ...]
    end: int

    @property
    def newline(self) -> str:
        """The line end that the table uses."""
        line = self.lines[self.header.number - 1]
        return line[len(line.rstrip("\r\n")) :]


def padded(value: str, width: int) -> str:
    """A cell's bytes for a value: one blank on either side, filled up to `width`."""
    return f" {_escaped(value)} ".ljust(width)


def is_register(data: bytes | None) -> bool:
    """Whether a file is a register, perhaps a damaged one, or the place of one is free."""
    return not data or any(marker.encode() in data for marker in (BEGIN, END)) or b"\0" in data


def locate(text: str, path: str) -> Layout:
    """Find the table. Raises RegisterInvalid for markers, tables or rows that are ambiguous."""
    lines = tuple(_LINE.findall(text))
    blocks = _markdown().parse(text.removeprefix("\ufeff"))
    begin, end = (_marker(blocks, marker, path) for marker in (BEGIN, END))
    if end < begin:
        raise damaged("register-marker", path, end + 1, f"`{END}` is before `{BEGIN}`")
    first, last = _table(blocks, lines, (begin, end), path)
    header = _row(lines, first)
    rows = tuple(_row(lines, index) for index in range(first + 2, last))
    for row in rows:
        if len(row.cells) > len(header.cells):
            what = f"the row has {len(row.cells)} cells, the table {len(header.cells)} columns (write a pipe as `\\|`)"
            raise damaged("register-row", path, row.number, what)
    return Layout(lines, header, rows, last)


def damaged(code: str, path: str, number: int, what: str) -> RegisterInvalid:
    """The error for one fault of the file, naming file and line."""
    return RegisterInvalid(code, f"{path}:{number}: {what}", hint=HINT)


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - not for a project without a register

    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


def _marker(blocks: Sequence[Token], marker: str, path: str) -> int:
    """Index of the one line that is the marker."""
    found = [(_start(token), token) for token in blocks if token.type == "html_block" and marker in token.content]
    for index, token in found:
        if token.content.strip() != marker or token.level:
            raise damaged("register-marker", path, index + 1, f"`{marker}` must stand alone on a line of its own")
    if not found:
        raise damaged("register-marker", path, 1, f"the marker `{marker}` is missing")
    if len(found) > 1:
        raise damaged("register-marker", path, found[1][0] + 1, f"the marker `{marker}` is there twice")
    return found[0][0]


def _table(blocks: Sequence[Token], lines: Sequence[str], between: tuple[int, int], path: str) -> tuple[int, int]:
    """First and one past the last line index of the only table between the markers."""
    begin, end = between
    inside = [
        token for token in blocks if token.type == "table_open" and not token.level and begin < _start(token) < end
    ]
    if not inside:
        what = f"there is no table between `{BEGIN}` and `{END}` (a header, then a line of dashes of as many columns)"
        raise damaged("register-table", path, begin + 1, what)
    first, last = _start(inside[0]), _stop(inside[0])
    for index in (*range(begin + 1, first), *range(last, end)):
        if "|" in lines[index]:
            raise damaged("register-table", path, index + 1, "the line looks like a row but is not part of the table")
    return first, last


def _start(token: Token) -> int:
    return token.map[0] if token.map else 0


def _stop(token: Token) -> int:
    return token.map[1] if token.map else 0


def _row(lines: Sequence[str], index: int) -> TableRow:
    """Cut a line at its unescaped pipes; a blank piece at either end is margin, not a cell."""
    line = lines[index]
    body = line.rstrip("\r\n")
    cuts = [match.start() for match in _PIPE.finditer(body)]
    edges = [-1, *cuts, len(body)]
    pieces = [body[a + 1 : b] for a, b in pairwise(edges)]
    before = after = ""
    if len(pieces) > 1 and not pieces[0].strip(BLANKS):
        before = pieces.pop(0) + "|"
    if len(pieces) > 1 and not pieces[-1].strip(BLANKS):
        after = "|" + pieces.pop()
    return TableRow(index + 1, before, tuple(pieces), after + line[len(body) :])


def _escaped(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|")
