"""What `git diff-tree -r -M --raw -z -p -U0 -w --full-index` prints, as values (git-diff-tree(1), "Raw output format").

The NUL-terminated raw records hold the exact paths; the following patch holds the hunks, one section per record in the
same order: two for a type change, none for a file of which only white space changed (`-w`). With `-U0` every body line
begins with `+`, `-` or a backslash, so a line that begins like a header is one.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from covgov.model.diff import Diff, FileDiff, Hunk

SECTION = re.compile(rb"\ndiff --git ")
HUNK = re.compile(rb"\n@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
BLOBS = re.compile(rb"^index ([0-9a-f]+)\.\.([0-9a-f]+)", re.MULTILINE)
BINARY = re.compile(rb"^Binary files ", re.MULTILINE)


class _RawRecord(Struct, frozen=True):
    """One raw record. status: A, C, D, M, R or T. blobs: old and new id."""

    status: str
    blobs: tuple[bytes, bytes]
    old: str
    new: str


def parse_diff(output: bytes) -> Diff:
    """Files sorted by path. Raises ValueError for unexpected output."""
    raw, _, patch = output.partition(b"\0\0")
    patch = b"\n" + patch
    starts = [match.start() for match in SECTION.finditer(patch)]
    sections = deque(patch[a:b] for a, b in pairwise([*starts, len(patch)]))
    files: list[FileDiff] = []
    for record in _records(raw.removesuffix(b"\0")):
        files.extend(_file(record, _taken(record, sections)))
    if sections:
        raise ValueError(f"{len(sections)} more patches than changed files")
    return Diff(tuple(sorted(files, key=lambda f: (f.new_path or f.old_path or "", f.new_path is not None))))


def _taken(record: _RawRecord, sections: deque[bytes]) -> list[bytes]:
    """The record's sections, removed from the front."""
    wanted = 2 if record.status == "T" else int(not _only_white_space(record, sections))
    if len(sections) < wanted:
        raise ValueError(f"no patch of {record.new}")
    return [sections.popleft() for _ in range(wanted)]


def _only_white_space(record: _RawRecord, sections: deque[bytes]) -> bool:
    """Whether a modified file has no section; git prints one where the mode, the name or other text changed too."""
    if record.status != "M" or record.blobs[0] == record.blobs[1]:
        return False
    found = BLOBS.search(sections[0]) if sections else None
    return found is None or found.groups() != record.blobs


def _records(raw: bytes) -> Iterator[_RawRecord]:
    fields = iter(raw.split(b"\0") if raw else ())
    for head in fields:
        if not head.startswith(b":"):
            raise ValueError(f"not a raw diff record: {head!r}")
        *_, before, after, letter = head.split(b" ")
        status = letter.decode("ascii", "replace")
        old = os.fsdecode(next(fields, b""))
        new = os.fsdecode(next(fields, b"")) if status[0] in "RC" else old
        if not old or not new:
            raise ValueError(f"a raw diff record without a path: {head!r}")
        yield _RawRecord(status[0], (before, after), old, new)


def _file(record: _RawRecord, sections: list[bytes]) -> Iterator[FileDiff]:
    match record.status:
        case "T":  # file <-> symbolic link: the texts are not comparable
            yield FileDiff(record.old, None, _hunks(sections[0]))
            yield FileDiff(None, record.new, _hunks(sections[1]))
        case "A":
            yield FileDiff(None, record.new, _hunks(sections[0]))
        case "D":
            yield FileDiff(record.old, None, _hunks(sections[0]))
        case "M" if not sections:
            yield FileDiff(record.old, record.new)
        case "M" | "R" | "C":
            opaque = BINARY.search(sections[0]) is not None
            yield FileDiff(record.old, record.new, _hunks(sections[0]), opaque)
        case other:
            raise ValueError(f"unknown status {other} of {record.new}")


def _hunks(section: bytes) -> tuple[Hunk, ...]:
    return tuple(
        Hunk(int(a), 1 if b is None else int(b), int(c), 1 if d is None else int(d))
        for a, b, c, d in (match.groups() for match in HUNK.finditer(section))
    )
