"""Clover XML, as Clover, OpenClover, PHPUnit, Istanbul (Jest, nyc, Vitest), gcovr and ReportGenerator write it.

A method's line is its declaration, which no tool counts as a statement. The two numbers of a condition are how often it
was true and false (Clover), or how many exits were taken and not (Istanbul, ReportGenerator).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits, Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

UNITS = {Metric.LINE: ("coveredstatements", "statements"), Metric.BRANCH: ("coveredconditionals", "conditionals")}
WORDS = {Metric.LINE: "statements", Metric.BRANCH: "branch exits"}
ZERO = (0, 0)


@dataclass(slots=True)
class _Clover:
    """conditions: file, line -> its pairs of numbers. own_hits: whether conditions have a hit count (Istanbul).
    stated: the project's totals; listed: the sum of the files' own."""

    files: dict[str, FileBuilder] = field(default_factory=dict)
    conditions: list[tuple[str, dict[int, list[Pair]]]] = field(default_factory=list)
    own_hits: bool = False
    stated: dict[Metric, Pair] = field(default_factory=dict)
    listed: dict[Metric, Pair] = field(default_factory=dict)


class Clover:
    """Lines exactly; branch exits by number per line."""

    name: Final = "clover"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        name, attributes = strict_xml.root(head)
        return name == "coverage" and b"generated=" in attributes and b"<project" in head

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        read = _Clover()
        projects = 0
        for element in strict_xml.elements(data, where, ("file", "project")):
            if strict_xml.local(element) == "project":
                projects += 1
                read.stated = _plus(read.stated, _metrics(element, where))
            elif next(element.iterancestors("{*}testproject"), None) is None:
                _file(element, read, where)
        if projects == 0:
            raise damaged(where, "no <project> in it")
        _settle(read)
        return _report(read, where)


def _file(element: _Element, read: _Clover, where: str) -> None:
    path = building.file_path(strict_xml.text(element, "path") or strict_xml.text(element, "name"), f"{where}: <file>")
    builder, at = read.files.setdefault(path, FileBuilder()), f"{where}: {path}"
    conditions: dict[int, list[Pair]] = {}
    for line in element.iterchildren("{*}line"):
        number = building.line_number(strict_xml.count(line, "num", at), at)
        kind = strict_xml.text(line, "type")
        if kind not in {"stmt", "cond", "method"}:
            raise damaged(at, f"a line {number} of the type {kind[:40]!r}")
        if kind == "cond":
            pair = strict_xml.count(line, "truecount", at), strict_xml.count(line, "falsecount", at)
            conditions.setdefault(number, []).append(pair)
        if kind == "stmt" or (kind == "cond" and line.get("count")):
            builder.hit(number, strict_xml.count(line, "count", at) > 0)
            read.own_hits = read.own_hits or kind == "cond"
    read.conditions.append((path, conditions))
    read.listed = _plus(read.listed, _metrics(element, at))


def _settle(read: _Clover) -> None:
    """Exits of each line, in the reading that gives the files' own totals."""
    pairs = [pair for _, lines in read.conditions for found in lines.values() for pair in found]
    taken, every = _sum(map(_taken_of_all, pairs)), _sum(map(_true_and_false, pairs))
    known = read.listed.get(Metric.BRANCH)
    reading = _taken_of_all if read.own_hits or (known == taken and known != every) else _true_and_false
    for path, lines in read.conditions:
        builder = read.files[path]
        for number, found in lines.items():
            covered, total = _sum(map(reading, found))
            if total:
                builder.count(number, CountedExits(covered, total))
            if not read.own_hits:
                builder.hit(number, covered > 0)


def _taken_of_all(pair: Pair) -> Pair:
    return pair[0], pair[0] + pair[1]


def _true_and_false(pair: Pair) -> Pair:
    return (pair[0] > 0) + (pair[1] > 0), 2


def _metrics(element: _Element, at: str) -> dict[Metric, Pair]:
    """The totals of a file or of the project, as far as they are in it."""
    found: dict[Metric, Pair] = {}
    for metrics in element.iterchildren("{*}metrics"):
        for metric, (covered, every) in UNITS.items():
            if metrics.get(every) and metrics.get(covered):
                found[metric] = strict_xml.count(metrics, covered, at), strict_xml.count(metrics, every, at)
    return found


def _report(read: _Clover, where: str) -> ParsedReport:
    files = building.build_all(read.files, where)
    held = {metric: building.total(files.values(), metric) for metric in UNITS}
    listed = read.listed or held
    problems = [
        building.contradiction(WORDS[metric], stated, by_file.get(metric, ZERO))
        for totals_, by_file in ((read.stated, listed), (read.listed, held))
        for metric, stated in totals_.items()
    ]
    return totals.report(
        Clover.name,
        read.files,
        read.stated or read.listed,
        where,
        unit="statements",
        dropped=("methods",),
        problems=tuple(problems),
    )


def _plus(one: dict[Metric, Pair], other: dict[Metric, Pair]) -> dict[Metric, Pair]:
    return {metric: _sum((one.get(metric, ZERO), other.get(metric, ZERO))) for metric in {**one, **other}}


def _sum(pairs: Iterable[Pair]) -> Pair:
    found = list(pairs)
    return sum(pair[0] for pair in found), sum(pair[1] for pair in found)
