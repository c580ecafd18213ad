"""The head lines that a change wrote."""

from __future__ import annotations

from covgov.differential.linemap import LineMap
from covgov.model import lines
from covgov.model.diff import Diff, FileDiff

EVERY_LINE = lines.span(1, lines.MAX_LINE)
"""Stands for all lines of a file whose changed lines are unknown."""


def changed_lines(diff: Diff) -> dict[str, int]:
    """Added or modified head lines by head path. A rename or mode change without hunks gives nothing; an opaque file,
    of which only its change is known, is changed throughout."""
    found = {file.new_path: _changed(file) for file in diff if file.new_path is not None}
    return {path: bits for path, bits in found.items() if bits}


def _changed(file: FileDiff) -> int:
    return EVERY_LINE if file.opaque else LineMap.of(file.hunks).added
