"""A comparison on the wire: the twelve categories per file and in total, and the attribution."""

from __future__ import annotations

from collections.abc import Sequence

from covgov.differential.comparison import Comparison
from covgov.hub.api.wire.figures import Change, WireModel
from covgov.hub.api.wire.runs import RunLine
from covgov.model.change import Category, FileDelta
from covgov.model.lines import spell


class ChangedFile(WireModel):
    """A file with at least one changed unit. base, head: its path there, null where it is not
    measured. lines: category -> lines, base numbering for ECB, EUB, DCB and DUB, head numbering for the others."""

    base: str | None
    head: str | None
    lines: dict[Category, str]
    exits: dict[Category, int]


class RunComparison(WireModel):
    """Two runs unit by unit. notes: how the two could be compared; the hub has no git, so lines of a file are
    mapped only where blob ids prove that its text is the same. files: one page of those that changed; next: what
    `after` wants for the next page, null on the last."""

    base_run: RunLine
    head_run: RunLine
    suite: str | None
    component: str | None
    delta: Change
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
    changed = len(found.changed)
    return RunComparison(
        base_run=sides.base,
        head_run=sides.head,
        suite=sides.suite,
        component=sides.component,
        delta=found.delta,
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
