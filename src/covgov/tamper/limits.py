"""Limits of bars against each other: in which of them one bar is weaker than another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from covgov.model.loosening import Loosening
from covgov.policy.bars import LIMITS, Bar, limit_of, spelled

Limit = Decimal | int
UNENFORCED = "no longer enforced"


def weaker(old: Bar, same: Iterable[Bar]) -> Iterator[Loosening]:
    """Every limit of `old` that none of the bars in its place sets as strictly. A bar that is only evaluated demands
    nothing."""
    same = tuple(same)
    enforced = [bar for bar in same if bar.enforced]
    for limit in LIMITS if old.enforced else ():
        before, after = limit_of(old, limit), strictest(limit, enforced)
        if before is None or not laxer(limit, after, before):
            continue
        key = old.key if limit == "min" else f"{old.key}.{limit}"
        if laxer(limit, strictest(limit, same), before):
            yield moved(key, "lowered" if limit == "min" else "raised", before, after)
        else:
            yield Loosening(key, UNENFORCED)


def strictest(limit: str, bars: Iterable[Bar]) -> Limit | None:
    """Of one limit, among bars that are all in force."""
    values = [value for bar in bars if (value := limit_of(bar, limit)) is not None]
    return (max if limit == "min" else min)(values, default=None)


def laxer(limit: str, value: Limit | None, than: Limit) -> bool:
    """Whether more passes under `value`; None limits nothing."""
    return value is None or (value < than if limit == "min" else value > than)


def moved(key: str, how: str, before: Limit, after: Limit | None) -> Loosening:
    """A figure that went the wrong way."""
    return Loosening(key, f"{how} from {figure(before)} to {'nothing' if after is None else figure(after)}")


def figure(value: Limit) -> str:
    """As it was written: no exponent, no rounding."""
    return spelled(value) if isinstance(value, Decimal) else str(value)
