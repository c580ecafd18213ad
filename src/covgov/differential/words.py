"""One sentence for a delta, whose printed parts add up to its printed total."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from covgov.model.change import Category, Cause, Delta, Part
from covgov.model.ratio import apportion, show, show_signed
from covgov.model.snapshot import Metric


def in_words(delta: Delta, precision: int = 2) -> str:
    """`-2.31 pp = -1.80 new uncovered code, -0.63 tests no longer reach 41 lines, +0.12 deleted uncovered code`.

    Parts are rounded by largest remainder to `precision` decimals; parts that are exactly 0 are not told. A delta that
    does not exist says why.
    """
    if delta.points is None:
        return f"not comparable: {_incomparable(delta)}"
    total = f"{show_signed(delta.points, precision)} pp"
    told = [part for part in delta.parts if part.points]
    if not told:
        return f"{total}, no cause to tell"
    shown = apportion([part.points for part in told], precision)
    return f"{total} = " + ", ".join(
        f"{_signed(part, value, precision)} {_cause(part, delta)}" for part, value in zip(told, shown, strict=True)
    )


def _incomparable(delta: Delta) -> str:
    if not delta.head.measurable:
        return "nothing is measured at the head"
    return f"nothing was measured in the baseline, all {_units(delta.head.total, 'unit')} are new"


def _signed(part: Part, value: Fraction, precision: int) -> str:
    """The rounded share under the sign of the exact one, so that a small loss never reads as a gain."""
    return f"{'-' if part.points < 0 else '+'}{show(abs(value), precision)}"


def _cause(part: Part, delta: Delta) -> str:
    match part.cause:
        case Cause.NEW_COVERED:
            return "new covered code"
        case Cause.NEW_UNCOVERED:
            return "new uncovered code"
        case Cause.LOST:
            return f"tests no longer reach {_reached(delta, Category.LBC)}"
        case Cause.GAINED:
            return f"tests now reach {_reached(delta, Category.GBC)}"
        case Cause.INCLUDED:
            return "unchanged code counted only now"
        case Cause.EXCLUDED:
            return "unchanged code no longer counted"
        case Cause.DELETED_COVERED:
            return "deleted covered code"
        case Cause.DELETED_UNCOVERED:
            return "deleted uncovered code"
        case Cause.MOVED_IN:
            return "code moved in"
        case Cause.MOVED_OUT:
            return "code moved out"
        case Cause.MEASUREMENT:
            return "a different measurement"
        case _:
            assert_never(part.cause)


def _reached(delta: Delta, category: Category) -> str:
    """How many lines and branch exits of a category the delta's metric sees."""
    lines = delta.tally.count(category, Metric.LINE) if delta.metric is not Metric.BRANCH else 0
    exits = delta.tally.count(category, Metric.BRANCH) if delta.metric is not Metric.LINE else 0
    named = [_units(lines, "line")] if lines else []
    named += [_units(exits, "branch exit")] if exits else []
    return " and ".join(named)


def _units(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
