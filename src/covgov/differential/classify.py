"""Every unit counted in base or head, in exactly one of the twelve categories (docs/decisions/0005)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covgov.differential.exits import classify_counted, classify_exits
from covgov.differential.linemap import IDENTICAL, LineMap, inverse
from covgov.model.change import Category, FileDelta
from covgov.model.diff import Diff, FileDiff
from covgov.model.lines import numbers, of, span
from covgov.model.snapshot import FileCoverage, Snapshot

NOTHING = FileCoverage(statements=0, covered=0)


class _Pair(Struct, frozen=True):
    """One file's two names; None = the file does not exist on that side."""

    base_path: str | None
    head_path: str | None
    change: FileDiff | None


def classify(base: Snapshot, head: Snapshot, diff: Diff) -> tuple[FileDelta, ...]:
    """One FileDelta per file that either snapshot counts, sorted by head path (base path when it has none).

    Base and head paths are paired by the diff: renames follow, a path that the diff does not name is unchanged.
    Raises ValueError when a file's hunks contradict each other.
    """
    deltas = [_file(pair, base, head) for pair in _pairs(base, head, diff)]
    return tuple(sorted(deltas, key=lambda d: (d.head_path or d.base_path or "", d.head_path is None)))


def _pairs(base: Snapshot, head: Snapshot, diff: Diff) -> Iterator[_Pair]:
    by_old = {f.old_path: f for f in diff if f.old_path is not None}
    by_new = {f.new_path: f for f in diff if f.new_path is not None}
    for path in base.paths:
        change = by_old.get(path)
        yield _Pair(path, path if change is None else change.new_path, change)
    for path in head.paths:
        change = by_new.get(path)
        old = path if change is None else change.old_path
        if old is None or old not in base.files:
            yield _Pair(old, path, change)


def _file(pair: _Pair, base: Snapshot, head: Snapshot) -> FileDelta:
    before = base.files.get(pair.base_path) if pair.base_path is not None else None
    after = head.files.get(pair.head_path) if pair.head_path is not None else None
    return _Classifier(pair, before or NOTHING, after or NOTHING).delta(
        pair.base_path if before is not None else None, pair.head_path if after is not None else None
    )


class _Classifier:
    """The categories of one file. A file without any line map (added, deleted, opaque) is all deleted plus all new."""

    def __init__(self, pair: _Pair, before: FileCoverage, after: FileCoverage) -> None:
        self.before, self.after, self.change = before, after, pair.change
        self.same_text = pair.change is None or not (
            pair.change.hunks or pair.change.opaque or pair.base_path is None or pair.head_path is None
        )
        self.forward, self.backward = _maps(pair, before, after)

    def delta(self, base_path: str | None, head_path: str | None) -> FileDelta:
        if self.same_text and self.before == self.after:
            return self._untouched(base_path, head_path)
        counted = classify_counted(self.before.by_counts, self.after.by_counts, self.forward, self.backward)
        exits = classify_exits(self.before, self.after, self.forward)
        return FileDelta(base_path, head_path, self._lines(), exits, counted, self._masked(), self._excluded())

    def _excluded(self) -> int:
        out = self.backward.forward(self.after.excluded) if self.after.excluded else 0
        return out & self.before.statements & ~self.forward.removed

    def _masked(self) -> int:
        """Replaced base lines that became excluded head lines: per hunk as many as exclusions were added, uncovered
        lines first."""
        if self.change is None or not self.after.excluded:
            return 0
        masked = 0
        for hunk in self.change.hunks:
            old = span(hunk.old_start, hunk.old_start + hunk.old_count - 1)
            new = span(hunk.new_start, hunk.new_start + hunk.new_count - 1)
            room = (self.after.excluded & new).bit_count() - (self.before.excluded & old).bit_count()
            ranked = [*numbers(self.before.missing & old), *numbers(self.before.covered & old)]
            masked |= of(ranked[: max(0, room)])
        return masked

    def _untouched(self, base_path: str | None, head_path: str | None) -> FileDelta:
        """Same text, same coverage: the common case of a large repository, without a single set operation."""
        now = self.after
        taken = set(now.taken)
        lines = {Category.CBC: now.covered, Category.UBC: now.missing}
        exits = {Category.CBC: now.taken, Category.UBC: tuple(e for e in now.exits if e not in taken)}
        return FileDelta(
            base_path,
            head_path,
            {c: v for c, v in lines.items() if v},
            {c: v for c, v in exits.items() if v},
            classify_counted(now.by_counts, now.by_counts, IDENTICAL, IDENTICAL),
        )

    def _lines(self) -> dict[Category, int]:
        before, after, new, gone = self.before, self.after, self.forward.added, self.forward.removed
        was_counted = self.forward.forward(before.statements)
        was_covered = self.forward.forward(before.covered)
        still_counted = self.backward.forward(after.statements)
        kept_covered, kept_missing = after.covered & ~new, after.missing & ~new
        no_longer = ~gone & ~still_counted
        found = {
            Category.GNC: after.covered & new,
            Category.UNC: after.missing & new,
            Category.CBC: kept_covered & was_covered,
            Category.UBC: kept_missing & was_counted & ~was_covered,
            Category.GBC: kept_covered & was_counted & ~was_covered,
            Category.LBC: kept_missing & was_covered,
            Category.GIC: kept_covered & ~was_counted,
            Category.UIC: kept_missing & ~was_counted,
            Category.ECB: before.covered & no_longer,
            Category.EUB: before.missing & no_longer,
            Category.DCB: before.covered & gone,
            Category.DUB: before.missing & gone,
        }
        return {category: bits for category, bits in found.items() if bits}


def _maps(pair: _Pair, before: FileCoverage, after: FileCoverage) -> tuple[LineMap, LineMap]:
    if pair.change is None:
        return IDENTICAL, IDENTICAL
    if pair.change.opaque or pair.base_path is None or pair.head_path is None:
        old, new = _everything(before), _everything(after)
        return LineMap((), removed=old, added=new), LineMap((), removed=new, added=old)
    return LineMap.of(pair.change.hunks), LineMap.of(inverse(pair.change.hunks))


def _everything(file: FileCoverage) -> int:
    """A line set that holds each line the file speaks of."""
    exits = max((max(source, abs(target)) for source, target in file.exits), default=0)
    counted = max((where[-1] for _, where in file.counted), default=0)
    return (1 << (max(file.statements.bit_length(), exits + 1, counted + 1))) - 1
