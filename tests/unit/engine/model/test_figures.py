from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from msgspec import structs

from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.snapshot import TestRun
from covgov.model.verdict import Effect, PatchRow, ReceiptLine, SuiteLine, Verdict
from covgov_testing.builders import verdict as build


@given(build.ratios, st.decimals(0, 100, places=4))
def test_a_shown_percentage_is_below_its_bar_exactly_when_the_figure_is(ratio: Ratio, bar: Decimal) -> None:
    shown = words.percent(ratio, bar)
    if ratio.measurable:
        assert (Decimal(shown.removesuffix(" %")) >= bar) == ratio.meets(bar)
    else:
        assert shown == "-"


@given(build.ratios, st.decimals(0, 100, places=2))
def test_a_figure_prints_less_than_its_bar_exactly_when_it_misses_it(ratio: Ratio, bar: Decimal) -> None:
    assert ("<" in words.now(ratio, bar)) == (ratio.measurable and not ratio.meets(bar))


def test_a_failing_figure_prints_the_fraction() -> None:
    assert words.now(Ratio(1599, 2000), Decimal(80)) == snapshot("1599/2000 = 79.95 % < 80 %")


def test_what_is_not_measured_is_neither_zero_nor_a_hundred() -> None:
    assert words.now(None, Decimal(80)) == snapshot("not measured")
    assert words.now(Ratio(0, 0), Decimal(80)) == snapshot("nothing to measure (0 units)")
    assert (words.percent(None), words.bar(None), words.tests(None)) == ("-", "-", "-")


def test_a_bar_is_printed_digit_by_digit() -> None:
    assert words.bar(Decimal("9E+1")) == "90 %"
    assert words.bar(Decimal("79.50")) == "79.50 %"


@pytest.mark.parametrize(
    ("bar", "places"), [(None, 2), ("90", 2), ("90.5", 2), ("90.1234", 4), ("NaN", 2), ("1E-3000000", 50)]
)
def test_precision_follows_the_bar_but_never_below_two_places(bar: str | None, places: int) -> None:
    assert words.precision(None if bar is None else Decimal(bar)) == places


def test_figures_of_failed_tests_are_marked_as_partial() -> None:
    assert words.row_now(build.row(partial=True)).endswith("(partial: tests failed)")
    assert "partial" not in words.row_now(build.row())


def test_a_change_names_its_causes_and_what_counts_for_max_drop_if_that_differs() -> None:
    row = build.row(delta=build.drop())
    assert words.change(row, {}) == snapshot("-5.00 pp = -5.00 new uncovered code")
    assert words.change(row, {"api": Fraction(-5)}) == words.change(row, {})
    assert words.change(row, {"api": Fraction(-4)}).endswith("; -4.00 pp counts for max_drop")
    assert words.change(build.row(), {}) == words.short_change(build.row()) == "-"
    assert words.short_change(row) == "-5.00 pp"


def test_a_change_that_cannot_be_compared_has_no_figure() -> None:
    delta = structs.replace(build.drop(), points=None, parts=(), words="not comparable: nothing is measured")
    row = build.row(delta=delta)
    assert words.change(row, {"api": Fraction(0)}) == "not comparable: nothing is measured"
    assert words.short_change(row) == "not comparable"
    assert words.short_change(build.row(delta=structs.replace(build.drop(), points=Fraction(0)))) == "no change"


def test_the_receipt_names_commit_reason_distance_and_age() -> None:
    told = words.receipt(build.RECEIPT)
    assert told == snapshot("abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)")
    assert words.receipt(ReceiptLine("abc", 1, 1, "x")) == snapshot("abc (x; 1 commit back, 1 day old)")
    assert words.receipt(build.NO_RECEIPT) == snapshot("none (first run: there is no history yet)")


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (TestRun(0, 12, 0, 0, 2, 3.25), snapshot("10 passed, 2 skipped in 3.2 s")),
        (TestRun(1, 12, 1, 2, 0, 1.0), snapshot("1 failed, 2 errored, 9 passed in 1.0 s")),
        (TestRun(0), snapshot("no tests counted in 0.0 s")),
        (TestRun(4, 3), snapshot("3 passed in 0.0 s, test command exited with 4")),
    ],
)
def test_tests_are_counted_by_how_they_ended(run: TestRun, told: str) -> None:
    assert words.tests(run) == told


def test_a_suite_that_did_not_arrive_says_why() -> None:
    assert words.suite(SuiteLine("api", False, "no file")) == snapshot("did not arrive: no file")
    assert words.suite(SuiteLine("api", False)) == snapshot("did not arrive: no snapshot")


def test_a_row_shows_the_tests_of_its_own_suite() -> None:
    verdict = build.verdict(suites=(SuiteLine("auth", False), SuiteLine("api", True, tests=TestRun(0, 1))))
    assert words.suite_of(verdict, build.row("api")) == snapshot("1 passed in 0.0 s")
    assert words.suite_of(verdict, build.row("other")) == "-"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (None, snapshot("no diff to look at")),
        (PatchRow(None, None, 0), snapshot("no diff to look at")),
        (PatchRow(Ratio(0, 0), Decimal(90), 0), snapshot("no measurable line changed")),
        (PatchRow(Ratio(9, 10), None, 0), snapshot("9/10 = 90.00 %")),
        (PatchRow(Ratio(9, 10), Decimal(90), 0), snapshot("9/10 = 90.00 % (bar 90 %)")),
        (
            PatchRow(Ratio(8, 10), Decimal(90), 1),
            snapshot("8/10 = 80.00 % < 90 % (1 uncovered unit allowed)"),
        ),
    ],
)
def test_the_patch_is_told_with_its_bar_and_allowance(row: PatchRow | None, told: str) -> None:
    assert words.patch(row) == told


def test_of_only_some_suites_no_patch_is_told() -> None:
    assert words.patch(PatchRow(None, None, 0), whole=False) == snapshot("judged with all suites")


def test_findings_are_counted_by_what_they_do() -> None:
    found = (
        build.finding(),
        build.finding(waived_by="EX-1"),
        build.finding(effect=Effect.UNDETERMINED),
        build.finding(effect=Effect.NOTE),
        build.finding(effect=Effect.NOTE),
    )
    assert words.counts(build.verdict(*found)) == snapshot("1 failing, 1 undetermined, 1 waived, 2 notes")
    assert words.counts(build.verdict()) == snapshot("no findings")


@given(build.verdicts())
def test_every_finding_is_counted_once(verdict: Verdict) -> None:
    told = words.counts(verdict)
    numbers = [int(part.split()[0]) for part in told.split(", ")] if verdict.findings else [0]
    assert sum(numbers) == len(verdict.findings)
