"""The keys of the policy file one by one, and what their fields declare: which direction is stricter, what
`covgov policy show` prints for a key without a value, what it hides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from covgov.policy.tables.table import Field, Table, fields_of


class StrictDirection(StrEnum):
    """Which change of a key makes a gate easier. A value that is absent counts as infinitely high."""

    LOWER = "lower"
    HIGHER = "higher"
    SAME = "same"  # any change of a value does, but not setting one
    DEFAULT = "default"  # leaving the default does
    BAR = "bar"  # compiled to a bar: bars are compared instead
    NEITHER = "neither"


class UnsetText(Struct, frozen=True):
    """What `policy show` prints for a key without a value."""

    words: str


class Consequence(Struct, frozen=True):
    """What follows from the change of a key that makes a gate easier."""

    words: str


class Secret(Struct, frozen=True):
    """Marks a key whose values may hold secrets."""


class Setting(Struct, frozen=True):
    """key: `components.auth.paths`. given: whether the file sets it."""

    key: str
    value: object
    given: bool
    field: Field

    @property
    def stricter(self) -> StrictDirection:
        return next((mark for mark in self.field.marks if isinstance(mark, StrictDirection)), StrictDirection.NEITHER)

    @property
    def consequence(self) -> str:
        return next((mark.words for mark in self.field.marks if isinstance(mark, Consequence)), "")


def settings(table: Table, prefix: str = "") -> Iterator[Setting]:
    """Every key below a table in the order of its fields, defaults included."""
    for name, field in fields_of(type(table)).items():
        key, value = f"{prefix}{field.alias}", getattr(table, name)
        if isinstance(value, Table):
            yield from settings(value, f"{key}.")
        elif isinstance(value, Mapping):
            for inner, one in value.items():
                yield from settings(one, f"{key}.{inner}.")
        else:
            yield Setting(key, value, name in table.given, field)


def word(value: object) -> str:
    """One value as people write it: no exponent, no rounding."""
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def loosened(base: Table, head: Table) -> Iterator[tuple[Setting, Setting]]:
    """(base's, head's) of each key that is less strict at the head; what both inherit is the matter of another key."""
    before = {one.key: one for one in settings(base)}
    for new in settings(head):
        old = before.get(new.key)
        if old is not None and (old.given or new.given) and _looser(new, old.value):
            yield old, new


def _looser(setting: Setting, old: object) -> bool:
    new, direction = setting.value, setting.stricter
    match direction:
        case StrictDirection.LOWER:
            return _above(new, old)
        case StrictDirection.HIGHER:
            return _above(old, new)
        case StrictDirection.SAME:
            return old not in (None, "") and new != old
        case StrictDirection.DEFAULT:
            default = setting.field.default
            return old == default and new != default
        case StrictDirection.BAR | StrictDirection.NEITHER:
            return False
        case _:
            assert_never(direction)


def _above(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is None and other is not None
    if isinstance(one, date) and isinstance(other, date):
        return one > other
    if isinstance(one, Decimal | int) and isinstance(other, Decimal | int):
        return one > other
    raise TypeError(f"no order between {one!r} and {other!r}")
