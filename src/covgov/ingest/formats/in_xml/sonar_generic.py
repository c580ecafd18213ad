"""SonarQube's generic test coverage, as gcovr and other converters write it (version 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits

if TYPE_CHECKING:
    from lxml.etree import _Element

COVERED = {"true": True, "1": True, "false": False, "0": False}


class SonarGeneric:
    """Lines exactly; branch exits by number per line."""

    name: Final = "sonar-generic"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        name, attributes = strict_xml.root(head)
        return name == "coverage" and b"version=" in attributes and b"<file" in head and b"<project" not in head

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        files: dict[str, FileBuilder] = {}
        for element in strict_xml.elements(data, where, ("file",)):
            path = building.file_path(strict_xml.text(element, "path"), f"{where}: <file>")
            builder, at = files.setdefault(path, FileBuilder()), f"{where}: {path}"
            for line in element.iterchildren("{*}lineToCover"):
                _line(line, builder, at)
        return totals.report(self.name, files, {}, where, unit="lines")


def _line(line: _Element, builder: FileBuilder, at: str) -> None:
    number = building.line_number(strict_xml.count(line, "lineNumber", at), at)
    ran = COVERED.get(strict_xml.text(line, "covered"))
    if ran is None:
        raise damaged(at, f"line {number} has covered={strict_xml.text(line, 'covered')[:40]!r}")
    builder.hit(number, ran)
    if line.get("branchesToCover"):
        total = strict_xml.count(line, "branchesToCover", at)
        covered = strict_xml.count(line, "coveredBranches", at) if line.get("coveredBranches") else 0
        if covered > total:
            raise damaged(at, f"line {number} has {covered} of {total} branches covered")
        if total:
            builder.count(number, CountedExits(covered, total))
