"""The state of an entry on a given day, from its own columns alone."""

from __future__ import annotations

from datetime import date

from covgov.model.verdict import ExceptionState, Scope
from covgov.register.entry import Entry, Status


def standing(entry: Entry, today: date, max_term_days: int | None) -> ExceptionState:
    """RESOLVED, PROPOSED, INCOMPLETE, OVERDUE, OVERLONG or ACTIVE.

    A review date holds to the end of its day (23:59:59 UTC of `today`). The term runs from the approval to the review;
    an approval dated in the future does not shorten it.
    """
    if entry.status is Status.RESOLVED:
        return ExceptionState.RESOLVED
    if entry.absent or entry.review is None or entry.approved_on is None:
        return ExceptionState.PROPOSED if entry.status is Status.PROPOSED else ExceptionState.INCOMPLETE
    if entry.review < today:
        return ExceptionState.OVERDUE
    term = (entry.review - min(entry.approved_on, today)).days
    if max_term_days is not None and term > max_term_days:
        return ExceptionState.OVERLONG
    return ExceptionState.ACTIVE


def label(entry: Entry) -> str:
    """How messages call an entry: `EX-001 (component:auth, combined)`."""
    figure = entry.spelled if entry.scope is Scope.POLICY else f"{entry.spelled}, {entry.metric}"
    return f"{entry.id} ({figure})" if entry.id else f"the row without an id ({figure})"


def grievance(entry: Entry, state: ExceptionState, today: date, max_term_days: int | None) -> str:
    """Why an entry in this state waives nothing, as one line; "" when its columns are in order."""
    match state:
        case ExceptionState.PROPOSED | ExceptionState.INCOMPLETE:
            return f"{label(entry)}: these columns are empty: {', '.join(entry.absent)}"
        case ExceptionState.OVERDUE:
            return f"{label(entry)}: its review date {entry.review} has passed"
        case ExceptionState.OVERLONG:
            return (
                f"{label(entry)}: its review date {entry.review} is more than {max_term_days} days after its approval"
                f" ({entry.approved_on}), the limit of register.max_term_days"
            )
        case _:
            return ""
