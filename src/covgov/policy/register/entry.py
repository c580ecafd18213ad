"""The exception register as values. The Markdown table is the truth; these are its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from covgov.model.snapshot import Metric
from covgov.model.verdict import Scope


class Status(StrEnum):
    """The machine's column: what a row is. Whether it waives is computed, never stored."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. Machine columns first (`current` is the text last written), people's columns after.

    scope + subject are spelled `component:auth` or `file:src/x.py`; a file entry waives only that file's bars.
    """

    id: str
    scope: Scope
    subject: str
    metric: Metric
    floor: Decimal | None
    current: str
    bar: Decimal | None
    status: Status
    opened: date | None
    resolved: date | None
    owner: str = ""
    rationale: str = ""
    mitigation: str = ""
    review: date | None = None
    approved_by: str = ""
    approved_on: date | None = None

    @property
    def absent(self) -> tuple[str, ...]:
        """The people's columns that are still empty; an entry waives only when there are none."""
        named = {
            "owner": self.owner,
            "rationale": self.rationale,
            "mitigation": self.mitigation,
            "next review": self.review,
            "approved by": self.approved_by,
            "approved on": self.approved_on,
        }
        return tuple(name for name, value in named.items() if not value)


@dataclass(frozen=True, slots=True)
class Register:
    """The entries in file order, inside the file's text. `text` is the whole file as read ("" = there is no file
    yet)."""

    path: str
    text: str
    entries: tuple[Entry, ...] = ()
