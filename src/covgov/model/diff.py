"""A source diff as values: which files changed and which line ranges, old against new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct


class Hunk(Struct, frozen=True):
    """One changed range in git's `-U0 -w` numbering: lines that differ only in white space are not changed.

    `old_count` lines from `old_start` were replaced by `new_count` lines from `new_start`. With a count of 0 the start
    names the line *before* the gap, as git prints it.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a diff. `old_path` None = added, `new_path` None = deleted, both and different = renamed.

    `opaque` = the content changed but no line mapping exists (binary, or a report's source is unavailable).
    """

    old_path: str | None
    new_path: str | None
    hunks: tuple[Hunk, ...] = ()
    opaque: bool = False


class Diff(Struct, frozen=True):
    """All files that differ. A path that is not named is unchanged."""

    files: tuple[FileDiff, ...] = ()

    def __iter__(self) -> Iterator[FileDiff]:
        return iter(self.files)

    def renames(self) -> dict[str, str]:
        """Old path -> new path of every rename."""
        return {
            f.old_path: f.new_path
            for f in self.files
            if f.old_path is not None and f.new_path is not None and f.old_path != f.new_path
        }
