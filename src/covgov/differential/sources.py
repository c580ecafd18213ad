"""A diff without git: what the measured sources' blob ids alone can prove."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from covgov.model.diff import Diff, FileDiff
from covgov.model.snapshot import FileCoverage, Snapshot


def diff_by_sources(base: Snapshot, head: Snapshot) -> Diff:
    """Equal blob ids prove equal texts, under the same path or as a rename. Where an id is unknown, the same coverage
    on both sides is taken for the same text. Every other file is opaque: which of its lines are the same is unknown.
    """
    gone = [path for path in base.paths if path not in head.files]
    come = [path for path in head.paths if path not in base.files]
    renamed = _renames(base, head, gone, come)
    files = [FileDiff(old, new) for old, new in renamed.items()]
    files += [FileDiff(path, None) for path in gone if path not in renamed]
    files += [FileDiff(None, path) for path in come if path not in renamed.values()]
    for path in base.paths:
        if path in head.files and not _same(base.files[path], head.files[path]):
            files.append(FileDiff(path, path, opaque=True))
    return Diff(tuple(files))


def taken_as_same(base: Snapshot, head: Snapshot) -> int:
    """How many files are taken for the same text without a proof."""
    both = [(base.files[path], head.files[path]) for path in base.paths if path in head.files]
    return sum(not (one.source and other.source) and _same(one, other) for one, other in both)


def _same(one: FileCoverage, other: FileCoverage) -> bool:
    if one.source and other.source:
        return one.source == other.source
    return replace(one, source="", attributes=()) == replace(other, source="", attributes=())


def _renames(base: Snapshot, head: Snapshot, gone: list[str], come: list[str]) -> dict[str, str]:
    """Old path -> new path where exactly one file on each side has the text."""
    left = Counter(base.files[path].source for path in gone)
    right = Counter(head.files[path].source for path in come)
    by_source = {head.files[path].source: path for path in come}
    return {
        path: by_source[source]
        for path in gone
        if (source := base.files[path].source) and left[source] == right[source] == 1
    }
