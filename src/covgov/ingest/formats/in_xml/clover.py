"""Clover XML, as Clover, OpenClover, PHPUnit, Istanbul (Jest, nyc, Vitest), gcovr and ReportGenerator write it.

A method's line is its declaration, which no tool counts as a statement. The two numbers of a condition are how often it
was true and false (Clover), or how many exits were taken and not (Istanbul, ReportGenerator).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.bulk import xml_rows
from covgov.ingest.bulk.xml_rows import Rows
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits, Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

UNITS = {Metric.LINE: ("coveredstatements", "statements"), Metric.BRANCH: ("coveredconditionals", "conditionals")}
WORDS = {Metric.LINE: "statements", Metric.BRANCH: "branch exits"}
ZERO = (0, 0)
_RUN = xml_rows.run_of("line", "num", "count", also='type="stmt"')


@dataclass(slots=True)
class _Clover:
    """conditions: file, line -> its pairs of numbers. own_hits: whether conditions have a hit count (Istanbul).
    stated: the project's totals; listed: the sum of the files' own. rows: runs of statements, number and count each."""

    rows: Rows = ()
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
        return xml_rows.faster(data, _RUN, "line", partial(_parse, where))


def parse_strictly(data: bytes, where: str) -> ParsedReport:
    """The report element by element: the definition of what `xml_rows` makes faster."""
    return _parse(where, data, ())


def _parse(where: str, data: bytes, rows: Rows) -> ParsedReport:
    read = _Clover(rows)
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
    lines: dict[str, list[_Element]] = {"stmt": [], "cond": [], "method": []}
    for line in element.iterchildren("{*}line"):
        if read.rows and (mark := line.get(xml_rows.MARK)):
            row = read.rows[int(mark)]
            builder.hit_all(row[::2], [count > 0 for count in row[1::2]], at)
            continue
        kind = line.get("type") or ""
        if kind not in lines:
            raise damaged(
                at, f"a line {(line.get('num') or '')[:40]} of the type {strict_xml.text(line, 'type')[:40]!r}"
            )
        lines[kind].append(line)
    for number in strict_xml.counts(lines["method"], "num", at):
        building.line_number(number, at)
    conditions = lines["cond"]
    _hits(lines["stmt"], builder, at)
    hit = [line for line in conditions if line.get("count")]
    _hits(hit, builder, at)
    read.own_hits = read.own_hits or bool(hit)
    read.conditions.append((path, _pairs(conditions, at)))
    read.listed = _plus(read.listed, _metrics(element, at))


def _hits(lines: Sequence[_Element], builder: FileBuilder, at: str) -> None:
    ran = strict_xml.counts(lines, "count", at)
    builder.hit_all(strict_xml.counts(lines, "num", at), [count > 0 for count in ran], at)


def _pairs(conditions: Sequence[_Element], at: str) -> dict[int, list[Pair]]:
    """The numbers of the conditions of each line."""
    found: dict[int, list[Pair]] = {}
    columns = (strict_xml.counts(conditions, name, at) for name in ("num", "truecount", "falsecount"))
    for number, true, false in zip(*columns, strict=True):
        found.setdefault(building.line_number(number, at), []).append((true, false))
    return found


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
