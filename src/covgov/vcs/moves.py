"""A module that moved and left a shim in its old place: to git a new file beside one that was nearly emptied. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from covgov.model.diff import Diff, FileDiff, Hunk


def shrunk(diff: Diff) -> tuple[str, ...]:
    """Files that lost more lines than they got while another is new: its text may come from them."""
    added = any(file.old_path is None for file in diff)
    return tuple(file.old_path for file in diff if added and file.old_path is not None and _shrunk(file))


def could_be_moves(diff: Diff, length: Callable[[str], int]) -> tuple[str, ...]:
    """Shrunk files that lost more lines than they kept, and all new files. length: lines of a file at head."""
    left = tuple(path for path in shrunk(diff) if _left(diff, path, length))
    new = (file.new_path for file in diff if left and file.old_path is None and file.new_path is not None)
    return (*left, *new)


def follow_moves(diff: Diff, copies: Diff, length: Callable[[str], int]) -> Diff:
    """The diff in which a new file that has more of an old one's lines than that file itself is its new place, and what
    is left in the old place is new.

    copies: of these files of the same two trees, with copies of modified files. length: lines of a file at head.
    """
    moves = {old: file for old, file in _moves(diff, copies) if _left(diff, old, length)}
    taken = {file.new_path: file for file in moves.values()}
    return Diff(
        tuple(
            _shim(file, length)
            if file.new_path in moves and file.old_path == file.new_path
            else taken.get(file.new_path, file)
            for file in diff
        )
    )


def _moves(diff: Diff, copies: Diff) -> Iterator[tuple[str, FileDiff]]:
    """Old path -> the file that moved on from there; of several the one that kept most."""
    added = {file.new_path for file in diff if file.old_path is None}
    stayed: Mapping[str | None, FileDiff] = {file.old_path: file for file in diff if _shrunk(file)}
    found = [file for file in copies if file.new_path in added and file.old_path in stayed]
    for file in sorted(found, key=_removed, reverse=True):
        if file.old_path is not None and _removed(file) < _removed(stayed[file.old_path]):
            yield file.old_path, file


def _left(diff: Diff, path: str, length: Callable[[str], int]) -> bool:
    """Whether the file lost more lines than it kept."""
    return any(
        _removed(file) > length(path) - sum(hunk.new_count for hunk in file.hunks)
        for file in diff
        if file.old_path == file.new_path == path
    )


def _shim(file: FileDiff, length: Callable[[str], int]) -> FileDiff:
    lines = length(file.new_path) if file.new_path is not None else 0
    return replace(file, old_path=None, hunks=(Hunk(0, 0, 1, lines),) if lines else ())


def _shrunk(file: FileDiff) -> bool:
    same = file.old_path is not None and file.old_path == file.new_path
    return same and not file.opaque and _removed(file) > sum(hunk.new_count for hunk in file.hunks)


def _removed(file: FileDiff) -> int:
    return sum(hunk.old_count for hunk in file.hunks)
