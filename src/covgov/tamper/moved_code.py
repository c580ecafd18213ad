"""Code that left a component for a new file that no component claims, and that git does not call a rename. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import nlargest

from covgov.differential.linemap import LineMap
from covgov.model.diff import Diff, FileDiff
from covgov.model.source_files import SOURCE_SUFFIXES, is_test, measurable, only_named_test

Read = Callable[[str], bytes | None]
ReadAll = Callable[[Collection[str]], Mapping[str, bytes]]

LEAST, SHARE = 5, 4
"""Lines that a new file must have of what left another one, and one in how many: with fewer it may be any code."""

PART, OWN_SHARE = 10, 2
"""The same of a small part, when code is split over many files: then one in so many of the new file's own lines."""

MOST = 100
"""Files that are compared at most, those that lost most lines first: each is read from git."""

_ANY_FILES = re.compile(rb"\W*$|#|//|/?\*|--|;|(?:import|from|using|use|package|include)\b|.*\brequire\(")
"""Beginnings of lines that say nothing about where they come from: brackets, comments, imports."""


def moved_code(diff: Diff, claimed: Callable[[str], bool], before: ReadAll, now: Read) -> dict[str, str]:
    """New path -> the old path that most of its moved lines come from.

    claimed: whether a component names the path. before, now: files' content where the change starts, and at head.
    """
    new = {path: text for path in _added(diff, claimed) if not _a_test(path, text := now(path) or b"")}
    if not new:
        return {}
    shrunk = (file for file in diff if file.old_path is not None and claimed(file.old_path) and _removed(file))
    most = {file.old_path: file for file in nlargest(MOST, shrunk, key=_size) if file.old_path}
    left = {path: _taken(most[path], text) for path, text in before(most).items()}
    found = ((path, _origin(_lines(text.splitlines()), left)) for path, text in new.items())
    return {path: old for path, old in found if old}


def _added(diff: Diff, claimed: Callable[[str], bool]) -> Iterator[str]:
    for file in diff:
        path = file.new_path
        if file.old_path is None and path is not None and measurable(path, SOURCE_SUFFIXES) and not claimed(path):
            yield path


def _a_test(path: str, text: bytes) -> bool:
    return is_test(path) and not only_named_test(path, text)


def _removed(file: FileDiff) -> int:
    """Lines of the old file that are gone, as a line set."""
    return -1 if file.new_path is None else LineMap.of(file.hunks).removed


def _size(file: FileDiff) -> int:
    return sum(hunk.old_count for hunk in file.hunks)


def _taken(file: FileDiff, text: bytes) -> frozenset[bytes]:
    removed = _removed(file)
    return _lines(line for number, line in enumerate(text.splitlines(), start=1) if removed >> number & 1)


def _lines(lines: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(line for line in map(bytes.strip, lines) if not _ANY_FILES.match(line))


def _origin(here: frozenset[bytes], left: dict[str, frozenset[bytes]]) -> str:
    old = max(left, key=lambda path: len(left[path] & here), default="")
    moved = len(left[old] & here) if old else 0
    much = moved >= LEAST and moved * SHARE >= len(left[old])
    return old if much or (moved >= PART and moved * OWN_SHARE >= len(here)) else ""
