"""Hypothesis strategies: a text, an edited text, the hunks between them, and coverage of both.

Every line of a text is distinct and keeps its order, so what is "the same line" is beyond doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from covgov.model import lines
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.model.snapshot import CountedExits, FileCoverage, by_exits
from covgov_testing.laws import examples

LAW = settings(max_examples=examples(40), deadline=None)
"""For laws over whole changes: their examples are large, and the machines that run them are not."""


@dataclass(frozen=True)
class Edited:
    old: tuple[str, ...]
    new: tuple[str, ...]
    hunks: tuple[Hunk, ...]


def edit(kept: list[bool], added: list[int]) -> Edited:
    """`kept[i]`: base line i+1 survives. `added[i]`: so many new lines stand before it (the last entry: at the end)."""
    old = tuple(f"old {n}" for n in range(1, len(kept) + 1))
    new: list[str] = []
    hunks: list[Hunk] = []
    removed = fresh = 0

    def close(position: int) -> None:
        nonlocal removed, fresh
        if removed or fresh:
            old_start = position - removed + (0 if removed else -1) + 1
            new_start = len(new) - fresh + (0 if fresh else -1) + 1
            hunks.append(Hunk(old_start, removed, new_start, fresh))
        removed = fresh = 0

    for position, (keep, more) in enumerate(zip([*kept, False], added, strict=True)):
        for _ in range(more):
            new.append(f"new {len(new)}")
            fresh += 1
        if position == len(kept):
            close(position)
        elif keep:
            close(position)
            new.append(old[position])
        else:
            removed += 1
    return Edited(old, tuple(new), tuple(hunks))


@st.composite
def edits(draw: st.DrawFn, max_lines: int = 14) -> Edited:
    kept = draw(st.lists(st.booleans() | st.just(True), min_size=1, max_size=max_lines))
    added = draw(st.lists(st.sampled_from((0, 0, 0, 1, 3)), min_size=len(kept) + 1, max_size=len(kept) + 1))
    return edit(kept, added)


@st.composite
def coverages(draw: st.DrawFn, length: int) -> FileCoverage:
    """Coverage of a text of `length` lines, with exact exits on some lines and counted ones on others."""
    marks = draw(st.text("+-x ", min_size=length, max_size=length))
    numbers = st.integers(1, max(1, length))
    targets = numbers | numbers.map(lambda n: -n) | st.sampled_from((-1, 0))
    exits = draw(st.lists(st.tuples(numbers, targets), max_size=6, unique=True)) if length else []
    taken = draw(st.lists(st.sampled_from(exits), unique=True)) if exits else []
    free = [n for n in range(1, length + 1) if n not in {source for source, _ in exits}]
    counted = {}
    for line in draw(st.lists(st.sampled_from(free), max_size=3, unique=True)) if free else []:
        total = draw(st.integers(1, 4))
        counted[line] = CountedExits(draw(st.integers(0, total)), total)

    def where(wanted: str) -> int:
        return lines.of(n for n, mark in enumerate(marks, 1) if mark in wanted)

    return FileCoverage(
        statements=where("+-"),
        covered=where("+"),
        exits=tuple(sorted(exits)),
        taken=tuple(sorted(taken)),
        counted=by_exits(counted),
        excluded=where("x"),
    )


@dataclass(frozen=True)
class Change:
    """Several files edited at once. names: base path -> head path (None = deleted) and None-less additions."""

    base: Mapping[str, FileCoverage]
    head: Mapping[str, FileCoverage]
    texts: Mapping[tuple[str | None, str | None], Edited]
    diff: Diff


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Up to four files: edited, renamed, added, deleted, untouched, or measured on one side only."""
    base: dict[str, FileCoverage] = {}
    head: dict[str, FileCoverage] = {}
    texts: dict[tuple[str | None, str | None], Edited] = {}
    files: list[FileDiff] = []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("edited", "edited", "renamed", "added", "deleted", "untouched")))
        change = draw(edits())
        folder = draw(st.sampled_from("ab"))
        old: str | None = f"{folder}/{number}.py"
        new: str | None = old
        if kind == "untouched":
            change = edit([True] * len(change.old), [0] * (len(change.old) + 1))
        if kind == "renamed":
            new = f"{draw(st.sampled_from('ab'))}/{number}n.py"
        if kind == "added":
            old, change = None, edit([], [len(change.new) or 1])
        if kind == "deleted":
            new, change = None, edit([False] * len(change.old), [0] * (len(change.old) + 1))
        if kind != "untouched":
            files.append(FileDiff(old, new, change.hunks))
        measured = draw(st.sampled_from(("both", "both", "both", "base", "head")))
        if old is not None and measured != "head":
            base[old] = draw(coverages(len(change.old)))
        if new is not None and measured != "base":
            head[new] = draw(coverages(len(change.new)))
        texts[old, new] = change
    return Change(base, head, texts, Diff(tuple(files)))
