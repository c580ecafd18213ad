"""Read format 1: the verdict as it was then, in terms of today's. Nothing writes it any more.

Its manifests need nothing of this: what they lack has a default.
"""

from __future__ import annotations

import re
from fractions import Fraction

import msgspec

from covgov.model import codec
from covgov.model.ratio import show_signed
from covgov.model.verdict import Row, Verdict
from covgov.model.words import with_words

_FRACTION = re.compile(r"-?[0-9]{1,1000}/[1-9][0-9]{0,999}")
"""`Fraction` itself also takes `1e999999999`, and computes until memory runs out."""
_FIGURES = frozenset({"points", "judged"})
"""Keys of fractions, then spelled `"-1/3"`."""
_JUDGED_BY_NAME = "guard_judged"
_UNSET = frozenset({"commit", "tree", "soft_start", "waived_by"})
"""Keys that were "" and are null."""
_NAMES_OF_PEOPLE = frozenset({"uncovered", "partial_lines", "lost", "uncounted", "attributes"})
"""Mappings by path or tag, in which no key means anything."""


def to_verdict(data: bytes) -> Verdict:
    """Raises ValueError."""
    verdict = codec.decode(msgspec.json.encode(_today("", _decoded(data))), Verdict)
    project = None if verdict.project is None else _in_words(verdict.project)
    return msgspec.structs.replace(verdict, rows=tuple(map(_in_words, verdict.rows)), project=project)


def _decoded(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _today(key: str, value: object) -> object:
    match value:
        case dict() if key == _JUDGED_BY_NAME:
            return {name: _figure(part) for name, part in value.items()}
        case dict() if key not in _NAMES_OF_PEOPLE:
            return {name: _today(name, part) for name, part in value.items()}
        case list():
            return [_today(key, part) for part in value]
        case "" if key in _UNSET:
            return None
        case str() if key in _FIGURES:
            return _figure(value)
        case _:
            return value


def _figure(value: object) -> dict[str, str]:
    if not isinstance(value, str) or not _FRACTION.fullmatch(value):
        raise ValueError("not a fraction n/d")
    return {"exact": value, "shown": show_signed(Fraction(value))}


def _in_words(row: Row) -> Row:
    return row if row.delta is None else msgspec.structs.replace(row, delta=with_words(row.delta))
