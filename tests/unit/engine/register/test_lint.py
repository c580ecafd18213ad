"""What lint finds without measuring anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from covgov.register.entry import Entry, Status
from covgov.register.lint import problems
from covgov_testing.builders.register import COMPLETE, POLICY, PROPOSED, TODAY, register, with_term


def test_a_complete_entry_in_date_has_no_problem() -> None:
    assert problems(register(COMPLETE), POLICY, TODAY) == ()


CASES: dict[str, Entry] = {
    "incomplete": PROPOSED,
    "overdue": replace(COMPLETE, review=date(2026, 11, 21)),
    "future-date": replace(COMPLETE, approved_on=date(2026, 11, 23)),
    "unknown-component": replace(COMPLETE, subject="ledger"),
    "floor-above-bar": replace(COMPLETE, floor=Decimal(93)),
}


@pytest.mark.parametrize("code", CASES)
def test_each_problem_is_found_and_names_the_entry(code: str) -> None:
    (problem,) = problems(register(CASES[code]), POLICY, TODAY)

    assert (problem.code, problem.entry.id) == (code, "EX-001")
    assert "EX-001" in problem.message


def test_a_row_somebody_emptied_is_incomplete_too() -> None:
    (problem,) = problems(register(replace(COMPLETE, owner="")), POLICY, TODAY)

    assert (problem.code, "owner" in problem.message) == ("incomplete", True)


def test_a_term_longer_than_the_policy_allows_is_found() -> None:
    strict = with_term(30)

    assert [problem.code for problem in problems(register(COMPLETE), strict, TODAY)] == ["overlong"]


def test_an_entry_may_have_several_problems() -> None:
    entry = replace(COMPLETE, subject="ledger", review=date(2026, 1, 1), opened=date(2027, 1, 1))

    assert [p.code for p in problems(register(entry), POLICY, TODAY)] == ["overdue", "future-date", "unknown-component"]


@pytest.mark.parametrize("entry", CASES.values())
def test_resolved_rows_are_history(entry: Entry) -> None:
    assert problems(register(replace(entry, status=Status.RESOLVED)), POLICY, TODAY) == ()
