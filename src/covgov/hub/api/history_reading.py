"""Parts of one recorded run, read without the rest: verdicts without coverage, single files without their suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covgov.history import layout
from covgov.history.interface import View
from covgov.history.layout import Stored
from covgov.history.reader import Reader
from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage
from covgov.model.verdict import Verdict


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a file's coverage is in a run: sorted by suite, then path."""

    suite: str
    path: str


def manifest(view: View, sequence: int, run_id: str) -> Stored:
    """The run's manifest. Raises InputError (`history-damaged`, `history-newer`)."""
    found = layout.read_manifest(view, sequence, run_id)
    if found is None:
        name = layout.manifest_name(sequence, run_id)
        raise layout.damaged(name, "it is missing, though the list of runs names it")
    return found


def verdict(view: View, stored: Stored) -> Verdict:
    """What was judged, without any coverage. Raises InputError (`history-damaged`)."""
    return Reader(view).verdict(stored)


def bare(reader: Reader, stored: Stored) -> RunRecord:
    """The run without its snapshots. Raises InputError (`history-damaged`)."""
    return layout.record_of(stored.manifest.run, {}, reader.verdict(stored))


def places(reader: Reader, stored: Stored) -> list[Place]:
    """Every file of every suite, sorted. Raises InputError (`history-damaged`)."""
    return sorted(Place(suite, path) for suite, paths in reader.paths(stored).items() for path in paths)


def coverage(reader: Reader, stored: Stored, wanted: Sequence[Place]) -> list[FileCoverage]:
    """What each place holds. Raises InputError (`history-damaged`)."""
    by_suite: dict[str, set[str]] = {}
    for place in wanted:
        by_suite.setdefault(place.suite, set()).add(place.path)
    found = reader.coverage(stored, by_suite)
    return [found[place.suite][place.path] for place in wanted]
