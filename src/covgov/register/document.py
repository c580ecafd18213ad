"""The register's Markdown as values, and back: `render(parse(text, path)) == text`, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from covgov.register.columns import COLUMNS, CellError, cells_of, entry_of
from covgov.register.entry import Entry, Key, Register
from covgov.register.table import Layout, TableRow, damaged, locate, padded
from covgov.register.template import EMPTY


def parse(text: str, path: str) -> Register:
    """The register in a file's text; "" is a register that has no file yet.

    Raises RegisterInvalid (naming `path` and the line) for anything that would have to be guessed: markers or columns
    missing, doubled or out of order, surplus cells, unreadable cells, two rows with one id, two open rows for one
    figure.
    """
    if not text:
        return Register(path, "")
    layout = locate(text, path)
    columns = _columns(layout.header, path)
    entries = tuple(_entry(row, columns, path) for row in layout.rows)
    _refuse_duplicates(layout, entries, path)
    return Register(path, text, entries)


def read(data: bytes | None, path: str) -> Register:
    """The register in a file's bytes, None = there is no such file. Raises RegisterInvalid like `parse`."""
    try:
        return parse((data or b"").decode("utf-8"), path)
    except UnicodeDecodeError as error:
        number = error.object[: error.start].count(b"\n") + 1
        raise damaged("register-encoding", path, number, f"byte {error.start} of the file is not UTF-8") from None


def render(register: Register) -> str:
    """The file's text with the entries' values.

    The first entries are the rows that are there, in order; further ones are appended. Only cells whose value changed
    are rewritten. Raises ValueError when there are fewer entries than rows: rows are never deleted.
    """
    text = register.text or (EMPTY if register.entries else "")
    if not text:
        return ""
    layout = locate(text, register.path)
    columns = _columns(layout.header, register.path)
    if len(register.entries) < len(layout.rows):
        raise ValueError(f"{register.path} has {len(layout.rows)} rows, and rows are never deleted")
    lines = list(layout.lines)
    for row, entry in zip(layout.rows, register.entries, strict=False):
        lines[row.number - 1] = _rewritten(row, entry, columns, register.path).line
    lines[layout.end : layout.end] = [
        _appended(entry, layout, columns) for entry in register.entries[len(layout.rows) :]
    ]
    return "".join(lines)


def _columns(header: TableRow, path: str) -> dict[str, int]:
    """Known column -> its place. Columns of other names are people's own and may stand anywhere."""
    names = [" ".join(header.read(i).casefold().split()) for i in range(len(header.cells))]
    for name in COLUMNS:
        if (count := names.count(name)) != 1:
            what = "is missing" if not count else f"is there {count} times"
            raise damaged("register-columns", path, header.number, f"the column `{name}` {what}")
    places = {name: names.index(name) for name in COLUMNS}
    for left, right in pairwise(COLUMNS):
        if places[left] > places[right]:
            raise damaged("register-columns", path, header.number, f"the column `{left}` must stand before `{right}`")
    return places


def _entry(row: TableRow, columns: Mapping[str, int], path: str) -> Entry:
    try:
        return entry_of({name: row.read(place) for name, place in columns.items()})
    except CellError as error:
        raise damaged("register-cell", path, row.number, str(error)) from None


def _refuse_duplicates(layout: Layout, entries: tuple[Entry, ...], path: str) -> None:
    ids: dict[str, int] = {}
    figures: dict[Key, int] = {}
    for row, entry in zip(layout.rows, entries, strict=True):
        if entry.id and (first := ids.setdefault(entry.id, row.number)) != row.number:
            raise damaged("register-duplicate", path, row.number, f"the id {entry.id} is already used in line {first}")
        if entry.open and (first := figures.setdefault(entry.key, row.number)) != row.number:
            what = f"{entry.spelled} ({entry.metric}) already has an open row in line {first}"
            raise damaged("register-duplicate", path, row.number, what)


def _rewritten(row: TableRow, entry: Entry, columns: Mapping[str, int], path: str) -> TableRow:
    before = _entry(row, columns, path)
    if before == entry:
        return row
    old, new = cells_of(before), cells_of(entry)
    changed = {name for name in COLUMNS if old[name] != new[name] or (new[name] and not row.read(columns[name]))}
    return row.write({columns[name]: new[name] for name in changed})


def _appended(entry: Entry, layout: Layout, columns: Mapping[str, int]) -> str:
    header = layout.header
    values = cells_of(entry)
    names = {place: name for name, place in columns.items()}
    cells = [
        padded(values[names[place]] if place in names else "", len(cell)) for place, cell in enumerate(header.cells)
    ]
    indent = re.match(r"\s*", header.before)
    return f"{indent[0] if indent else ''}|{'|'.join(cells)}|{layout.newline}"
