"""One sentence for a delta, whose printed parts add up to its printed total."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from covgov.model.change import Category, Cause, Delta, Part
from covgov.model.ratio import apportion, show, show_signed
from covgov.model.snapshot import Metric

WORDS: Mapping[Cause, str] = {
    Cause.NEW_COVERED: "new covered code",
    Cause.NEW_UNCOVERED: "new uncovered code",
    Cause.LOST: "tests no longer reach {lost}",
    Cause.GAINED: "tests now reach {gained}",
    Cause.INCLUDED: "unchanged code counted only now",
    Cause.EXCLUDED: "unchanged code no longer counted",
    Cause.DELETED_COVERED: "deleted covered code",
    Cause.DELETED_UNCOVERED: "deleted uncovered code",
    Cause.MOVED_IN: "code moved in",
    Cause.MOVED_OUT: "code moved out",
    Cause.MEASUREMENT: "a different measurement",
}


UNEXPLAINED = "not explained by the recorded runs"


def in_words(delta: Delta, precision: int = 2, unexplained: Fraction = Fraction(0)) -> str:
    """`-2.31 pp = -1.80 new uncovered code, -0.63 tests no longer reach 41 lines, +0.12 deleted uncovered code`.

    Parts are rounded by largest remainder to `precision` decimals; parts that are exactly 0 are not told. A delta that
    does not exist says why. unexplained: percentage points of it that no part accounts for.
    """
    if delta.points is None:
        return f"not comparable: {_incomparable(delta)}"
    total = f"{show_signed(delta.points, precision)} pp"
    told = [(part.points, _cause(part, delta)) for part in delta.parts if part.points]
    if not told:
        return f"{total}, {UNEXPLAINED if unexplained else 'no cause to tell'}"
    told += [(unexplained, UNEXPLAINED)] if unexplained else []
    shown = apportion([points for points, _ in told], precision)
    return f"{total} = " + ", ".join(
        f"{_signed(points, value, precision)} {words}" for (points, words), value in zip(told, shown, strict=True)
    )


def _incomparable(delta: Delta) -> str:
    if not delta.head.measurable:
        return "nothing is measured at the head"
    return f"nothing was measured in the baseline, everything is new ({_units(delta.head.total, 'unit')})"


def _signed(exact: Fraction, value: Fraction, precision: int) -> str:
    """The rounded share under the sign of the exact one, so that a small loss never reads as a gain."""
    return f"{'-' if exact < 0 else '+'}{show(abs(value), precision)}"


def _cause(part: Part, delta: Delta) -> str:
    return WORDS[part.cause].format(lost=_reached(delta, Category.LBC), gained=_reached(delta, Category.GBC))


def _reached(delta: Delta, category: Category) -> str:
    """How many lines and branch exits of a category the delta's metric sees."""
    lines = delta.tally.count(category, Metric.LINE) if delta.metric is not Metric.BRANCH else 0
    exits = delta.tally.count(category, Metric.BRANCH) if delta.metric is not Metric.LINE else 0
    named = [_units(lines, "line")] if lines else []
    named += [_units(exits, "branch exit")] if exits else []
    return " and ".join(named)


def _units(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
