"""Reports of one suite -> its snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from covgov.errors import InputError
from covgov.ingest.docstrings import drop_docstrings
from covgov.ingest.interface import Analyse, ParsedReport
from covgov.ingest.merge import merge
from covgov.ingest.normalise import match, normalise
from covgov.ingest.read import read_reports
from covgov.ingest.unreadable import notes_on_unreadable
from covgov.model.snapshot import FileCoverage, Origin, Snapshot, TestRun


@dataclass(frozen=True, slots=True)
class CollectionResult:
    """unmatched: paths in the reports that are not files of the repository, sorted."""

    snapshot: Snapshot
    parsed: tuple[ParsedReport, ...]
    unmatched: tuple[str, ...]


def collect(
    suite: str,
    paths: Sequence[Path],
    *,
    root: Path,
    blobs: Mapping[str, str],
    origin: Origin | None,
    tests: TestRun | None,
    analyse: Analyse,
) -> CollectionResult:
    """Read the reports, map their paths to the repository, merge them.

    blobs: path -> git blob id of every file of the repository as it is on disk. Raises InputError for a report that
    cannot be read, `source-changed` for a file that ran and then went, `report-matches-nothing` for a report without
    any file of the repository, and `report-ambiguous` for one with a path that fits several files.
    """
    if not paths:
        raise InputError("report-missing", f"no report is given for suite {suite}")
    parsed = read_reports(paths, analyse)
    snapshots, unmatched = [], set[str]()
    for report in parsed:
        settled, left = _settle(report, root, blobs)
        found = normalise(settled, root=str(root), tree=blobs)
        if found.ambiguous:
            raise _ambiguous(found.ambiguous, paths)
        if not found.files:
            raise _matches_nothing(suite, report, paths)
        unmatched.update(found.unmatched)
        files = {path: replace(file, source=blobs[path]) for path, file in found.files.items()}
        notes = (*left, *notes_on_unreadable(report, root, blobs))
        notes += tuple(f"report paths were rewritten: {rewrite}" for rewrite in found.rewrites)
        snapshots.append(Snapshot(suite, files, report.identity, notes=notes))
    snapshot = replace(merge(snapshots, suite), origin=origin, tests=tests)
    return CollectionResult(snapshot, parsed, tuple(sorted(unmatched)))


def _settle(report: ParsedReport, root: Path, blobs: Mapping[str, str]) -> tuple[ParsedReport, tuple[str, ...]]:
    """The report with surplus lines settled from the source where that is exact, and the remaining notes."""
    if not report.beyond:
        return report, report.notes
    matched = match(report.files, report.roots, root=str(root), tree=blobs).paths
    files, open_lines = dict(report.files), 0
    for path, beyond in report.beyond.items():
        surplus = -beyond.lines_total
        if surplus <= 0:
            continue
        settled = _from_source(files[path], surplus, root, matched.get(path))
        open_lines += surplus if settled is None else 0
        files[path] = settled or files[path]
    notes = [note for note in report.notes if "listed as executed" not in note]
    if open_lines:
        notes.append(f"{open_lines} lines are counted as executed that coverage.py itself does not count")
    return replace(report, files=files), tuple(notes)


def _from_source(file: FileCoverage, surplus: int, root: Path, path: str | None) -> FileCoverage | None:
    if path is None:
        return None
    try:
        return drop_docstrings(file, surplus, (root / path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _ambiguous(ambiguous: Mapping[str, Sequence[str]], paths: Sequence[Path]) -> InputError:
    path, candidates = min(ambiguous.items())
    named = ", ".join(str(report) for report in paths)
    more = f" (and {len(ambiguous) - 1} more paths like it)" if len(ambiguous) > 1 else ""
    return InputError(
        "report-ambiguous",
        f"{named}: {path} fits {candidates[0]} and {candidates[1]}; it is ambiguous{more}",
        hint="write the report with its source roots; in coverage.py set `relative_files = true` and run in the root",
    )


def _matches_nothing(suite: str, report: ParsedReport, paths: Sequence[Path]) -> InputError:
    named = ", ".join(str(path) for path in paths)
    if not report.files:
        return InputError("report-matches-nothing", f"{named}: the {report.format} report of {suite} names no file")
    sample = ", ".join(sorted(report.files)[:3])
    return InputError(
        "report-matches-nothing",
        f"{named}: none of the {len(report.files)} files of the {report.format} report is in the repository ({sample})",
        hint="for a report of another checkout or of installed code, set [paths] in coverage.py's configuration",
    )
