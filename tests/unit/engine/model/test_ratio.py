from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.model.ratio import ZERO, Ratio, apportion, show, show_signed

RATIOS = st.integers(0, 10**9).flatmap(lambda total: st.integers(0, total).map(lambda covered: Ratio(covered, total)))
FRACTIONS = st.fractions(min_value=-200, max_value=200)
PRECISION = st.integers(0, 5)


@pytest.mark.parametrize(("covered", "total"), [(2, 1), (-1, 1), (-2, -1), (1, 0)])
def test_impossible_counts_are_refused(covered: int, total: int) -> None:
    with pytest.raises(ValueError, match="0 <= covered <= total"):
        Ratio(covered, total)


def test_nothing_measured_is_neither_zero_nor_a_hundred_per_cent() -> None:
    assert not ZERO.measurable
    assert not ZERO.meets(Decimal(0))
    assert str(ZERO) == "0/0 = - %"
    with pytest.raises(ZeroDivisionError):
        _ = ZERO.fraction


def test_a_bar_is_met_exactly_or_not_at_all() -> None:
    assert not Ratio(1599, 2000).meets(Decimal(80))
    assert Ratio(1600, 2000).meets(Decimal(80))
    assert Ratio(1599, 2000).meets(Decimal("79.95"))
    assert Ratio(1, 3).meets(Decimal("33.3333333333333333333333333333"))
    assert not Ratio(1, 3).meets(Decimal("33.3333333333333333333333333334"))


def test_text_shows_the_fraction_and_the_floored_percentage() -> None:
    assert str(Ratio(1599, 2000)) == "1599/2000 = 79.95 %"
    assert Ratio(99_999_999, 100_000_000).percent() == "99.99"
    assert Ratio(2, 3).percent(0) == "66"


@given(RATIOS, RATIOS)
def test_ratios_add_unit_by_unit(one: Ratio, other: Ratio) -> None:
    both = one + other
    assert (both.covered, both.uncovered) == (one.covered + other.covered, one.uncovered + other.uncovered)


@given(RATIOS.filter(lambda ratio: ratio.measurable), PRECISION)
def test_a_shown_percentage_is_always_met(ratio: Ratio, precision: int) -> None:
    shown = Decimal(ratio.percent(precision))
    assert ratio.meets(shown)
    assert not ratio.meets(shown + Decimal(1).scaleb(-precision))


@given(FRACTIONS, PRECISION)
def test_showing_floors(value: Fraction, precision: int) -> None:
    shown = Fraction(show(value, precision))
    assert shown <= value < shown + Fraction(1, 10**precision)


def test_a_drop_just_over_the_limit_never_looks_like_the_limit() -> None:
    assert show(Fraction("-2.000001")) == "-2.01"
    assert show(Fraction("-2")) == "-2.00"
    assert show(Fraction("-0.5"), 0) == "-1"
    assert [show_signed(Fraction(v)) for v in ("0.129", "0", "-0.5")] == ["+0.12", "+0.00", "-0.50"]


@given(st.lists(FRACTIONS, max_size=12), PRECISION)
def test_apportioned_parts_add_up_to_their_floored_sum_and_stay_close(parts: list[Fraction], precision: int) -> None:
    shares = apportion(parts, precision)
    assert sum(shares, Fraction(0)) == Fraction(show(sum(parts, Fraction(0)), precision))
    assert all(abs(share - part) < Fraction(1, 10**precision) for share, part in zip(shares, parts, strict=True))


def test_the_largest_remainder_is_rounded_up_and_ties_go_to_the_earlier_part() -> None:
    assert apportion([Fraction("0.5"), Fraction("0.5")], 0) == [1, 0]
    assert apportion([Fraction("0.2"), Fraction("0.8")], 0) == [0, 1]
