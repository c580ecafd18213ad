"""Reads parts of a recorded run: its verdict without coverage, or single files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covgov.history.format import layout
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import RunReader
from covgov.history.interface import HistoryView
from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage
from covgov.model.verdict import Verdict


@dataclass(frozen=True, slots=True, order=True)
class CoverageLocation:
    """A file's coverage in a run; sorted by suite, then path."""

    suite: str
    path: str


def manifest(view: HistoryView, sequence: int, run_id: str) -> StoredManifest:
    """The run's manifest. Raises InputError (`history-damaged`, `history-newer`)."""
    found = layout.read_manifest(view, sequence, run_id)
    if found is None:
        name = layout.manifest_name(sequence, run_id)
        raise layout.damaged(name, "it is missing, though the list of runs names it")
    return found


def verdict(view: HistoryView, stored: StoredManifest) -> Verdict:
    """The run's verdict. Raises InputError (`history-damaged`)."""
    return RunReader(view).verdict(stored)


def bare(reader: RunReader, stored: StoredManifest) -> RunRecord:
    """The run without its snapshots. Raises InputError (`history-damaged`)."""
    return layout.record_of(stored.manifest.run, {}, reader.verdict(stored))


def places(reader: RunReader, stored: StoredManifest) -> list[CoverageLocation]:
    """Every file of every suite, sorted. Raises InputError (`history-damaged`)."""
    return sorted(CoverageLocation(suite, path) for suite, paths in reader.paths(stored).items() for path in paths)


def coverage(reader: RunReader, stored: StoredManifest, wanted: Sequence[CoverageLocation]) -> list[FileCoverage]:
    """The coverage at each location. Raises InputError (`history-damaged`)."""
    by_suite: dict[str, set[str]] = {}
    for place in wanted:
        by_suite.setdefault(place.suite, set()).add(place.path)
    found = reader.coverage(stored, by_suite)
    return [found[place.suite][place.path] for place in wanted]
