"""Which base line is which head line, as sets: one shift and one mask per unchanged stretch of a file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from msgspec import Struct

from covgov.model.diff import Hunk
from covgov.model.lines import span


class Stretch(Struct, frozen=True):
    """Unchanged lines: base lines `first..last` (`last` None = to the end of the file) moved by `shift`."""

    first: int
    last: int | None
    shift: int

    def moved(self, bits: int) -> int:
        """The part of `bits` in this stretch, in head numbering."""
        if self.last is not None:
            bits &= (1 << (self.last + 1)) - 1
        return bits >> self.first << (self.first + self.shift)


class LineMap(Struct, frozen=True):
    """A one-to-one map between the base lines that survive and the head lines that are not new.

    removed: base lines that were deleted or modified. added: head lines that were added or modified.
    """

    stretches: tuple[Stretch, ...]
    removed: int
    added: int

    @classmethod
    def of(cls, hunks: Iterable[Hunk]) -> LineMap:
        """From hunks in file order. Raises ValueError when they overlap or their two sides do not fit together."""
        stretches: list[Stretch] = []
        removed = added = 0
        old = new = 1
        for hunk in hunks:
            old_first, old_next = _bounds(hunk.old_start, hunk.old_count)
            new_first, new_next = _bounds(hunk.new_start, hunk.new_count)
            if old_first < old or old_first - old != new_first - new:
                raise ValueError(f"{hunk} does not continue at base line {old}, head line {new}")
            if old_first > old:
                stretches.append(Stretch(old, old_first - 1, new - old))
            removed |= span(old_first, old_next - 1)
            added |= span(new_first, new_next - 1)
            old, new = old_next, new_next
        stretches.append(Stretch(old, None, new - old))
        return cls(tuple(stretches), removed, added)

    def unchanged(self, bits: int) -> int:
        """The base lines of `bits` that survive, in base numbering."""
        return bits & ~self.removed

    def forward(self, bits: int) -> int:
        """The base lines of `bits` that survive, in head numbering."""
        moved = 0
        for stretch in self.stretches:
            moved |= stretch.moved(bits)
        return moved

    def line(self, number: int) -> int | None:
        """The head line of one base line; None when it was deleted or modified."""
        index = bisect_right(self.stretches, number, key=lambda stretch: stretch.first) - 1
        if index < 0:
            return None
        found = self.stretches[index]
        return number + found.shift if found.last is None or number <= found.last else None


def inverse(hunks: Iterable[Hunk]) -> tuple[Hunk, ...]:
    """The hunks of the opposite diff, from head to base."""
    return tuple(Hunk(h.new_start, h.new_count, h.old_start, h.old_count) for h in hunks)


def _bounds(start: int, count: int) -> tuple[int, int]:
    """First line of a hunk's side and the line after it; git names the line before the gap when the side is empty."""
    first = start if count else start + 1
    return first, first + count


IDENTICAL = LineMap.of(())
"""The map of a file whose text did not change."""
