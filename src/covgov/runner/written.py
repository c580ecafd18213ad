"""Files that a test command writes: only what it wrote in this run counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgov.errors import InputError
from covgov.ingest.registry import detect
from covgov.model.blob import blob_id

JUNIT_MARK, BEGINNING = b"<testsuite", 4096
"""What a JUnit report has among its first bytes."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class FilesBefore:
    """What matched before the run. stamps: path -> what every write changes: time of the change in nanoseconds, size,
    inode. committed: blob ids of what git has."""

    root: Path
    stamps: Mapping[Path, tuple[int, int, int]]
    committed: Collection[str]

    def unwritten(self, path: Path) -> bool:
        """Whether a file is as it was before the run. What git has already was not measured now, also where the command
        touches or copies it."""
        return self.stamps.get(path) == _stamp(path) or blob_id(path.read_bytes()) in self.committed


def clear(root: Path, reports: Sequence[str], junit: Sequence[str], committed: Mapping[str, str] | None) -> FilesBefore:
    """Delete what a former run wrote, so that nobody can take it for this one's; what git has is left alone, and so is
    what is no report: a glob may match a file that somebody has yet to commit.

    committed: None without git: then nothing is deleted, since nothing could be brought back.
    """
    products = (*filter(_is_report, _matches(root, reports)), *filter(_is_junit, _matches(root, junit)))
    for path in products:
        if committed is not None and path.relative_to(root).as_posix() not in committed:
            path.unlink(missing_ok=True)
    stamps = {path: _stamp(path) for path in _matches(root, (*reports, *junit))}
    return FilesBefore(root, stamps, frozenset(committed.values() if committed else ()))


def reports(patterns: Sequence[str], before: FilesBefore) -> list[Path]:
    """The reports of this run.

    Raises InputError: `report-missing` for a pattern without a file, `report-stale` for a file of before the run.
    """
    for pattern in patterns:
        if not any(True for _ in _matches(before.root, [pattern])):
            raise InputError(
                "report-missing",
                f"{pattern}: the test command wrote no such report",
                hint="let `command` write it, or correct `reports` in covgov.toml",
            )
    now = list(_matches(before.root, patterns))
    old = [path for path in now if before.unwritten(path)]
    if old:
        raise InputError(
            "report-stale",
            f"{old[0].relative_to(before.root)}: is from before this run; the test command did not write it",
            hint="let `command` write it anew; a report that git has proves nothing: let git ignore it",
        )
    return now


def fresh(patterns: Sequence[str], before: FilesBefore) -> list[Path]:
    """The files of this run; others are ignored."""
    return [path for path in _matches(before.root, patterns) if not before.unwritten(path)]


def _matches(root: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """Every file below `root` that one of the patterns matches, in order."""
    yield from sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})


def _stamp(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size, state.st_ino


def _is_report(path: Path) -> bool:
    head = _beginning(path)
    return detect(head) is not None or head.startswith(GZIP)


def _is_junit(path: Path) -> bool:
    """A glob for JUnit may match other files as well, which only the report's reader refuses."""
    return JUNIT_MARK in _beginning(path)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BEGINNING)
