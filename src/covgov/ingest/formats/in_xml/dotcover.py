"""dotCover's detailed XML (`--reportType=DetailedXML`); its plain XML has totals without lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from covgov.errors import InputError
from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

COVERED = {"True": True, "true": True, "False": False, "false": False}


class DotCover:
    """Lines of statements; no branches."""

    name: Final = "dotcover-xml"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        name, attributes = strict_xml.root(head)
        return name == "Root" and b"CoveredStatements=" in attributes

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        names: dict[str, str] = {}
        files: dict[str, FileBuilder] = {}
        stated: Pair = (0, 0)
        listed = [0, 0]
        for element in strict_xml.elements(data, where, ("File", "Statement", "Root")):
            match strict_xml.local(element):
                case "File":
                    path = building.file_path(strict_xml.text(element, "Name"), f"{where}: <File>")
                    names[strict_xml.text(element, "Index")] = path
                    files.setdefault(path, FileBuilder())
                case "Statement":
                    listed[0] += _statement(element, names, files, where)
                    listed[1] += 1
                case _:
                    stated = _count(element, "CoveredStatements", where), _count(element, "TotalStatements", where)
        if not listed[1] and stated[1]:
            raise InputError(
                "report-damaged",
                f"{where}: it has totals of statements, but no statement",
                hint="write it with `--reportType=DetailedXML`",
            )
        problem = building.contradiction("statements", stated, (listed[0], listed[1]))
        return totals.report(self.name, files, {Metric.LINE: stated}, where, unit="statements", problems=(problem,))


_count = strict_xml.count


def _statement(element: _Element, names: dict[str, str], files: dict[str, FileBuilder], where: str) -> bool:
    """Whether it ran."""
    path = names.get(strict_xml.text(element, "FileIndex"))
    ran = COVERED.get(strict_xml.text(element, "Covered"))
    if path is None or ran is None:
        raise damaged(where, f"a statement without {'a file' if path is None else 'Covered'}")
    first, last = _count(element, "Line", where), _count(element, "EndLine", where)
    totals.span(files[path], first, last, ran, f"{where}: {path}")
    return ran
