"""The head lines that a change wrote."""

from __future__ import annotations

from covgov.differential.linemap import LineMap
from covgov.model.diff import Diff


def changed_lines(diff: Diff) -> dict[str, int]:
    """Added or modified head lines by head path. A rename, mode change or opaque file without hunks gives nothing."""
    found = {file.new_path: LineMap.of(file.hunks).added for file in diff if file.new_path is not None}
    return {path: bits for path, bits in found.items() if bits}
