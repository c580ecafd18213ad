"""What single keys of the policy file may hold: exact numbers, globs, names, one of several words, times of the day."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from datetime import UTC, time, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from covgov.model.ratio import MOST_PLACES
from covgov.policy import globs

PLAIN = re.compile(rf"[0-9]{{1,3}}(?:\.[0-9]{{1,{MOST_PLACES}}})?", re.ASCII)
"""How a percentage is written: no sign, exponent or underscore, and no more digits than anyone can read."""


def number(text: str) -> Decimal | float:
    """A TOML float: exact if it is written plainly, else a float, which no percentage may be (nor any other key)."""
    return Decimal(text) if PLAIN.fullmatch(text.removeprefix("-")) else float(text.replace("_", ""))


def _exact(value: object) -> Decimal:
    if isinstance(value, float):
        context = {"value": repr(value)}
        raise PydanticCustomError("not-plain", "must be written as a plain decimal like 92.5, not {value}", context)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("not-a-number", "must be a number, not {value}", {"value": repr(value)})
    exact = Decimal(value)
    if not 0 <= exact <= 100:
        raise PydanticCustomError("out-of-range", "must lie between 0 and 100, not {value}", {"value": str(value)})
    return exact


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("not-a-count", "must be a whole number, not {value}", {"value": repr(value)})
    if value < 0:
        raise PydanticCustomError("negative", "must not be negative, not {value}", {"value": str(value)})
    return value


def _glob(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("empty-pattern", "must not be an empty pattern")
    if isinstance(value, str) and (value.startswith(("/", "./")) or ".." in value.split("/") or "\\" in value):
        words = "must be relative to the repository, with forward slashes, not {value}"
        raise PydanticCustomError("not-relative", words, {"value": repr(value)})
    if isinstance(value, str) and globs.too_many_wildcards(value):
        words = "must have at most two ** before its last part, and three * in a part, not {value}"
        raise PydanticCustomError("too-many-wildcards", words, {"value": repr(value)})
    return value


def _markdown(value: object) -> object:
    if isinstance(value, str) and not value.endswith(".md"):
        raise PydanticCustomError(
            "not-markdown", "must be a Markdown file, ending in .md, not {value}", {"value": value}
        )
    return _glob(value)


def _directory(value: object) -> object:
    found = _glob(value)
    if isinstance(found, str) and posixpath.normpath(found) != found:
        words = "must be written without needless parts, like packages/a, not {value}"
        raise PydanticCustomError("not-plain-path", words, {"value": repr(value)})
    return found


def _words(value: object) -> object:
    if not isinstance(value, str | list):
        raise PydanticCustomError("not-words", "must be text or a list of texts")
    return [value] if isinstance(value, str) else value


_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def _hours(value: object) -> tuple[time, time]:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None or found.group(1, 2) == found.group(3, 4):
        words = "must be two different times of a day like 22:00-07:00, not {value}"
        raise PydanticCustomError("not-hours", words, {"value": repr(value)})
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def zone_of(name: str) -> tzinfo:
    """UTC needs no time zone database. Raises ZoneInfoNotFoundError (a KeyError), ValueError or OSError."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _zone(value: object) -> str:
    words = "must be a time zone that this machine knows, like Europe/Paris, not {value}"
    unknown = PydanticCustomError("not-a-zone", words, {"value": repr(value)})
    if not isinstance(value, str):
        raise unknown
    try:
        zone_of(value)
    except (KeyError, ValueError, OSError):
        raise unknown from None
    return value


Choice = TypeVar("Choice", bound=StrEnum)


def one_of(kind: type[Choice]) -> Callable[[object], Choice]:
    """A validator that turns text into a member and lists all members when it cannot."""
    choices = ", ".join(kind)

    def chosen(value: object) -> Choice:
        member = next((choice for choice in kind if choice == value), None)
        if member is None:
            context = {"choices": choices, "value": repr(value)}
            raise PydanticCustomError("not-a-choice", "must be one of {choices}, not {value}", context)
        return member

    return chosen


Item = TypeVar("Item")

Percent = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})]
Units = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 0})]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
Many = Annotated[tuple[Item, ...], Field(strict=False)]
"""A list of the file; what is in it stays strict."""
Glob = Annotated[str, BeforeValidator(_glob), WithJsonSchema({"type": "string", "minLength": 1})]
MarkdownPath = Annotated[
    str, BeforeValidator(_markdown), WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"\.md$"})
]
Directory = Annotated[str, BeforeValidator(_directory), WithJsonSchema({"type": "string", "minLength": 1})]
Words = Annotated[
    Many[Text],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Globs = Annotated[
    Many[Glob],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Hours = Annotated[
    tuple[time, time], BeforeValidator(_hours), WithJsonSchema({"type": "string", "pattern": f"^{_HOURS.pattern}$"})
]
Zone = Annotated[str, BeforeValidator(_zone)]
