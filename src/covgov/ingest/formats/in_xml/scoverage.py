"""scoverage's XML, as sbt-scoverage, Mill and the Maven and Gradle plug-ins write it.

A statement is an expression, of which a line has many; one that begins an arm of an `if`, `match` or `try` is a branch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits, Metric

if TYPE_CHECKING:
    from lxml.etree import _Element


class Scoverage:
    """Lines of statements; branch exits by number per line."""

    name: Final = "scoverage"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        name, attributes = strict_xml.root(head)
        return name == "scoverage" and b"statement-count=" in attributes

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        files: dict[str, FileBuilder] = {}
        exits: dict[tuple[str, int], list[bool]] = {}
        statements: list[bool] = []
        stated: Pair = (0, 0)
        for element in strict_xml.elements(data, where, ("class", "scoverage")):
            if strict_xml.local(element) == "scoverage":
                covered, every = (
                    strict_xml.count(element, key, where) for key in ("statements-invoked", "statement-count")
                )
                stated = covered, every
                continue
            path = building.file_path(strict_xml.text(element, "filename"), f"{where}: <class>")
            builder = files.setdefault(path, FileBuilder())
            counted = (each for each in element.iterdescendants("{*}statement") if each.get("ignored") != "true")
            statements += [_statement(each, path, builder, exits, where) for each in counted]
        for (path, line), taken in exits.items():
            files[path].count(line, CountedExits(sum(taken), len(taken)))
        problem = building.contradiction("statements", stated, (sum(statements), len(statements)))
        return totals.report(
            self.name, files, {Metric.LINE: stated}, where, unit="statements", dropped=("methods",), problems=(problem,)
        )


def _statement(
    element: _Element, path: str, builder: FileBuilder, exits: dict[tuple[str, int], list[bool]], where: str
) -> bool:
    """Whether it ran."""
    at = f"{where}: {path}"
    line = building.line_number(strict_xml.count(element, "line", at), at)
    ran = strict_xml.count(element, "invocation-count", at) > 0
    builder.hit(line, ran)
    if strict_xml.text(element, "branch") == "true":
        exits.setdefault((path, line), []).append(ran)
    return ran
