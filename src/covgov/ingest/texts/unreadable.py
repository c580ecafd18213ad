"""Measured files whose source coverage.py cannot read: what is wrong with them, and whether that matters.

A template that was compiled, a file of another Python, a module that a test generated and removed: coverage.py has no
figure for them, so they are notes. A Python file of the repository that ran and then went or changed is an error:
otherwise a test could take a file out of the count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covgov.errors import InputError
from covgov.ingest.interface import ParsedReport, UnreadableFile
from covgov.ingest.places.normalise import match
from covgov.ingest.places.source_tree import SourceTree
from covgov.model.blob import blob_id
from covgov.model.words import listed

NAMED = 3
"""Most files that a note names."""

PYTHON = (".py", ".pyw")


def notes_on_unreadable(report: ParsedReport, tree: SourceTree) -> tuple[str, ...]:
    """Raises InputError (`source-changed`) for a Python file of the repository that ran and then went or changed."""
    files = report.unreadable
    matched = match([file.path for file in files], report.roots, tree).paths
    for file in files:
        path = matched.get(file.path)
        if path and file.executed and path.endswith(PYTHON) and _changed(tree.read(path), tree.blobs[path]):
            raise InputError(
                "source-changed",
                f"{path} ran, and its source went or changed before it was reported: {file.reason}",
                hint="let the tests leave the sources as they are; work on copies in a temporary directory",
            )
    return tuple(_notes(files))


def _changed(text: bytes | None, blob: str) -> bool:
    return text is None or blob_id(text) != blob


def _notes(files: Sequence[UnreadableFile]) -> Iterator[str]:
    templates = [file.path for file in files if not file.path.endswith(PYTHON)]
    broken = [file.path for file in files if file.path.endswith(PYTHON) and not file.executed]
    gone = [file.path for file in files if file.path.endswith(PYTHON) and file.executed]
    if templates:
        yield f"not Python, so not counted without a coverage.py plug-in: {listed(sorted(templates), NAMED)}"
    if broken:
        yield f"cannot be parsed by the suite's Python, so not counted: {listed(sorted(broken), NAMED)}"
    if gone:
        yield f"ran, but has no Python source now, so not counted: {listed(sorted(gone), NAMED)}"
