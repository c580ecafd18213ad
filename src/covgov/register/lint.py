"""What is wrong with the register on a given day, without measuring anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from covgov.model.verdict import ExceptionState, Scope
from covgov.register.entry import Entry, Register
from covgov.register.standing import grievance, label, standing

if TYPE_CHECKING:
    from covgov.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Problem:
    """code: `overdue`, `incomplete`, `overlong`, `future-date`, `unknown-component`, `floor-above-bar`."""

    code: str
    entry: Entry
    message: str


def problems(register: Register, policy: Policy, today: date) -> tuple[Problem, ...]:
    """Every problem of every open entry, in file order. Resolved rows are history and have none."""
    return tuple(problem for entry in register.entries if entry.open for problem in _of(entry, policy, today))


def _of(entry: Entry, policy: Policy, today: date) -> Iterator[Problem]:
    term = policy.exceptions.max_term_days
    state = standing(entry, today, term)
    if why := grievance(entry, state, today, term):
        code = ExceptionState.INCOMPLETE if state is ExceptionState.PROPOSED else state
        yield Problem(code, entry, why)
    for name, day in (("opened", entry.opened), ("approved on", entry.approved_on)):
        if day is not None and day > today:
            yield Problem("future-date", entry, f"{label(entry)}: {name} {day} is after today ({today})")
    if entry.scope is Scope.COMPONENT and entry.subject not in policy.components:
        yield Problem("unknown-component", entry, f"{label(entry)}: the policy has no component {entry.subject}")
    if entry.floor is not None and entry.bar is not None and entry.floor > entry.bar:
        yield Problem("floor-above-bar", entry, f"{label(entry)}: the floor {entry.floor} is above the bar {entry.bar}")
