"""Reports of one suite -> its snapshot."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from covgov.errors import InputError
from covgov.ingest.formats.covgov_snapshot import CovgovSnapshot
from covgov.ingest.interface import Analyse, ParsedReport
from covgov.ingest.merge import merge
from covgov.ingest.places.normalise import NormalisedReport, normalise
from covgov.ingest.places.source_tree import SourceTree
from covgov.ingest.read import read_reports
from covgov.ingest.texts.docstrings import drop_docstrings
from covgov.ingest.texts.other_text import misfit
from covgov.ingest.texts.unreadable import notes_on_unreadable
from covgov.model.snapshot import FileCoverage, Metric, Origin, Snapshot, TestRun
from covgov.model.words import count


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
    tree: SourceTree,
    origin: Origin | None,
    tests: TestRun | None,
    analyse: Analyse,
    start: str = "",
) -> CollectionResult:
    """Read the reports, hold them against the repository, merge them.

    start: the directory in the repository that relative paths start from, "" when nobody said. Raises InputError for a
    report that cannot be read; `report-contradicts` for one that contradicts itself, `report-matches-nothing` for one
    without any file of the repository, `report-ambiguous` for a path that fits several files, `source-changed` for a
    file that ran and then went; and where the tree is what was measured, `report-unplaced` for a file that is not
    there, `report-other-text` for a line that is not or that holds no code.
    """
    if not paths:
        raise InputError("report-missing", f"no report is given for suite {suite}")
    reports = read_reports(paths, analyse)
    found = [_one(_Report(suite, path, parsed), tree, start) for path, parsed in reports]
    merged = merge([snapshot for snapshot, _ in found], suite)
    unmatched = {path for _, paths_left in found for path in paths_left}
    snapshot = replace(merged, origin=origin, tests=tests)
    return CollectionResult(snapshot, tuple(parsed for _, parsed in reports), tuple(sorted(unmatched)))


@dataclass(frozen=True, slots=True)
class _Report:
    suite: str
    path: Path
    parsed: ParsedReport


def _one(report: _Report, tree: SourceTree, start: str) -> tuple[Snapshot, tuple[str, ...]]:
    parsed = report.parsed
    if parsed.faults:
        raise _contradicts(report)
    ours = parsed.format == CovgovSnapshot.name  # its paths start from the top of the repository
    found = normalise(parsed, tree, place=None if ours else _place(report.path, tree), start="" if ours else start)
    if found.ambiguous:
        raise _ambiguous(report, found.ambiguous)
    if not found.files:
        raise _matches_nothing(report)
    counts = [path for path in found.unmatched if parsed.files[path].ratio(Metric.COMBINED).measurable]
    unplaced = [path for path in counts if path in found.unplaced]
    if unplaced and tree.current:
        raise _unplaced(report, unplaced)
    files, left = _settle(parsed, found, tree)
    for path, file in files.items() if tree.current else ():
        text = tree.read(path)
        if text is not None and (why := misfit(file, path, text)):
            raise _other_text(report, why)
    rewritten = (f"report paths were rewritten: {rewrite}" for rewrite in found.rewrites)
    outside = [_outside(counts)] if counts else []
    sources = {path: replace(file, source=tree.blobs[path]) for path, file in files.items()}
    notes = (*left, *notes_on_unreadable(parsed, tree), *rewritten, *outside)
    return Snapshot(report.suite, sources, parsed.identity, notes=notes), found.unmatched


def _place(path: Path, tree: SourceTree) -> str | None:
    """The report's own directory in the repository, None when it lies elsewhere."""
    below = Path(os.path.relpath(path.parent.absolute(), tree.root))
    return None if os.pardir in below.parts else below.as_posix().removeprefix(".")


def _settle(
    report: ParsedReport, found: NormalisedReport, tree: SourceTree
) -> tuple[dict[str, FileCoverage], tuple[str, ...]]:
    """The files, without surplus lines where the source settles them exactly, and the remaining notes."""
    if not report.beyond or report.identity.tool != "coverage.py":
        return found.files, report.notes
    files, open_lines = dict(found.files), 0
    for path, beyond in report.beyond.items():
        surplus, target = -beyond.lines_total, found.targets.get(path)
        if surplus <= 0 or target is None:
            continue
        settled = _from_source(files[target], surplus, tree.read(target))
        open_lines += surplus if settled is None else 0
        files[target] = settled or files[target]
    notes = [note for note in report.notes if "listed as executed" not in note]
    if open_lines:
        notes.append(f"{open_lines} lines are counted as executed that coverage.py itself does not count")
    return files, tuple(notes)


def _from_source(file: FileCoverage, surplus: int, text: bytes | None) -> FileCoverage | None:
    try:
        return None if text is None else drop_docstrings(file, surplus, text.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _contradicts(report: _Report) -> InputError:
    faults = report.parsed.faults
    more = f" (and {count(len(faults) - 1, 'contradiction')} more)" if len(faults) > 1 else ""
    return InputError(
        "report-contradicts",
        f"{report.path}: {faults[0]}{more}",
        hint="write the whole report again, in another format if the tool has one; `covgov inspect` shows both totals",
    )


def _other_text(report: _Report, why: str) -> InputError:
    return InputError(
        "report-other-text",
        f"{report.path}: {why}: it was written for another text",
        hint="run the tests again on this checkout; for compiled or generated code turn source maps on",
    )


def _unplaced(report: _Report, paths: Sequence[str]) -> InputError:
    more = f" (and {count(len(paths) - 1, 'more file')} like it)" if len(paths) > 1 else ""
    return InputError(
        "report-unplaced",
        f"{report.path}: {paths[0]} is in the report, but not in the repository{more}",
        hint="run the tests again on this checkout, leave the file out of the report, let git ignore it, or name the "
        f"directory that its paths start from: `root` in [suites.{report.suite}]",
    )


def _outside(paths: Sequence[str]) -> str:
    named = ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
    return f"not counted, as outside of the repository or ignored by git: {count(len(paths), 'file')} ({named})"


def _ambiguous(report: _Report, ambiguous: Mapping[str, Sequence[str]]) -> InputError:
    path, candidates = min(ambiguous.items())
    base = candidates[0].removesuffix(posixpath.normpath(path)).rstrip("/") or "."
    more = f" (and {len(ambiguous) - 1} more paths like it)" if len(ambiguous) > 1 else ""
    return InputError(
        "report-ambiguous",
        f"{report.path}: {path} fits {candidates[0]} and {candidates[1]}; it is ambiguous{more}",
        hint=f'say which: `root = "{base}"` in [suites.{report.suite}]; or write it with paths from the top of the '
        "repository (coverage.py: `relative_files = true`)",
    )


def _matches_nothing(report: _Report) -> InputError:
    parsed = report.parsed
    if not parsed.files:
        message = f"{report.path}: the {parsed.format} report of {report.suite} names no file"
        return InputError("report-matches-nothing", message)
    sample, files = ", ".join(sorted(parsed.files)[:3]), len(parsed.files)
    return InputError(
        "report-matches-nothing",
        f"{report.path}: none of the {files} files of the {parsed.format} report is in the repository ({sample})",
        hint="for a report of another checkout or of installed code, set [paths] in coverage.py's configuration",
    )
