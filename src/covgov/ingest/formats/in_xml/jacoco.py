"""JaCoCo XML, as JaCoCo's Maven and Gradle plug-ins, Kover and gcovr write it (report.dtd 1.0 and 1.1).

Groups nest to any depth, and name modules: a file is where its package and its name say, below a source root that the
report does not know. Files of one path in two groups are merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits, Identity, Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

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
                known += _read(source, files.setdefault(path, FileBuilder()), f"{where}: {path}")
        if known == 0 and any(file.hits for file in files.values()):
            # gcovr writes lines without instructions: whether they ran is unknown
            files = dict.fromkeys(files, FileBuilder())
            return _report(files, stated, where, unknown=True)
        return _report(files, stated, where)


def _read(source: _Element, builder: FileBuilder, at: str) -> int:
    """The number of lines with a count of instructions."""
    known = 0
    for line in source.iterchildren("{*}line"):
        number = building.line_number(strict_xml.count(line, "nr", at), at)
        known += line.get("ci") is not None or line.get("mi") is not None
        ran, missed, covered = (strict_xml.count(line, key, at) if line.get(key) else 0 for key in ("ci", "mb", "cb"))
        builder.hit(number, ran > 0)
        if missed + covered:
            builder.count(number, CountedExits(covered, missed + covered))
    return known


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
    words = {Metric.LINE: "lines", Metric.BRANCH: "branch exits"}
    pairs = [building.contradiction(words[metric], stated[metric], listed[metric]) for metric in stated]
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
