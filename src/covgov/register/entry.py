"""The exception register as values. The Markdown table is the truth; these are its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from covgov.model.snapshot import Metric
from covgov.model.verdict import Scope

ENTRY_SCOPES = (Scope.COMPONENT, Scope.FILE, Scope.POLICY)
"""What an exception can be about: a figure of a component or a file, or a loosening of the policy."""

PLACEHOLDERS = frozenset({"", "-", "–", "—", "?", "...", "…", "tbd", "todo", "n/a", "none"})
"""What people write into a column that they have not filled in yet (compared without case)."""

Key = tuple[Scope, str, Metric]
"""Scope, subject and metric: which figure an exception is about."""


class Status(StrEnum):
    """The machine's column: what a row is. Whether it waives is computed, never stored."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. Machine columns first (`current` is the text last written), people's columns after.

    scope + subject are spelled `component:auth`, `file:src/x.py` or `policy:components.auth.fail_under`; a file entry
    waives only that file's bars, a policy entry only loosenings under that key.
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
    def key(self) -> Key:
        return (self.scope, self.subject, self.metric)

    @property
    def spelled(self) -> str:
        """The scope column: `component:auth`, `file:src/x.py`."""
        return f"{self.scope}:{self.subject}"

    @property
    def open(self) -> bool:
        """Whether the entry can still waive something: at most one open entry exists per key."""
        return self.status is not Status.RESOLVED

    @property
    def absent(self) -> tuple[str, ...]:
        """The columns that an entry needs in order to waive and that are still empty, or hold a placeholder."""
        named = {
            "id": self.id,
            "floor": "" if self.floor is None and self.scope is not Scope.POLICY else f"floor {self.floor}",
            "owner": self.owner,
            "rationale": self.rationale,
            "mitigation": self.mitigation,
            "next review": str(self.review or ""),
            "approved by": self.approved_by,
            "approved on": str(self.approved_on or ""),
        }
        return tuple(name for name, value in named.items() if value.strip().casefold() in PLACEHOLDERS)


@dataclass(frozen=True, slots=True)
class Register:
    """The entries in file order, inside the file's text. `text` is the whole file as read ("" = there is no file
    yet)."""

    path: str
    text: str
    entries: tuple[Entry, ...] = ()
