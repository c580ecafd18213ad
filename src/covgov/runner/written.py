"""Files that a test command writes: only what it wrote in this run counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from covgov.errors import InputError

Stamps = Mapping[Path, tuple[int, int, int]]
"""Path -> what every write changes: time of the change in nanoseconds, size, inode."""


def stamps(root: Path, patterns: Sequence[str]) -> Stamps:
    """Every file below `root` that one of the patterns matches, in order."""
    found = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    states = ((path, path.stat()) for path in found)
    return {path: (state.st_mtime_ns, state.st_size, state.st_ino) for path, state in states}


def reports(root: Path, patterns: Sequence[str], before: Stamps) -> list[Path]:
    """The reports of this run.

    Raises InputError: `report-missing` for a pattern without a file, `report-stale` for a file of before the run.
    """
    for pattern in patterns:
        if not stamps(root, [pattern]):
            raise InputError(
                "report-missing",
                f"{pattern}: the test command wrote no such report",
                hint="let `command` write it, or correct `reports` in covgov.toml",
            )
    now = stamps(root, patterns)
    old = [path for path, stamp in now.items() if before.get(path) == stamp]
    if old:
        raise InputError(
            "report-stale",
            f"{old[0].relative_to(root)}: is from before this run; the test command did not write it",
            hint="delete it, and let `command` write it",
        )
    return list(now)


def fresh(root: Path, patterns: Sequence[str], before: Stamps) -> list[Path]:
    """The files of this run; others are ignored."""
    return [path for path, stamp in stamps(root, patterns).items() if before.get(path) != stamp]
