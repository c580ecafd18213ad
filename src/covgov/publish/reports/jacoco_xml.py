"""A snapshot as JaCoCo XML.

Carried: executable and covered lines, number of branch exits per line. Not carried: excluded lines, attributes, what
measured; exits of a line that is no statement. A line counts as one instruction. A folder is a package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from covgov.model import lines
from covgov.model.ratio import ZERO
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov.publish.render.parts.safe_text import file_name, xml_attributes
from covgov.publish.reports.exits import by_line, on_statements

carries: Final = frozenset({"lines", "branches"})

HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
"""


def write(snapshot: Snapshot) -> bytes:
    """The document, UTF-8."""
    return "".join(_document(on_statements(snapshot))).encode()


def _document(snapshot: Snapshot) -> Iterator[str]:
    yield f'{HEAD}<report name="covgov">\n'
    by_folder = sorted((*_split(path), path) for path in snapshot.paths)
    for folder, members in groupby(by_folder, key=lambda member: member[0]):
        files = {name: snapshot.files[path] for _, name, path in members}
        yield f"  <package{xml_attributes({'name': file_name(folder)})}>\n"
        for name, coverage in files.items():
            yield f"    <sourcefile{xml_attributes({'name': file_name(name)})}>\n"
            yield from _lines(coverage)
            yield from _counters("      ", [coverage])
            yield "    </sourcefile>\n"
        yield from _counters("    ", files.values())
        yield "  </package>\n"
    yield from _counters("  ", snapshot.files.values())
    yield "</report>\n"


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _lines(coverage: FileCoverage) -> Iterator[str]:
    exits = by_line(coverage)
    for number in lines.numbers(coverage.statements):
        ran, share = coverage.covered >> number & 1, exits.get(number, ZERO)
        yield f'      <line nr="{number}" mi="{1 - ran}" ci="{ran}" mb="{share.uncovered}" cb="{share.covered}"/>\n'


def _counters(indent: str, files: Iterable[FileCoverage]) -> Iterator[str]:
    measured = tuple(files)
    for kind, metric in (("BRANCH", Metric.BRANCH), ("LINE", Metric.LINE)):
        ratio = sum((coverage.ratio(metric) for coverage in measured), ZERO)
        if ratio.measurable:
            yield f'{indent}<counter type="{kind}" missed="{ratio.uncovered}" covered="{ratio.covered}"/>\n'
