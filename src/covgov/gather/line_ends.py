"""git counts lines by LF; Python also ends a line at a lone CR. Where the two disagree, a diff maps nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from covgov.model.diff import Diff, FileDiff


def distrusted(diff: Diff, read: Callable[[str], bytes | None]) -> Diff:
    """The diff with every file opaque whose text at head has a CR that no LF follows."""
    return Diff(tuple(_opaque(file) if _lone_cr(file, read) else file for file in diff))


def _lone_cr(file: FileDiff, read: Callable[[str], bytes | None]) -> bool:
    if file.new_path is None or not (file.hunks or file.old_path == file.new_path):
        return False
    data = read(file.new_path)
    return data is not None and b"\r" in data and b"\r" in data.replace(b"\r\n", b"")


def _opaque(file: FileDiff) -> FileDiff:
    return replace(file, hunks=(), opaque=True)
