"""What the regression guard judges: the plain delta, with pure deletions and exclusions neutralised.

docs/architecture.md, "Regression guard", has the formula; docs/decisions/0006 the reasons, and how moved and masked
code is treated.
"""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from covgov.model.change import Category, Tally
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric


class MovedUnits(Struct, frozen=True):
    """Units that a rename carried across the scope's border: out with their base state, in with their head state."""

    out_covered: int = 0
    out_uncovered: int = 0
    in_covered: int = 0
    in_uncovered: int = 0


NOT_MOVED = MovedUnits()


def judge(
    tally: Tally,
    base: Ratio,
    head: Ratio,
    metric: Metric,
    moved: MovedUnits = NOT_MOVED,
    masked: int = 0,
    count_deletions: bool = False,
) -> Fraction:
    """Percentage points to compare with `max_drop` (negative = a drop). Needs measurable ratios on both sides.

    masked: uncovered units of `tally` that look deleted because their line was rewritten as an excluded one.
    """
    r = base.fraction
    delta = head.fraction - r
    if count_deletions:
        return delta * 100
    gone_covered = tally.count(Category.DCB, metric) + moved.out_covered
    gone_uncovered = tally.count(Category.DUB, metric) + moved.out_uncovered - masked
    new_covered = tally.count(Category.GNC, metric) + moved.in_covered
    new_uncovered = tally.count(Category.UNC, metric) + moved.in_uncovered
    net = max(0, gone_covered + gone_uncovered - new_covered - new_uncovered)
    forgiven = min(max(0, gone_covered - new_covered), net)
    denied = min(max(0, gone_uncovered - new_uncovered), net)
    excluded = tally.count(Category.EUB, metric) + masked
    return (delta + ((1 - r) * forgiven - r * denied - r * excluded) / head.total) * 100
