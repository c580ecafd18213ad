"""The line of a key in a TOML text: tomllib gives values without line numbers.

A statement is the shortest run of lines that tomllib itself accepts: strings, arrays and comments need no grammar here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

Place = tuple[str | int, ...]


def places(text: str) -> dict[Place, int]:
    """Line number (from 1) of every table header and key of a valid TOML text, by its path with list indices."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, statement in _statements(text):
        value = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _enter(_header(value), statement.lstrip().startswith("[["), counts)
            found.setdefault(table, number)
        else:
            for place in _within(value):
                found.setdefault((*table, *place), number)
    return found


def line_of(found: Mapping[Place, int], place: Place) -> int:
    """The line of the key, else of the nearest enclosing key or table, else 1."""
    return next((found[place[:n]] for n in range(len(place), 0, -1) if place[:n] in found), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    start, pending = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not pending:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            start = number
        pending += line + "\n"
        if _complete(pending):
            yield start, pending
            pending = ""


def _complete(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _header(value: Mapping[str, object]) -> tuple[str, ...]:
    """The keys of `{"a": {"b": {}}}` or `{"a": {"b": [{}]}}`."""
    keys: list[str] = []
    inner: object = value
    while isinstance(inner, dict) and inner:
        key, inner = next(iter(inner.items()))
        keys.append(key)
    return tuple(keys)


def _enter(keys: tuple[str, ...], repeated: bool, counts: dict[Place, int]) -> Place:
    """The place of a header; elements of arrays of tables are counted in `counts`."""
    place: Place = ()
    for key in keys[:-1]:
        place = (*place, key)
        if place in counts:
            place = (*place, counts[place])
    place = (*place, *keys[-1:])
    if repeated:
        counts[place] = counts.get(place, -1) + 1
        return (*place, counts[place])
    return place


def _within(value: object) -> Iterator[Place]:
    """Every place inside a value, itself excluded."""
    items: Iterator[tuple[str | int, object]]
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    else:
        return
    for key, inner in items:
        yield (key,)
        for place in _within(inner):
            yield (key, *place)
