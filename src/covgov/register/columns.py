"""The register's columns: how each is read from a cell and written to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from covgov.model.snapshot import Metric
from covgov.model.verdict import Scope
from covgov.register.entry import ENTRY_SCOPES, PLACEHOLDERS, Entry, Status

MACHINE = ("id", "scope", "metric", "floor", "current", "bar", "status", "opened", "resolved")
PEOPLE = ("owner", "rationale", "mitigation", "next review", "approved by", "approved on")
COLUMNS = (*MACHINE, *PEOPLE)

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*%?")
_MARKDOWN = re.compile(r"[*<\[&~\\]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


class CellError(ValueError):
    """A cell that cannot be read: the column's name and what is wrong."""


def entry_of(cells: Mapping[str, str]) -> Entry:
    """The entry that a row spells. Machine columns but the scope may be empty in a row that a person added.

    Raises CellError for the first cell that cannot be read.
    """

    def read(column: str, how: Callable[[str], T]) -> T:
        try:
            return how(cells[column])
        except ValueError as error:
            raise CellError(f"{column}: {error}") from None

    scope, subject = read("scope", _scope)
    return Entry(
        id=read("id", _id),
        scope=scope,
        subject=subject,
        metric=read("metric", lambda text: _word(text, Metric.COMBINED)),
        floor=read("floor", _percentage),
        current=cells["current"],
        bar=read("bar", _percentage),
        status=read("status", lambda text: _word(text, Status.PROPOSED)),
        opened=read("opened", _day),
        resolved=read("resolved", _day),
        owner=cells["owner"],
        rationale=cells["rationale"],
        mitigation=cells["mitigation"],
        review=read("next review", _day),
        approved_by=cells["approved by"],
        approved_on=read("approved on", _day),
    )


def cells_of(entry: Entry) -> dict[str, str]:
    """The canonical text of every column: equal values give equal text. Inverse of `entry_of`."""
    return {
        "id": entry.id,
        "scope": _quoted(entry.spelled),
        "metric": entry.metric,
        "floor": _decimal(entry.floor),
        "current": entry.current,
        "bar": _decimal(entry.bar),
        "status": entry.status,
        "opened": str(entry.opened or ""),
        "resolved": str(entry.resolved or ""),
        "owner": entry.owner,
        "rationale": entry.rationale,
        "mitigation": entry.mitigation,
        "next review": str(entry.review or ""),
        "approved by": entry.approved_by,
        "approved on": str(entry.approved_on or ""),
    }


def storable(subject: str) -> bool:
    """Whether a subject survives being written into a cell and read again."""
    return subject.isprintable() and " ".join(subject.split()) == subject and _refused(subject) == ""


def _id(text: str) -> str:
    if text in PLACEHOLDERS:
        return ""
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is not an id like EX-001 (leave it empty to have one assigned)")
    return text


def _scope(text: str) -> tuple[Scope, str]:
    bare = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "`" and "`" not in text[1:-1] else text
    kind, colon, subject = (part.strip() for part in bare.partition(":"))
    if not colon or kind not in ENTRY_SCOPES:
        raise ValueError(f"{text!r} is none of `component:NAME`, `file:PATH` and `policy:KEY`")
    if why := _refused(subject):
        raise ValueError(f"{text!r}: {why}")
    return Scope(kind), subject


def _refused(subject: str) -> str:
    if not subject:
        return "the name or path is missing"
    if subject.startswith(("/", "./")) or ".." in subject.split("/"):
        return "the path must be relative to the repository's root, without `./` or `..`"
    return ""


def _word(text: str, default: Word) -> Word:
    if text in PLACEHOLDERS:
        return default
    try:
        return type(default)(text.casefold())
    except ValueError:
        raise ValueError(f"{text!r} is none of {', '.join(type(default))}") from None


def _percentage(text: str) -> Decimal | None:
    if text in PLACEHOLDERS:
        return None
    match = _NUMBER.fullmatch(text)
    if not match or (value := Decimal(match[1])) > 100:
        raise ValueError(f"{text!r} is not a percentage from 0 to 100")
    return value


def _day(text: str) -> date | None:
    if text.casefold() in PLACEHOLDERS:
        return None
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{text!r} is not a date like 2026-11-22")


def _decimal(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(spelled: str) -> str:
    """As code when Markdown would otherwise read emphasis or a link into it (`src/__init__.py`)."""
    return f"`{spelled}`" if _MARKDOWN.search(spelled) and "`" not in spelled else spelled
