"""What an entry's own columns make it on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.model.verdict import ExceptionState
from covgov.register.entry import Entry, Status
from covgov.register.standing import grievance, label, standing
from covgov_testing.builders.register import COMPLETE, PROPOSED, TODAY

CASES = [
    (COMPLETE, None, ExceptionState.ACTIVE),
    (replace(COMPLETE, status=Status.PROPOSED), None, ExceptionState.ACTIVE),
    (PROPOSED, None, ExceptionState.PROPOSED),
    (replace(PROPOSED, status=Status.ACTIVE), None, ExceptionState.INCOMPLETE),
    (replace(PROPOSED, status=Status.RESOLVED), None, ExceptionState.RESOLVED),
    (replace(COMPLETE, review=TODAY), None, ExceptionState.ACTIVE),
    (replace(COMPLETE, review=TODAY - timedelta(days=1)), None, ExceptionState.OVERDUE),
    (COMPLETE, 90, ExceptionState.ACTIVE),
    (COMPLETE, 89, ExceptionState.OVERLONG),
]


@pytest.mark.parametrize(("entry", "term", "expected"), CASES)
def test_standing(entry: Entry, term: int | None, expected: ExceptionState) -> None:
    assert standing(entry, TODAY, term) is expected


@pytest.mark.parametrize(("entry", "term", "expected"), CASES)
def test_everything_but_active_and_resolved_has_a_reason(
    entry: Entry, term: int | None, expected: ExceptionState
) -> None:
    in_order = expected in (ExceptionState.ACTIVE, ExceptionState.RESOLVED)

    assert (grievance(entry, expected, TODAY, term) == "") is in_order


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.integers(0, 400))
def test_once_overdue_always_overdue(day: date, later: int) -> None:
    if standing(COMPLETE, day, None) is ExceptionState.OVERDUE:
        assert standing(COMPLETE, day + timedelta(days=later), None) is ExceptionState.OVERDUE


def test_a_row_without_an_id_is_called_by_its_scope() -> None:
    assert label(COMPLETE) == "EX-001 (component:auth, combined)"
    assert label(replace(COMPLETE, id="")) == "the row without an id (component:auth, combined)"
