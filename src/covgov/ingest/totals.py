"""Shared by the formats whose tools count statements, sequence points or blocks, and write totals of their own, and by
those that have totals alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from covgov.ingest import building
from covgov.ingest.building import WORDS, FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model.snapshot import FileCoverage, Identity, Metric

MOST_SPANNED = 10_000
"""Lines of one statement."""


def span(builder: FileBuilder, first: int, last: int, ran: bool, at: str) -> None:
    """Add the lines of a statement. Raises InputError for impossible ones."""
    building.line_number(first, at)
    building.line_number(last, at)
    if not first <= last <= first + MOST_SPANNED:
        raise damaged(at, f"a statement from line {first} to line {last}")
    if first == last:
        builder.hit(first, ran)
    else:
        builder.spans.append((first, last, ran))


def beyond(stated: Mapping[Metric, Pair], files: Mapping[str, FileCoverage]) -> dict[str, SummaryDifference]:
    """The tool's totals minus what the files hold, under no file's name."""
    statements, exits = (
        _minus(stated[metric], building.total(files.values(), metric)) if metric in stated else (0, 0)
        for metric in (Metric.LINE, Metric.BRANCH)
    )
    found = SummaryDifference(*statements, *exits)
    return {"": found} if found else {}


def report(
    name: str,
    builders: Mapping[str, FileBuilder],
    stated: Mapping[Metric, Pair],
    where: str,
    *,
    unit: str,
    dropped: tuple[str, ...] = (),
    problems: tuple[tuple[str, str], ...] = (),
) -> ParsedReport:
    """A report with totals of its own. problems: (note, fault) each, as `building.contradiction` gives them.

    Raises InputError for totals of which more is covered than there is.
    """
    for metric, (covered, every) in stated.items():
        if covered > every:
            raise damaged(
                where, f"its summary has {covered} of {every} {unit if metric is Metric.LINE else 'branches'} covered"
            )
    files = building.build_all(builders, where)
    branches = any(file.counted for file in files.values())
    carries, lacks = building.capabilities({"lines", *(["branches"] if branches else [])})
    return ParsedReport(
        format=name,
        identity=Identity(name, branch=branches),
        files=files,
        carries=carries,
        lacks=lacks,
        dropped=dropped if files else (),
        notes=tuple(note for note, _ in problems if note),
        beyond=beyond(stated, files),
        claims=building.claims(stated),
        faults=tuple(fault for _, fault in problems if fault),
        unit=unit,
    )


Totals = Mapping[Metric, Pair]
"""Covered and total lines and branch exits, as the tool states them."""


def without_lines(
    name: str, tool: str, files: Iterable[tuple[str, Totals]], stated: Totals, where: str, *, instead: str
) -> ParsedReport:
    """A report of totals alone, which `inspect` shows and no gate believes. instead: the command that writes lines.

    Raises InputError for totals of which more is covered than there is.
    """
    found: dict[str, SummaryDifference] = {}
    for path, totals in files:
        building.file_path(path, where)
        found[path] = _added(found.get(path, SummaryDifference()), _checked(totals, f"{where}: {path}"))
    carries, lacks = building.capabilities(())
    parsed = ParsedReport(
        format=name,
        identity=Identity(tool),
        files=building.build_all({path: FileBuilder() for path in found}, where),
        carries=carries,
        lacks=lacks,
        beyond=found,
        claims=building.claims(_checked(stated, where)),
        faults=(f"it has totals without lines, which no gate can judge; {instead}",),
    )
    sums = ((metric, pair, parsed.stated(metric)) for metric, pair in stated.items())
    differing = tuple(
        f"its total is {pair[0]}/{pair[1]} {WORDS[metric]}, its files add up to {summed.covered}/{summed.total}"
        for metric, pair, summed in sums
        if pair != (summed.covered, summed.total)
    )
    return replace(parsed, faults=(*parsed.faults, *differing))


def _checked(totals: Totals, at: str) -> Totals:
    for metric, (covered, every) in totals.items():
        if covered > every:
            raise damaged(at, f"{covered} of {every} {WORDS[metric]} covered")
    return totals


def _added(before: SummaryDifference, totals: Totals) -> SummaryDifference:
    (covered, every), (taken, exits) = totals.get(Metric.LINE, (0, 0)), totals.get(Metric.BRANCH, (0, 0))
    return SummaryDifference(
        before.lines_covered + covered,
        before.lines_total + every,
        before.exits_covered + taken,
        before.exits_total + exits,
    )


def _minus(stated: Pair, held: Pair) -> Pair:
    return stated[0] - held[0], stated[1] - held[1]
