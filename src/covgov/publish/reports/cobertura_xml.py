"""A snapshot as Cobertura XML, in the dialect that coverage.py writes.

Carried: executable and covered lines, number of branch exits per line, where missing exits lead. Not carried: where
taken exits lead, excluded lines, attributes. There is no timestamp: the same snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from lxml import etree

from covgov.model import lines
from covgov.model.ratio import Ratio, show
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov.publish.render.safe_text import file_name

DOCTYPE = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'


def write(snapshot: Snapshot) -> bytes:
    """The document, UTF-8."""
    root = etree.Element("coverage", _totals(snapshot))
    etree.SubElement(etree.SubElement(root, "sources"), "source").text = "."
    packages = etree.SubElement(root, "packages")
    for name, paths in _packages(snapshot.paths):
        _package(packages, name, {path: snapshot.files[path] for path in paths})
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, doctype=DOCTYPE, pretty_print=True)


def _totals(snapshot: Snapshot) -> dict[str, str]:
    line, branch = snapshot.ratio(Metric.LINE), snapshot.ratio(Metric.BRANCH)
    return {
        "version": file_name(snapshot.identity.version),
        "timestamp": "0",
        "lines-valid": str(line.total),
        "lines-covered": str(line.covered),
        "line-rate": _rate(line),
        "branches-valid": str(branch.total),
        "branches-covered": str(branch.covered),
        "branch-rate": _rate(branch),
        "complexity": "0",
    }


def _rate(ratio: Ratio) -> str:
    """Floored to four places. The format knows no "nothing to measure"; other writers put 0 there for branches, too."""
    return show(ratio.fraction, 4) if ratio.measurable else "0"


def _packages(paths: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Files by folder, both sorted; the package is named like a Python package."""
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        folder = PurePosixPath(path).parent.as_posix()
        by_folder.setdefault("." if folder == "." else folder.replace("/", "."), []).append(path)
    return sorted(by_folder.items())


def _package(parent: etree._Element, name: str, files: dict[str, FileCoverage]) -> None:
    package = etree.SubElement(parent, "package", {"name": file_name(name), **_rates(files.values())})
    classes = etree.SubElement(package, "classes")
    for path, coverage in files.items():
        names = {"name": file_name(PurePosixPath(path).name), "filename": file_name(path)}
        class_ = etree.SubElement(classes, "class", {**names, **_rates([coverage])})
        etree.SubElement(class_, "methods")
        _lines(etree.SubElement(class_, "lines"), coverage)


def _rates(files: Iterable[FileCoverage]) -> dict[str, str]:
    line, branch = Ratio(0, 0), Ratio(0, 0)
    for coverage in files:
        line += coverage.ratio(Metric.LINE)
        branch += coverage.ratio(Metric.BRANCH)
    return {"line-rate": _rate(line), "branch-rate": _rate(branch), "complexity": "0"}


def _lines(parent: etree._Element, coverage: FileCoverage) -> None:
    branches = _branches(coverage)
    for number in lines.numbers(coverage.statements):
        hits = str(coverage.covered >> number & 1)
        etree.SubElement(parent, "line", {"number": str(number), "hits": hits, **branches.get(number, {})})


def _branches(coverage: FileCoverage) -> dict[int, dict[str, str]]:
    """Branch attributes by line. Exits of a line that is no statement have no place in the format and are left out."""
    totals: dict[int, Ratio] = {entry.line: Ratio(entry.covered, entry.total) for entry in coverage.counted}
    missing: dict[int, list[str]] = {}
    taken = set(coverage.taken)
    for source, destination in coverage.exits:
        hit = (source, destination) in taken
        totals[source] = totals.get(source, Ratio(0, 0)) + Ratio(int(hit), 1)
        if not hit:
            missing.setdefault(source, []).append(str(destination) if destination > 0 else "exit")
    return {line: _condition(ratio, missing.get(line, ())) for line, ratio in totals.items() if ratio.measurable}


def _condition(ratio: Ratio, missing: Iterable[str]) -> dict[str, str]:
    covered = f"{show(ratio.fraction * 100, 0)}% ({ratio.covered}/{ratio.total})"
    named = ",".join(missing)
    return {"branch": "true", "condition-coverage": covered, **({"missing-branches": named} if named else {})}
