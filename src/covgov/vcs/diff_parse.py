"""The output of `git diff-tree -r -M --raw -z -p -U0` as values (format: git-diff-tree(1), "Raw output format").

The NUL-terminated raw records hold the exact paths; the following patch holds the hunks, one section per
record in the same order (two for a type change). With `-U0` every body line begins with `+`, `-` or a backslash, so a
line that begins like a header is one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from covgov.model.diff import Diff, FileDiff, Hunk

SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
BINARY = re.compile(rb"^Binary files ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _RawRecord:
    """One raw record. status: A, C, D, M, R or T."""

    status: str
    old: str
    new: str


def parse_diff(output: bytes) -> Diff:
    """Files sorted by path. Raises ValueError for unexpected output."""
    if not output:
        return Diff()
    raw, patch = _halves(output)
    records = list(_records(raw))
    starts = [match.start() for match in SECTION.finditer(patch)]
    sections = [patch[a:b] for a, b in pairwise([*starts, len(patch)])]
    if sum(_sections_of(record) for record in records) != len(sections):
        raise ValueError(f"{len(records)} changed files, but {len(sections)} patches")
    files: list[FileDiff] = []
    remaining = iter(sections)
    for record in records:
        files.extend(_file(record, list(islice(remaining, _sections_of(record)))))
    return Diff(tuple(sorted(files, key=lambda f: (f.new_path or f.old_path or "", f.new_path is not None))))


def _sections_of(record: _RawRecord) -> int:
    return 2 if record.status == "T" else 1


def _halves(output: bytes) -> tuple[bytes, bytes]:
    """Raw records and patch; an empty record (two NULs in a row) separates them."""
    raw, separator, patch = output.partition(b"\0\0")
    if not separator:
        raise ValueError("no patch follows the list of changed files")
    return raw, patch


def _records(raw: bytes) -> Iterator[_RawRecord]:
    fields = iter(raw.split(b"\0"))
    for head in fields:
        if not head.startswith(b":"):
            raise ValueError(f"not a raw diff record: {head!r}")
        status = head.rsplit(b" ", 1)[-1].decode("ascii", "replace")
        old = os.fsdecode(next(fields, b""))
        new = os.fsdecode(next(fields, b"")) if status[0] in "RC" else old
        if not old or not new:
            raise ValueError(f"a raw diff record without a path: {head!r}")
        yield _RawRecord(status[0], old, new)


def _file(record: _RawRecord, sections: list[bytes]) -> Iterator[FileDiff]:
    match record.status:
        case "T":  # file <-> symbolic link: the texts are not comparable
            yield FileDiff(record.old, None, _hunks(sections[0]))
            yield FileDiff(None, record.new, _hunks(sections[1]))
        case "A":
            yield FileDiff(None, record.new, _hunks(sections[0]))
        case "D":
            yield FileDiff(record.old, None, _hunks(sections[0]))
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
