"""Snapshots from pictures, so that a test shows what it means.

One character per line of the file: `+` covered, `-` uncovered, `x` excluded, anything else not executable.

    snap({"a.py": "++-. x"})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from covgov.model import lines
from covgov.model.snapshot import Exit, FileCoverage, Identity, Origin, Snapshot, TestRun

IDENTITY = Identity("coverage.py", "7.17.3", "python 3.11", branch=True)
PASSED = TestRun(exit_code=0, tests=3, seconds=1.5)
FAILED = TestRun(exit_code=1, tests=3, failures=1, seconds=1.5)


def cov(picture: str, exits: Iterable[Exit] = (), taken: Iterable[Exit] = (), source: str = "") -> FileCoverage:
    """One file from its picture, with exact branch exits."""

    def where(marks: str) -> int:
        return lines.of(number for number, mark in enumerate(picture, start=1) if mark in marks)

    return FileCoverage(
        statements=where("+-"),
        covered=where("+"),
        exits=tuple(sorted({*exits, *taken})),
        taken=tuple(sorted(taken)),
        excluded=where("x"),
        source=source,
    )


def snap(
    files: Mapping[str, str | FileCoverage],
    *,
    suite: str = "api",
    identity: Identity = IDENTITY,
    origin: Origin | None = None,
    tests: TestRun | None = PASSED,
) -> Snapshot:
    """A snapshot from pictures (or ready FileCoverage) by path."""
    made = {path: cov(value) if isinstance(value, str) else value for path, value in files.items()}
    return Snapshot(suite=suite, files=made, identity=identity, origin=origin, tests=tests)
