"""Limits of bars against each other: the stricter of two, and in which of them one is weaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from covgov.model.loosening import Loosening
from covgov.policy.bar import Bar
from covgov.policy.bars import spelled

Ordered = TypeVar("Ordered", Decimal, int, date)


def joined(one: Bar, other: Bar) -> Bar:
    """One bar as strict as both; it keeps the first one's key."""
    return replace(
        one,
        min=most(one.min, other.min),
        max=least(one.max, other.max),
        max_uncovered=least(one.max_uncovered, other.max_uncovered),
    )


def weaker(old: Bar, same: Iterable[Bar]) -> Iterator[Loosening]:
    """Every limit of `old` that the bars which stand in its place, all of them in force, do not hold."""
    now = replace(old, min=None, max=None, max_uncovered=None)
    for bar in same:
        now = joined(now, bar)
    key = old.key
    if old.min is not None and (now.min is None or now.min < old.min):
        yield moved(key, "lowered", old.min, now.min)
    if old.max is not None and (now.max is None or now.max > old.max):
        yield moved(f"{key}.max", "raised", old.max, now.max)
    if old.max_uncovered is not None and (now.max_uncovered is None or now.max_uncovered > old.max_uncovered):
        yield moved(f"{key}.max_uncovered", "raised", old.max_uncovered, now.max_uncovered)


def moved(key: str, how: str, before: Decimal | int, after: Decimal | int | None) -> Loosening:
    """A figure that went the wrong way."""
    return Loosening(key, f"{how} from {figure(before)} to {'nothing' if after is None else figure(after)}")


def figure(value: Decimal | int) -> str:
    """As it was written: no exponent, no rounding."""
    return spelled(value) if isinstance(value, Decimal) else str(value)


def most(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The greater one of what is set."""
    return max((value for value in (one, other) if value is not None), default=None)


def least(one: Ordered | None, other: Ordered | None) -> Ordered | None:
    """The smaller one of what is set."""
    return min((value for value in (one, other) if value is not None), default=None)
