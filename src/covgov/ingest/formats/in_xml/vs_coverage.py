"""Visual Studio's .coveragexml, as Microsoft.CodeCoverage.Console and dotnet-coverage write it.

A range is a piece of code in a file, covered, not covered, or covered in part: then it ran.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from covgov.ingest import building, strict_xml, totals
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import Metric

if TYPE_CHECKING:
    from lxml.etree import _Element

COVERED = {"yes": True, "partial": True, "no": False}


@dataclass(slots=True)
class _Module:
    """names: files by number, which come after the ranges: number of the file, first and last line, whether it ran."""

    names: dict[str, str] = field(default_factory=dict)
    ranges: list[tuple[str, int, int, bool]] = field(default_factory=list)


class VsCoverage:
    """Lines of ranges; no branches."""

    name: Final = "vs-coveragexml"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_xml.root(head)[0] == "results" and b"<modules" in head

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        files: dict[str, FileBuilder] = {}
        module, covered, every, partial = _Module(), 0, 0, 0
        for element in strict_xml.elements(data, where, ("range", "source_file", "module")):
            match strict_xml.local(element):
                case "range":
                    partial += element.get("covered") == "partial"
                    module.ranges.append(_range(element, where))
                case "source_file":
                    path = building.file_path(strict_xml.text(element, "path"), f"{where}: <source_file>")
                    module.names[strict_xml.text(element, "id")] = path
                case _:
                    ran, total = _stated(element, where)
                    covered, every = covered + ran, every + total
                    _add(module, files, where)
                    module = _Module()
        if module.ranges:
            raise damaged(where, "ranges outside of a module")
        stated = {Metric.LINE: (covered, every)}
        held = building.total(building.build_all(files, where).values(), Metric.LINE)
        problem = building.contradiction("lines", (covered, every), held)
        note = f"{partial} ranges are covered in part; their lines count as covered" if partial else ""
        return totals.report(
            self.name,
            files,
            stated,
            where,
            unit="lines of functions",
            dropped=("blocks",),
            problems=(problem, (note, "")),
        )


def _range(element: _Element, where: str) -> tuple[str, int, int, bool]:
    ran = COVERED.get(strict_xml.text(element, "covered"))
    if ran is None:
        raise damaged(where, f"a range with covered={strict_xml.text(element, 'covered')[:40]!r}")
    first, last = (strict_xml.count(element, f"{end}_line", where) for end in ("start", "end"))
    return strict_xml.text(element, "source_id"), first, last, ran


def _add(module: _Module, files: dict[str, FileBuilder], where: str) -> None:
    for path in module.names.values():
        files.setdefault(path, FileBuilder())
    for number, first, last, ran in module.ranges:
        path = module.names.get(number, "")
        if not path:
            raise damaged(where, f"a range of the file {number[:40]!r}, which its module does not have")
        totals.span(files[path], first, last, ran, f"{where}: {path}")


def _stated(module: _Element, where: str) -> Pair:
    covered, partial, missed = (
        strict_xml.count(module, f"lines_{kind}", where) if module.get(f"lines_{kind}") else 0
        for kind in ("covered", "partially_covered", "not_covered")
    )
    return covered + partial, covered + partial + missed
