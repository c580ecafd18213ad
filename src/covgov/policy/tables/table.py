"""The tables of the policy file as types. What a field declares is how its key is read: unknown keys are faults,
nothing is converted between types, and nothing changes later.

A class is a msgspec Struct because a hundred keys cost a hundredth of a second then; it is read here, and not by
msgspec, because every fault is reported and not only the first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Self, TypeVar, Union, get_args, get_origin

from msgspec import Struct, structs

from covgov.policy.tables.locate import Place


class Misfit(ValueError):
    """The value of a key cannot be used. Its text follows the key: `must be ...`."""


class TableFaults(ValueError):
    """Everything that is wrong with a table. faults: (place of the key, what)."""

    def __init__(self, faults: Iterable[tuple[Place, str]]) -> None:
        super().__init__()
        self.faults = tuple(faults)


class Check(Struct, frozen=True, eq=False):  # types are hashed with their marks, and a schema is a dict
    """Marks a type. read: the value of the type from the file's, or raises Misfit. schema: what the file may hold."""

    read: Callable[[object], object]
    schema: Mapping[str, object]


class Internal(Struct, frozen=True):
    """Marks a field that is no key of the file."""


class Field(Struct, frozen=True):
    """One key of a table. alias: its name in the file. kind: its type. marks: what it declares besides."""

    name: str
    alias: str
    kind: object
    marks: tuple[object, ...]
    default: object


class Table(Struct, frozen=True, dict=True):
    """A table of the file."""

    @classmethod
    def read(cls, raw: object) -> Self:
        """The table in a parsed file. Raises TableFaults."""
        faults: list[tuple[Place, str]] = []
        made = _table(cls, raw, (), faults)
        if made is None:
            raise TableFaults(faults)
        return made

    def misfit(self) -> str:
        """Why its keys do not fit together; "" when they do."""
        return ""

    @property
    def given(self) -> frozenset[str]:
        """The fields that the file sets; of a table that code made, those that have not their defaults."""
        found = vars(self).get("_given")
        if isinstance(found, frozenset):
            return found
        fields = fields_of(type(self)).values()
        return frozenset(one.name for one in fields if getattr(self, one.name) != one.default)

    def copy(self, **changes: object) -> Self:
        """The same with other values; what was computed from the old ones is computed anew."""
        return self._with(changes, self.given.union(changes))

    def filled(self, values: Mapping[str, object]) -> Self:
        """The same with these values where the file sets none."""
        return self._with({name: value for name, value in values.items() if name not in self.given}, self.given)

    def _with(self, changes: Mapping[str, object], given: frozenset[str]) -> Self:
        made = copy.copy(self)
        for name, value in changes.items():
            structs.force_setattr(made, name, value)
        vars(made).clear()
        vars(made)["_given"] = given
        return made


T = TypeVar("T", bound=Table)


@cache
def fields_of(table: type[Table]) -> Mapping[str, Field]:
    """The keys of a table by the names of their fields, in order."""
    found = {}
    for one in structs.fields(table):
        kind, marks = _marked(one.type)
        if not any(isinstance(mark, Internal) for mark in marks):
            made = isinstance(one.default_factory, type) and issubclass(one.default_factory, Table | dict)
            default = one.default_factory() if made else one.default
            found[one.name] = Field(one.name, one.encode_name, kind, marks, default)
    return found


def dump(table: Table, without: Mapping[type[Table], frozenset[str]]) -> dict[str, object]:
    """The values as dicts and tuples. without: fields that are left out, by type."""
    hidden = {name for kind in type(table).__mro__ for name in without.get(kind, ())}
    return {name: _dumped(getattr(table, name), without) for name in fields_of(type(table)) if name not in hidden}


def _dumped(value: object, without: Mapping[type[Table], frozenset[str]]) -> object:
    match value:
        case Table():
            return dump(value, without)
        case dict():
            return {key: _dumped(one, without) for key, one in value.items()}
        case tuple():
            return tuple(_dumped(one, without) for one in value)
        case _:
            return value


def _marked(kind: object) -> tuple[object, tuple[object, ...]]:
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        return inner, tuple(marks)
    return kind, ()


def _table(kind: type[T], raw: object, place: Place, faults: list[tuple[Place, str]]) -> T | None:
    """None when anything below `place` was added to the faults."""
    if not isinstance(raw, Mapping):
        faults.append((place, "must be a table"))
        return None
    fields = {one.alias: one for one in fields_of(kind).values()}
    before = len(faults)
    faults += [((*place, key), f"is not a known key{_suggestion(key, fields)}") for key in raw if key not in fields]
    values = {
        one.name: _value(one.kind, one.marks, raw[alias], (*place, alias), faults)
        for alias, one in fields.items()
        if alias in raw
    }
    if len(faults) > before:
        return None
    made = kind(**values)
    vars(made)["_given"] = frozenset(values)
    if wrong := made.misfit():
        faults.append((place, wrong))
        return None
    return made


def _value(kind: object, marks: Iterable[object], raw: object, place: Place, faults: list[tuple[Place, str]]) -> object:
    """None when anything was added to the faults."""
    for mark in marks:
        if isinstance(mark, Check):
            try:
                raw = mark.read(raw)
            except Misfit as error:
                faults.append((place, str(error)))
                return None
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
        return _value(*_marked(kind), raw, place, faults)
    if isinstance(kind, type) and issubclass(kind, Table):
        return _table(kind, raw, place, faults)
    if get_origin(kind) is dict:
        return _named_values(kind, raw, place, faults)
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        return _listed_values(kind, raw, place, faults)
    return raw


def _named_values(kind: object, raw: object, place: Place, faults: list[tuple[Place, str]]) -> object:
    if not isinstance(raw, Mapping):
        faults.append((place, "must be a table"))
        return None
    name, one = map(_marked, get_args(kind))
    return {
        _value(*name, key, (*place, key), faults): _value(*one, value, (*place, key), faults)
        for key, value in raw.items()
    }


def _listed_values(kind: object, raw: object, place: Place, faults: list[tuple[Place, str]]) -> object:
    if not isinstance(raw, list | tuple):
        faults.append((place, "must be a list"))
        return None
    one = _marked(get_args(kind)[0])
    return tuple(_value(*one, value, (*place, index), faults) for index, value in enumerate(raw))


def _suggestion(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key, list(known), n=1)
    return f": did you mean {close[0]}?" if close else f"; known here: {', '.join(known)}"
