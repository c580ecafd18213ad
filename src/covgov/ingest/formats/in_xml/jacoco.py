"""JaCoCo XML, as JaCoCo's Maven and Gradle plug-ins, Kover and gcovr write it (report.dtd 1.0 and 1.1).

Groups nest to any depth, and name modules: a file is where its package and its name say, below a source root that the
report does not know. Files of one path in two groups are merged.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair
from covgov.ingest.bulk import xml_rows
from covgov.ingest.bulk.xml_rows import Rows
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits, Identity, Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

COLUMNS = ("nr", "mi", "ci", "mb", "cb")
_RUN = xml_rows.run_of("line", *COLUMNS)
COUNTERS = {"LINE": Metric.LINE, "BRANCH": Metric.BRANCH}


class Jacoco:
    """Lines exactly; branch exits by number per line."""

    name: Final = "jacoco"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        name, attributes = strict_xml.root(head)
        jacoco = b"JACOCO" in head or b"<sessioninfo" in head or b"<package" in head or b"<group" in head
        return name == "report" and b"name=" in attributes and jacoco

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        return xml_rows.faster(data, _RUN, "line", partial(_parse, where))


def parse_strictly(data: bytes, where: str) -> ParsedReport:
    """The report element by element: the definition of what `xml_rows` makes faster."""
    return _parse(where, data, ())


def _parse(where: str, data: bytes, rows: Rows) -> ParsedReport:
    files: dict[str, FileBuilder] = {}
    stated: dict[Metric, Pair] = {}
    known = 0
    for element in strict_xml.elements(data, where, ("package", "report")):
        if strict_xml.local(element) == "report":
            stated = _stated(element, where)
            continue
        package = strict_xml.text(element, "name")
        for source in element.iterchildren("{*}sourcefile"):
            path = "/".join(filter(None, (package, strict_xml.text(source, "name"))))
            path = building.file_path(path, f"{where}: <sourcefile>")
            known += _read(source, rows, files.setdefault(path, FileBuilder()), f"{where}: {path}")
    if known == 0 and any(file.hits for file in files.values()):
        # gcovr writes lines without instructions: whether they ran is unknown
        files = dict.fromkeys(files, FileBuilder())
        return _report(files, stated, where, unknown=True)
    return _report(files, stated, where)


def _read(source: _Element, rows: Rows, builder: FileBuilder, at: str) -> int:
    """The number of lines with a count of instructions."""
    known = 0
    single: list[_Element] = []
    for line in source.iterchildren("{*}line"):
        mark = line.get(xml_rows.MARK) if rows else None
        if mark is None:
            single.append(line)
        else:
            row = rows[int(mark)]
            numbers, _, ran, missed, covered = (row[column :: len(COLUMNS)] for column in range(len(COLUMNS)))
            _add(numbers, ran, missed, covered, builder, at)
            known += len(numbers)
    ran, missed, covered = (strict_xml.counts(single, key, at, absent="0") for key in ("ci", "mb", "cb"))
    _add(strict_xml.counts(single, "nr", at), ran, missed, covered, builder, at)
    return known + sum(line.get("ci") is not None or line.get("mi") is not None for line in single)


def _add(
    numbers: list[int], ran: list[int], missed: list[int], covered: list[int], builder: FileBuilder, at: str
) -> None:
    builder.hit_all(numbers, [count > 0 for count in ran], at)
    for number, miss, cover in zip(numbers, missed, covered, strict=True):
        if miss + cover:
            builder.count(number, CountedExits(cover, miss + cover))


def _stated(element: _Element, where: str) -> dict[Metric, Pair]:
    found: dict[Metric, Pair] = {}
    for counter in element.iterchildren("{*}counter"):
        metric = COUNTERS.get(strict_xml.text(counter, "type"))
        if metric is not None:
            covered, missed = (strict_xml.count(counter, key, where) for key in ("covered", "missed"))
            found[metric] = covered, covered + missed
    return found


def _report(
    builders: dict[str, FileBuilder], stated: dict[Metric, Pair], where: str, *, unknown: bool = False
) -> ParsedReport:
    files = building.build_all(builders, where)
    listed = {metric: building.total(files.values(), metric) for metric in stated}
    pairs = [building.contradiction(building.WORDS[metric], stated[metric], listed[metric]) for metric in stated]
    branches = any(file.counted for file in files.values())
    carries, lacks = building.capabilities({"lines", *(["branches"] if branches else [])})
    notes = ["its lines have no counts of instructions, so whether they ran is unknown"] if unknown else []
    return ParsedReport(
        format=Jacoco.name,
        identity=Identity(Jacoco.name, branch=branches),
        files=files,
        carries=carries,
        lacks=lacks,
        dropped=("methods and instructions",) if files else (),
        beyond=totals.beyond(stated, files) if unknown else {},
        notes=(*(note for note, _ in pairs if note), *notes),
        claims=building.claims(stated),
        faults=tuple(fault for _, fault in pairs if fault),
    )
