"""What single keys of the policy file may hold: exact numbers, globs, names, one of several words, times of the day."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from covgov.model.ratio import MOST_PLACES
from covgov.policy import globs
from covgov.policy.tables.table import Check, Misfit

PLAIN = re.compile(rf"[0-9]{{1,3}}(?:\.[0-9]{{1,{MOST_PLACES}}})?", re.ASCII)
"""How a percentage is written: no sign, exponent or underscore, and no more digits than anyone can read."""


def number(text: str) -> Decimal | float:
    """A TOML float: exact if it is written plainly, else a float, which no percentage may be (nor any other key)."""
    return Decimal(text) if PLAIN.fullmatch(text.removeprefix("-")) else float(text.replace("_", ""))


def _exact(value: object) -> Decimal:
    if isinstance(value, float):
        raise Misfit(f"must be written as a plain decimal like 92.5, not {value!r}")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Misfit(f"must be a number, not {value!r}")
    exact = Decimal(value)
    if not 0 <= exact <= 100:
        raise Misfit(f"must lie between 0 and 100, not {value}")
    return exact


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misfit(f"must be a whole number, not {value!r}")
    if value < 0:
        raise Misfit(f"must not be negative, not {value}")
    return value


def version_up_to(newest: int) -> Check:
    """Reads the format version of a file; a newer one is refused before any key is read."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misfit("must be a whole number")
        if value < 1:
            raise Misfit("must be at least 1")
        return value

    return Check(read, {"type": "integer", "minimum": 1, "maximum": newest})


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Misfit("must be true or false")
    return value


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Misfit("must be a date like 2026-11-22, without quotes")
    return value


def _any_text(value: object) -> str:
    if not isinstance(value, str):
        raise Misfit("must be text")
    return value


def _text(value: object) -> str:
    if not _any_text(value):
        raise Misfit("must not be empty")
    return str(value)


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _name(value: object) -> str:
    text = _any_text(value)
    if len(text) > 64:
        raise Misfit("is too long for a name: 64 characters at most")
    if not _NAME.fullmatch(text):
        raise Misfit("is not a usable name: a letter or digit, then also dot, dash and underscore")
    return text


def _glob(value: object) -> str:
    text = _any_text(value)
    if not text.strip():
        raise Misfit("must not be an empty pattern")
    if text.startswith(("/", "./")) or ".." in text.split("/") or "\\" in text:
        raise Misfit(f"must be relative to the repository, with forward slashes, not {value!r}")
    if globs.too_many_wildcards(text):
        raise Misfit(f"must have at most two ** before its last part, and three * in a part, not {value!r}")
    return text


def _markdown(value: object) -> str:
    text = _any_text(value)
    if not text.endswith(".md"):
        raise Misfit(f"must be a Markdown file, ending in .md, not {value}")
    return _glob(text)


def _directory(value: object) -> str:
    text = _glob(value)
    if posixpath.normpath(text) != text:
        raise Misfit(f"must be written without needless parts, like packages/a, not {value!r}")
    return text


def _words(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise Misfit("must be text or a list of texts")
    return [value] if isinstance(value, str) else value


def _some(value: object) -> object:
    if value in ([], ()):
        raise Misfit("must not be an empty list")
    return value


_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def _hours(value: object) -> tuple[time, time]:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None or found.group(1, 2) == found.group(3, 4):
        raise Misfit(f"must be two different times of a day like 22:00-07:00, not {value!r}")
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def zone_of(name: str) -> tzinfo:
    """UTC needs no time zone database. Raises ZoneInfoNotFoundError (a KeyError), ValueError or OSError."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _zone(value: object) -> str:
    unknown = Misfit(f"must be a time zone that this machine knows, like Europe/Paris, not {value!r}")
    if not isinstance(value, str):
        raise unknown
    try:
        zone_of(value)
    except (KeyError, ValueError, OSError):
        raise unknown from None
    return value


Choice = TypeVar("Choice", bound=StrEnum)


def one_of(kind: type[Choice]) -> Check:
    """Reads text as a member, and lists all members when it cannot."""

    def chosen(value: object) -> Choice:
        member = next((choice for choice in kind if choice == value), None)
        if member is None:
            raise Misfit(f"must be one of {', '.join(kind)}, not {value!r}")
        return member

    return Check(chosen, {"type": "string", "enum": list(kind)})


Item = TypeVar("Item")

PATTERN: Mapping[str, object] = {"type": "string", "minLength": 1}
WORDS: Mapping[str, object] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

Flag = Annotated[bool, Check(_flag, {"type": "boolean"})]
Day = Annotated[date, Check(_day, {"type": "string", "format": "date"})]
Percent = Annotated[Decimal, Check(_exact, {"type": "number", "minimum": 0, "maximum": 100})]
Units = Annotated[int, Check(_count, {"type": "integer", "minimum": 0})]
Text = Annotated[str, Check(_text, {"type": "string", "minLength": 1})]
Name = Annotated[str, Check(_name, {"type": "string", "pattern": f"^{_NAME.pattern}$", "maxLength": 64})]
Many = tuple[Item, ...]
Glob = Annotated[str, Check(_glob, PATTERN)]
SomeGlobs = Annotated[Many[Glob], Check(_some, {"type": "array", "items": PATTERN, "minItems": 1})]
MarkdownPath = Annotated[str, Check(_markdown, {**PATTERN, "pattern": r"\.md$"})]
Directory = Annotated[str, Check(_directory, PATTERN)]
Words = Annotated[Many[Text], Check(_words, WORDS)]
Globs = Annotated[Many[Glob], Check(_words, WORDS)]
Hours = Annotated[tuple[time, time], Check(_hours, {"type": "string", "pattern": f"^{_HOURS.pattern}$"})]
Zone = Annotated[str, Check(_zone, {"type": "string"})]
