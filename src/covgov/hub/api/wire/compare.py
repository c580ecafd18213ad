"""A comparison on the wire: the twelve categories per file and in total, and the attribution."""

from __future__ import annotations

from collections.abc import Sequence

from covgov.differential.comparison import Comparison
from covgov.differential.words import in_words
from covgov.hub.api.wire.figures import CauseShare, Figure, Points, WireModel, figure, points, shares
from covgov.hub.api.wire.runs import RunLine
from covgov.model.change import Category, FileDelta
from covgov.model.lines import spell
from covgov.model.snapshot import Metric


class CategoryTotals(WireModel):
    """Units of each of the twelve categories (the lcov 2 names)."""

    lines: dict[Category, int]
    exits: dict[Category, int]


class ChangedFile(WireModel):
    """A file with at least one changed unit. base, head: its path there, null where it is not
    measured. lines: category -> lines, base numbering for ECB, EUB, DCB and DUB, head numbering for the others."""

    base: str | None
    head: str | None
    lines: dict[Category, str]
    exits: dict[Category, int]


class RunComparison(WireModel):
    """Two runs compared. points: null when one side has no units. notes: how the runs were compared; the hub has
    no git, so lines are mapped only in files with equal blob ids. files: one page of
    the changed files; next: the `after` of the next page, null on the last."""

    base_run: RunLine
    head_run: RunLine
    suite: str | None
    component: str | None
    metric: Metric
    base: Figure
    head: Figure
    points: Points | None
    words: str
    parts: list[CauseShare]
    totals: CategoryTotals
    lost: dict[str, str]
    changed_files: int
    unchanged_files: int
    files: list[ChangedFile]
    next: str | None
    notes: list[str]


class ComparisonSides(WireModel):
    """The compared runs. suite, component: null for all suites merged, and for all files."""

    base: RunLine
    head: RunLine
    suite: str | None
    component: str | None


def compared(
    sides: ComparisonSides, found: Comparison, page: Sequence[FileDelta], following: str | None
) -> RunComparison:
    """The answer with one page of its changed files."""
    delta, changed = found.delta, len(found.changed)
    return RunComparison(
        base_run=sides.base,
        head_run=sides.head,
        suite=sides.suite,
        component=sides.component,
        metric=delta.metric,
        base=figure(delta.base),
        head=figure(delta.head),
        points=None if delta.points is None else points(delta.points),
        words=in_words(delta),
        parts=shares(delta),
        totals=CategoryTotals(
            lines={c: delta.tally.lines.get(c, 0) for c in Category},
            exits={c: delta.tally.exits.get(c, 0) for c in Category},
        ),
        lost=dict(delta.lost),
        changed_files=changed,
        unchanged_files=len(found.files) - changed,
        files=[_file(file) for file in page],
        next=following,
        notes=list(found.notes),
    )


def _file(file: FileDelta) -> ChangedFile:
    exits = file.tally().exits
    return ChangedFile(
        base=file.base_path,
        head=file.head_path,
        lines={c: spell(file.lines[c]) for c in Category if file.lines.get(c)},
        exits={c: exits[c] for c in Category if exits.get(c)},
    )
