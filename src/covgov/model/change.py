"""What changed between a base and a head, unit by unit (the lcov 2 names) and in percentage points per cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

import msgspec

from covgov.model.ratio import Ratio
from covgov.model.snapshot import Exit, Metric


class Category(StrEnum):
    """The twelve categories, by their names in lcov 2; `MEANINGS` has words for them."""

    GNC = "GNC"
    UNC = "UNC"
    CBC = "CBC"
    UBC = "UBC"
    GBC = "GBC"
    LBC = "LBC"
    GIC = "GIC"
    UIC = "UIC"
    ECB = "ECB"
    EUB = "EUB"
    DCB = "DCB"
    DUB = "DUB"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS: Mapping[Category, str] = {
    Category.GNC: "new, covered",
    Category.UNC: "new, not covered",
    Category.CBC: "covered as before",
    Category.UBC: "not covered, as before",
    Category.GBC: "covered only now",
    Category.LBC: "no longer covered",
    Category.GIC: "counted only now, covered",
    Category.UIC: "counted only now, not covered",
    Category.ECB: "no longer counted, was covered",
    Category.EUB: "no longer counted, was not covered",
    Category.DCB: "deleted, was covered",
    Category.DUB: "deleted, was not covered",
}

HEAD_CATEGORIES = frozenset(Category) - {Category.ECB, Category.EUB, Category.DCB, Category.DUB}
"""Units that exist at the head; their lines are head lines. The lines of the other four are base lines."""


class Cause(StrEnum):
    """The classes of an attribution, in the order in which they are shown. Every unit falls in exactly one."""

    NEW_COVERED = "new-covered"
    NEW_UNCOVERED = "new-uncovered"
    LOST = "lost"
    GAINED = "gained"
    INCLUDED = "included"
    EXCLUDED = "excluded"
    DELETED_COVERED = "deleted-covered"
    DELETED_UNCOVERED = "deleted-uncovered"
    MOVED_IN = "moved-in"
    MOVED_OUT = "moved-out"
    MEASUREMENT = "measurement"
    UPSTREAM = "upstream"


def _seen(metric: Metric, lines: int, exits: int) -> int:
    return {Metric.LINE: lines, Metric.BRANCH: exits, Metric.COMBINED: lines + exits}[metric]


class Tally(msgspec.Struct, frozen=True):
    """How many units of each category; a category that is absent counts 0."""

    lines: Mapping[Category, int] = {}
    exits: Mapping[Category, int] = {}

    def count(self, category: Category, metric: Metric = Metric.COMBINED) -> int:
        lines = self.lines.get(category, 0)
        exits = self.exits.get(category, 0)
        return _seen(metric, lines, exits)


@dataclass(frozen=True, slots=True)
class FileDelta:
    """One file's units by category. `base_path`/`head_path` None = the file is absent from that snapshot.

    lines: line sets; head numbering for HEAD_CATEGORIES, base numbering for the others.
    exits: exact branch exits in the same numbering; counted: number of inexact exits on a line -> the lines (a set).
    masked: base lines whose replacement in the same hunk is excluded at head ("deleted" only in appearance).
    excluded: unchanged base lines that counted and that the head excludes.
    """

    base_path: str | None
    head_path: str | None
    lines: Mapping[Category, int] = field(default_factory=dict)
    exits: Mapping[Category, tuple[Exit, ...]] = field(default_factory=dict)
    counted: Mapping[Category, Mapping[int, int]] = field(default_factory=dict)
    masked: int = 0
    excluded: int = 0

    @property
    def categories(self) -> set[Category]:
        return {*self.lines, *self.exits, *self.counted}

    def tally(self) -> Tally:
        exits = {category: len(some) for category, some in self.exits.items()}
        for category, counts in self.counted.items():
            number = sum([number * bits.bit_count() for number, bits in counts.items()])
            exits[category] = exits.get(category, 0) + number
        return Tally(lines={category: bits.bit_count() for category, bits in self.lines.items() if bits}, exits=exits)

    def masked_uncovered(self, metric: Metric) -> int:
        """Uncovered units that an edit took out of the count instead of deleting them (exact exits only)."""
        lines = (self.lines.get(Category.DUB, 0) & self.masked).bit_count()
        exits = sum(1 for source, _ in self.exits.get(Category.DUB, ()) if self.masked >> source & 1)
        return _seen(metric, lines, exits)


class Part(msgspec.Struct, frozen=True):
    """One cause's share: change in covered and in total units, and its exact contribution in percentage points."""

    cause: Cause
    covered: int
    total: int
    points: Fraction


class Delta(msgspec.Struct, frozen=True):
    """The change of one scope (a component, the project) in one metric.

    points: head minus base in percentage points, exactly; None when either side has no units.
    parts: add up to `points`, exactly; causes without units are left out; empty when points is None.
    judged: what the regression guard compares with `max_drop` (docs/architecture.md, "Regression guard"); None when
    points is None.
    tally: the scope's units by category; moved, upstream and measurement units are in `parts` only.
    lost: lines that tests no longer reach,
    head numbering, as `path -> "40,52-58"`; empty when the measurement itself changed. uncounted: lines
    that counted and no longer do though their text is there, unchanged or (uncovered ones) rewritten as excluded lines;
    base path and numbering. words: the same as a sentence, filled in by `covgov.model.words.with_words`.
    """

    metric: Metric
    base: Ratio
    head: Ratio
    points: Fraction | None
    parts: tuple[Part, ...] = ()
    judged: Fraction | None = None
    tally: Tally = Tally()
    lost: Mapping[str, str] = {}
    uncounted: Mapping[str, str] = {}
    words: str = ""
