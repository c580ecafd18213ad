"""Files of a run and their lines on the wire. Lists of lines are text: `40,52-58`."""

from __future__ import annotations

from covgov.hub.api.wire.figures import Figure, WireModel
from covgov.model.lines import spell
from covgov.model.snapshot import FileCoverage, Metric


class FileLine(WireModel):
    """A file as measured by one suite. source: git blob id of the measured text, null when unknown."""

    suite: str
    path: str
    lines: Figure
    branches: Figure
    combined: Figure
    source: str | None


class FilePage(WireModel):
    """Sorted by suite, then path. next: the `after` of the next page, null on the last."""

    run: str
    items: list[FileLine]
    next: str | None


class BranchExit(WireModel):
    """From a line to a line; a target below 1 leaves the code object, as coverage.py spells it."""

    source: int
    target: int
    taken: bool


class CountedBranches(WireModel):
    """Branch exits of a line, known only by number."""

    line: int
    covered: int
    total: int


class LineSets(WireModel):
    """One file's lines. statements: executable lines, each either covered or missing. partial: covered lines
    with an exit never taken. excluded: lines excluded from measurement. attributes: tag -> covered lines that
    tests with this tag reach."""

    file: FileLine
    statements: str
    covered: str
    missing: str
    partial: str
    excluded: str
    exits: list[BranchExit]
    counted: list[CountedBranches]
    attributes: dict[str, str]


class FileLines(WireModel):
    """A file in one run. suites: per suite, by name; merged: their union, null when the suites measured different
    versions of it."""

    run: str
    path: str
    suites: list[LineSets]
    merged: LineSets | None


def line(suite: str, path: str, coverage: FileCoverage) -> FileLine:
    """One file in figures."""
    return FileLine(
        suite=suite,
        path=path,
        lines=coverage.ratio(Metric.LINE),
        branches=coverage.ratio(Metric.BRANCH),
        combined=coverage.ratio(Metric.COMBINED),
        source=coverage.source or None,
    )


def sets(suite: str, path: str, coverage: FileCoverage) -> LineSets:
    """One file line by line."""
    taken = set(coverage.taken)
    return LineSets(
        file=line(suite, path, coverage),
        statements=spell(coverage.statements),
        covered=spell(coverage.covered),
        missing=spell(coverage.missing),
        partial=spell(coverage.partial),
        excluded=spell(coverage.excluded),
        exits=[BranchExit(source=e[0], target=e[1], taken=e in taken) for e in coverage.exits],
        counted=[
            CountedBranches(line=line, covered=exits.covered, total=exits.total)
            for line, exits in coverage.by_number.items()
        ],
        attributes={tag: spell(bits) for tag, bits in coverage.attributes},
    )
