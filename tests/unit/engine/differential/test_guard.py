from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgov.differential.guard import MovedUnits, judge
from covgov.model.change import Category, Tally
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov_testing.edits import LAW

BEFORE = {Category.CBC, Category.UBC, Category.GBC, Category.LBC} | {
    Category.ECB,
    Category.EUB,
    Category.DCB,
    Category.DUB,
}
AFTER = set(Category) - {Category.ECB, Category.EUB, Category.DCB, Category.DUB}
WAS_COVERED = {Category.CBC, Category.LBC, Category.ECB, Category.DCB}
IS_COVERED = {Category.CBC, Category.GBC, Category.GIC, Category.GNC}


@dataclass(frozen=True)
class Case:
    tally: Tally
    base: Ratio
    head: Ratio

    @property
    def plain(self) -> Fraction:
        return (self.head.fraction - self.base.fraction) * 100

    def judged(self, moved: MovedUnits = MovedUnits(), masked: int = 0) -> Fraction:  # noqa: B008 - frozen
        return judge(self.tally, self.base, self.head, Metric.LINE, moved, masked)


def case(counts: Mapping[Category, int], moved: MovedUnits = MovedUnits()) -> Case:  # noqa: B008 - frozen
    """Both ratios follow from the units by category and those that moved."""

    def add(wanted: set[Category]) -> int:
        return sum(counts.get(c, 0) for c in wanted)

    base = Ratio(add(WAS_COVERED & BEFORE) + moved.out_covered, add(BEFORE) + moved.out_covered + moved.out_uncovered)
    head = Ratio(add(IS_COVERED & AFTER) + moved.in_covered, add(AFTER) + moved.in_covered + moved.in_uncovered)
    return Case(Tally(lines=counts), base, head)


def counts_of(*categories: Category) -> st.SearchStrategy[dict[Category, int]]:
    return st.fixed_dictionaries({c: st.integers(0, 40) for c in categories})


def measurable(found: Case) -> Case:
    assume(found.base.measurable and found.head.measurable)
    return found


C = Category


def test_reformatting_fifty_of_six_hundred_uncovered_lines_is_no_change() -> None:
    found = case({C.CBC: 5400, C.UBC: 550, C.DUB: 50, C.UNC: 50})
    assert found.plain == found.judged() == 0


def test_losing_twenty_five_lines_inside_five_hundred_rewritten_ones_is_two_and_a_half_points() -> None:
    found = case({C.CBC: 400, C.UBC: 100, C.DCB: 500, C.GNC: 475, C.UNC: 25})
    assert found.judged() == found.plain == Fraction(-5, 2)


def test_deleting_well_covered_code_is_judged_zero_though_the_ratio_falls() -> None:
    found = case({C.CBC: 800, C.UBC: 100, C.DCB: 100})
    assert found.plain < -1
    assert found.judged() == 0


def test_deleting_uncovered_code_does_not_pay_for_lost_lines() -> None:
    found = case({C.CBC: 870, C.LBC: 30, C.UBC: 50, C.DUB: 50})
    assert found.plain > -2
    assert found.judged() == Fraction(-30 * 100, 950)


def test_half_of_a_rewrite_that_shrinks_is_a_rewrite_and_half_a_deletion() -> None:
    found = case({C.CBC: 900, C.DCB: 100, C.UNC: 50})
    assert found.judged() == Fraction(-50 * 100, 950)


@LAW
@given(counts_of(C.CBC, C.UBC, C.DCB, C.DUB))
def test_a_pure_deletion_judges_zero(counts: dict[Category, int]) -> None:
    assert measurable(case(counts)).judged() == 0


REWRITE = counts_of(*(set(Category) - {C.EUB}))


@LAW
@given(REWRITE)
def test_as_much_added_as_deleted_judges_the_plain_delta(counts: dict[Category, int]) -> None:
    missing = counts[C.DCB] + counts[C.DUB] - counts[C.GNC] - counts[C.UNC]
    found = measurable(case({**counts, C.GNC: counts[C.GNC] + max(0, missing)}))
    assert found.judged() == found.plain


@LAW
@given(counts_of(*Category))
def test_excluding_uncovered_code_judges_as_if_it_still_counted(counts: dict[Category, int]) -> None:
    """The same loss in units, over a head without the excluded ones: never milder, never a loss turned into a gain."""
    excluded = measurable(case(counts))
    counted = case({**counts, C.UBC: counts[C.UBC] + counts[C.EUB], C.EUB: 0})
    assert excluded.judged() * excluded.head.total == counted.judged() * counted.head.total
    assert excluded.judged() <= counted.judged() or counted.judged() > 0


@LAW
@given(counts_of(*Category), st.integers(0, 40))
def test_excluding_uncovered_code_by_editing_its_lines_judges_as_if_it_still_counted(
    counts: dict[Category, int], rewritten: int
) -> None:
    hidden = measurable(case({**counts, C.DUB: counts[C.DUB] + rewritten}))
    counted = case({**counts, C.DUB: counts[C.DUB] + rewritten, C.UNC: counts[C.UNC] + rewritten})
    assert hidden.judged(masked=rewritten) * hidden.head.total == counted.judged() * counted.head.total


@pytest.mark.security
def test_fifty_lines_edited_to_carry_an_exclusion_do_not_pay_for_thirty_lost_ones() -> None:
    """Without `masked` this drop judges +2.00: as many covered lines came as uncovered ones "went"."""
    found = case({C.CBC: 870, C.LBC: 30, C.UBC: 50, C.DUB: 50, C.GNC: 50})
    assert found.judged() == 2
    assert found.judged(masked=50) == Fraction(-5, 2)


@LAW
@given(counts_of(*Category))
def test_counting_deletions_judges_the_plain_delta(counts: dict[Category, int]) -> None:
    found = measurable(case(counts))
    assert judge(found.tally, found.base, found.head, Metric.LINE, count_deletions=True) == found.plain


@LAW
@given(counts_of(C.CBC, C.UBC), st.integers(0, 40), st.integers(0, 40))
def test_code_that_only_moved_out_judges_zero(counts: dict[Category, int], covered: int, uncovered: int) -> None:
    moved = MovedUnits(out_covered=covered, out_uncovered=uncovered)
    assert measurable(case(counts, moved)).judged(moved) == 0


def test_uncovered_code_moved_in_is_judged_like_new_uncovered_code() -> None:
    moved = MovedUnits(in_uncovered=100)
    found = case({C.CBC: 900}, moved)
    assert found.judged(moved) == found.plain == -10


@LAW
@given(counts_of(*(set(Category) - {C.EUB})), st.integers(0, 40), st.integers(0, 40))
def test_as_much_moved_in_as_deleted_judges_the_plain_delta(
    counts: dict[Category, int], covered: int, uncovered: int
) -> None:
    gone = counts[C.DCB] + counts[C.DUB]
    moved = MovedUnits(in_covered=covered, in_uncovered=max(uncovered, gone - covered))
    found = measurable(case(counts, moved))
    assert found.judged(moved) == found.plain


def test_only_the_asked_metric_counts() -> None:
    tally = Tally(lines={C.CBC: 80, C.DCB: 10, C.UBC: 10}, exits={C.CBC: 5, C.LBC: 5})
    assert judge(tally, Ratio(90, 100), Ratio(80, 90), Metric.LINE) == 0
    assert judge(tally, Ratio(10, 10), Ratio(5, 10), Metric.BRANCH) == -50
