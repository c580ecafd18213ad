"""OpenCover XML, as OpenCover, AltCover, Coverlet and ReportGenerator write it.

What is counted are sequence points, each of which spans lines: all of these are held, and ran if one of their points
did. OpenCover's own total of branches has one more per method, for its entry.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits, Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

HIDDEN = 0xFEEFEE
"""The line of code that compilers write without a source."""


@dataclass(slots=True)
class _OpenCover:
    """names: the module's files by number. exits: (file, line) -> (method and place) -> whether it was taken."""

    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, FileBuilder] = field(default_factory=dict)
    exits: dict[tuple[str, int], dict[tuple[str, ...], bool]] = field(default_factory=dict)
    points: Pair = (0, 0)
    methods: int = 0
    stated: dict[Metric, Pair] = field(default_factory=dict)


class OpenCover:
    """Lines of sequence points; branch exits by number per line."""

    name: Final = "opencover"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_xml.root(head)[0] == "CoverageSession"

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        read = _OpenCover()
        for element in strict_xml.elements(data, where, ("File", "Method", "Module", "CoverageSession")):
            match strict_xml.local(element):
                case "File":
                    path = building.file_path(strict_xml.text(element, "fullPath"), f"{where}: <File>")
                    read.names[strict_xml.text(element, "uid")] = path
                    read.files.setdefault(path, FileBuilder())
                case "Method":
                    _method(element, read, where)
                case "Module":
                    read.names = {}
                case _:
                    read.stated = _summary(element, where)
        for (path, line), taken in read.exits.items():
            read.files[path].count(line, CountedExits(sum(taken.values()), len(taken)))
        return _report(read, where)


def _method(method: _Element, read: _OpenCover, where: str) -> None:
    reference = method.find("{*}FileRef")
    usual = "" if reference is None else strict_xml.text(reference, "uid")
    points: list[tuple[int, str, int]] = []
    for point in method.iterfind("{*}SequencePoints/{*}SequencePoint"):
        path = _path(point, usual, read, where)
        first = strict_xml.count(point, "sl", where)
        if first == HIDDEN:
            continue
        last = strict_xml.count(point, "el", where) if point.get("el") else first
        ran = strict_xml.count(point, "vc", where) > 0
        totals.span(read.files[path], first, last, ran, f"{where}: {path}")
        points.append((_offset(point, where), path, first))
        read.points = read.points[0] + ran, read.points[1] + 1
    read.methods += bool(points)
    points.sort()
    name = method.findtext("{*}Name") or ""
    for branch in method.iterfind("{*}BranchPoints/{*}BranchPoint"):
        _branch(branch, name, usual, points, read, where)


def _branch(
    branch: _Element, method: str, usual: str, points: list[tuple[int, str, int]], read: _OpenCover, where: str
) -> None:
    """A branch belongs to its line or, in old versions, to the last sequence point before it."""
    offset = _offset(branch, where)
    if branch.get("sl"):
        path, line = _path(branch, usual, read, where), strict_xml.count(branch, "sl", where)
    else:
        before = bisect_right(points, offset, key=itemgetter(0))
        if not before:
            return
        _, path, line = points[before - 1]
    if line == HIDDEN:
        return
    key = path, building.line_number(line, f"{where}: {path}")
    place = method, *(strict_xml.text(branch, part) for part in ("offset", "offsetchain", "path", "ordinal"))
    taken = read.exits.setdefault(key, {})
    taken[place] = taken.get(place, False) or strict_xml.count(branch, "vc", where) > 0


def _offset(point: _Element, where: str) -> int:
    # Coverlet's sequence points have none, and its branches have lines
    return strict_xml.count(point, "offset", where) if point.get("offset") else 0


def _path(point: _Element, usual: str, read: _OpenCover, where: str) -> str:
    number = strict_xml.text(point, "fileid") or usual
    if number not in read.names:
        raise damaged(where, f"a point of the file {number[:40]!r}, which the module does not have")
    return read.names[number]


def _summary(session: _Element, where: str) -> dict[Metric, Pair]:
    summary = session.find("{*}Summary")
    if summary is None:
        return {}
    names = {Metric.LINE: "SequencePoints", Metric.BRANCH: "BranchPoints"}
    return {
        metric: (strict_xml.count(summary, f"visited{name}", where), strict_xml.count(summary, f"num{name}", where))
        for metric, name in names.items()
    }


def _report(read: _OpenCover, where: str) -> ParsedReport:
    problems = []
    if Metric.LINE in read.stated:
        problems.append(building.contradiction("sequence points", read.stated[Metric.LINE], read.points))
    exits = sum(map(len, read.exits.values()))
    every = read.stated.get(Metric.BRANCH, (0, exits))[1]
    if every not in {exits, exits + read.methods}:
        problems.append((f"its summary has {every} branches, its lines have {exits}", ""))
    return totals.report(
        OpenCover.name,
        read.files,
        read.stated,
        where,
        unit="sequence points",
        dropped=("methods", "entries of methods among the branches"),
        problems=tuple(problems),
    )
