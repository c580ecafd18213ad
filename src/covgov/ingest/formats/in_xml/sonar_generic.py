"""SonarQube's generic test coverage, as gcovr and other converters write it (version 1)."""

from __future__ import annotations

from collections.abc import Sequence
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
            _read(list(element.iterchildren("{*}lineToCover")), builder, at)
        return totals.report(self.name, files, {}, where, unit="lines")


def _read(lines: Sequence[_Element], builder: FileBuilder, at: str) -> None:
    numbers = strict_xml.counts(lines, "lineNumber", at)
    builder.hit_all(numbers, [_ran(line, at) for line in lines], at)
    exits = (strict_xml.counts(lines, key, at, absent="0") for key in ("branchesToCover", "coveredBranches"))
    for number, total, covered in zip(numbers, *exits, strict=True):
        if covered > total:
            raise damaged(at, f"line {number} has {covered} of {total} branches covered")
        if total:
            builder.count(number, CountedExits(covered, total))


def _ran(line: _Element, at: str) -> bool:
    ran = COVERED.get(line.get("covered") or "")
    if ran is None:
        number, covered = (strict_xml.text(line, name)[:40] for name in ("lineNumber", "covered"))
        raise damaged(at, f"line {number} has covered={covered!r}")
    return ran
