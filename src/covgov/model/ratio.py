"""Ratios as pairs of integers, compared as fractions and rounded only for display.

A gate asks `covered * 100 >= bar * total` with a bar read from text as a Decimal. Shown percentages are floored, so
that
99.996 % is never printed as 100 % and a failing figure never looks like its bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final, Self


class Ratio:
    """`covered` of `total` units. A total of zero is not measurable; it is neither 0 % nor 100 %.

    No dataclass, so that msgspec leaves its spelling to `covgov.model.codec`; summed for every file of a run.
    """

    __slots__ = ("covered", "total")
    __match_args__ = ("covered", "total")

    def __init__(self, covered: int, total: int) -> None:
        if not 0 <= covered <= total:
            raise ValueError(f"a ratio needs 0 <= covered <= total, not {covered}/{total}")
        self.covered: Final = covered
        self.total: Final = total

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ratio):
            return NotImplemented
        return self.covered == other.covered and self.total == other.total

    def __hash__(self) -> int:
        return hash((self.covered, self.total))

    def __repr__(self) -> str:
        return f"Ratio(covered={self.covered}, total={self.total})"

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.covered + other.covered, self.total + other.total)

    @property
    def measurable(self) -> bool:
        return self.total > 0

    @property
    def uncovered(self) -> int:
        return self.total - self.covered

    @property
    def fraction(self) -> Fraction:
        """Exact value in 0..1. Raises ZeroDivisionError when nothing was measured: ask `measurable` first."""
        return Fraction(self.covered, self.total)

    def meets(self, bar: Decimal) -> bool:
        """Whether the exact percentage reaches `bar` (per cent). False when nothing was measured."""
        return self.measurable and self.covered * 100 >= Fraction(bar) * self.total

    def percent(self, precision: int = 2) -> str:
        """Floored percentage without the sign, `79.95`; `-` when nothing was measured."""
        return show(self.fraction * 100, precision) if self.measurable else "-"

    def spelled(self, precision: int = 2) -> str:
        """`1599/2000 = 79.95 %`."""
        return f"{self.covered}/{self.total} = {self.percent(precision)} %"

    def __str__(self) -> str:
        return self.spelled()


ZERO = Ratio(0, 0)

MOST_PLACES = 50
"""Decimals of the finest percentage that a policy may write."""


def show(value: Fraction, precision: int = 2) -> str:
    """`value` floored to `precision` decimals: `-2.000001` shows as `-2.01`, never as the `-2.00` that would pass."""
    scaled = floor(value * 10**precision)
    sign = "-" if scaled < 0 else ""
    whole, part = divmod(abs(scaled), 10**precision)
    return f"{sign}{whole}.{part:0{precision}d}" if precision else f"{sign}{whole}"


def show_signed(value: Fraction, precision: int = 2) -> str:
    """Like `show`, with an explicit plus sign for gains."""
    text = show(value, precision)
    return text if text.startswith("-") else f"+{text}"


class Points(Fraction):
    """Percentage points, exact, with the text that people are shown: floored, unless it was rounded to add up."""

    __slots__ = ("shown",)

    shown: str

    def __new__(cls, value: Fraction, shown: str = "") -> Self:
        self = super().__new__(cls, value)
        self.shown = shown or show_signed(value)
        return self


def apportion(parts: Sequence[Fraction], precision: int = 2) -> list[Fraction]:
    """Round parts to `precision` decimals so that they add up to their floored sum (largest remainder).

    Ties go to the earlier part. The result is a list of exact multiples of 10**-precision, in the order given.
    """
    unit = 10**precision
    scaled = [part * unit for part in parts]
    floors = [floor(value) for value in scaled]
    missing = floor(sum(scaled, Fraction(0))) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (floors[i] - scaled[i], i))
    for index in by_remainder[:missing]:
        floors[index] += 1
    return [Fraction(value, unit) for value in floors]
