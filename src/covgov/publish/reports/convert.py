"""One report in another format: what is written is read back, and whatever differs is named or refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from covgov.errors import InputError
from covgov.ingest.interface import ParsedReport
from covgov.ingest.registry import FORMATS
from covgov.model.snapshot import Identity, Metric, Snapshot
from covgov.publish.reports.registry import WRITERS

EXACT_LINES = "lines"
"""The unit of tools whose own totals count what a report format holds."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """data: the new report. read: what its own reader finds in it. notes: what the original has and this has not."""

    data: bytes
    read: ParsedReport
    notes: tuple[str, ...]


def convert(report: ParsedReport, to: str, where: str) -> Conversion:
    """The report `where` in the format `to`, with the same paths and lines.

    Raises InputError: `report-contradicts` for a report that contradicts itself, `report-matches-nothing` for one
    without files, `report-not-convertible` where the format cannot hold its files or lines.
    """
    if report.faults:
        raise InputError(
            "report-contradicts",
            f"{where}: {report.faults[0]}",
            hint="write the whole report again, in another format if the tool has one; "
            "`covgov inspect` shows both totals",
        )
    if not report.files:
        raise InputError("report-matches-nothing", f"{where}: the {report.format} report names no file")
    data = WRITERS[to].write(_snapshot(report))
    try:
        read = FORMATS[to].parse(data, where)
    except InputError as error:
        raise _not_convertible(where, to, error.message.removeprefix(f"{where}: ")) from None
    if lost := next(_lost(report, read), ""):
        raise _not_convertible(where, to, lost)
    return Conversion(data, read, tuple(_notes(report, read)))


def parts(report: ParsedReport, to: str, most: int, where: str) -> Iterator[Conversion]:
    """The report in as few files of at most `most` bytes as halving by path gives; a source file is never cut."""
    whole = convert(report, to, where)
    if len(whole.data) <= most or len(report.files) == 1:
        yield whole
        return
    paths = sorted(report.files)
    for half in (paths[: len(paths) // 2], paths[len(paths) // 2 :]):
        yield from parts(replace(report, files={path: report.files[path] for path in half}), to, most, where)


def _snapshot(report: ParsedReport) -> Snapshot:
    """Readers of these formats take the version for coverage.py's, so another tool's is left out."""
    found = report.identity
    version = found.version if found.tool == "coverage.py" else ""
    branch = report.counted(Metric.BRANCH).measurable
    return Snapshot("", report.files, Identity(found.tool, version, found.language, branch))


def _lost(report: ParsedReport, read: ParsedReport) -> Iterator[str]:
    """Files and lines that are not the same."""
    yield from (f"the file name {path!r}" for path in sorted(report.files.keys() ^ read.files.keys()))
    for path, file in report.files.items():
        if (file.statements, file.covered) != (read.files[path].statements, read.files[path].covered):
            yield f"the lines of {path}"
    yield from read.faults


def _notes(report: ParsedReport, read: ParsedReport) -> Iterator[str]:
    yield from report.notes
    places = WRITERS[read.format].carries
    if left_out := [name for name in report.carries if name not in places]:
        yield f"left out, as {read.format} has no place for it: {', '.join(left_out)}"
    ours, theirs = report.counted(Metric.BRANCH), read.counted(Metric.BRANCH)
    if ours != theirs and "branches" in places:
        found = f"{theirs.covered}/{theirs.total}"
        yield f"of {ours.covered}/{ours.total} branch exits, {read.format} has a place for {found}"
    if report.unit != EXACT_LINES:
        yield f"the totals of {report.identity.tool} count {report.unit}; lines are written"
    if roots := [root for root in report.roots if root not in {"", "."}]:
        yield f"paths are written as they are; they start from {', '.join(roots)}"


def _not_convertible(where: str, to: str, what: str) -> InputError:
    return InputError(
        "report-not-convertible", f"{where}: {to} cannot hold {what}", hint="choose another format with --to"
    )
