"""A snapshot as Clover XML, in the dialect of Istanbul: `truecount` and `falsecount` are taken and other exits.

Carried: executable and covered lines, number of branch exits per line. Not carried: excluded lines, attributes, what
measured; exits of a line that is no statement. A line counts as one statement. There is no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov.publish.render.parts.safe_text import file_name, xml_attributes
from covgov.publish.reports.exits import by_line, on_statements

carries: Final = frozenset({"lines", "branches"})


def write(snapshot: Snapshot) -> bytes:
    """The document, UTF-8."""
    return "".join(_document(on_statements(snapshot))).encode()


def _document(snapshot: Snapshot) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<coverage generated="0" clover="3.2.0">\n'
    yield '  <project timestamp="0" name="covgov">\n'
    yield _metrics("    ", snapshot, {"files": len(snapshot.files)})
    for path in snapshot.paths:
        coverage = snapshot.files[path]
        yield f"    <file{xml_attributes({'name': file_name(path.rpartition('/')[2]), 'path': file_name(path)})}>\n"
        yield _metrics("      ", coverage, {})
        yield from _lines(coverage)
        yield "    </file>\n"
    yield "  </project>\n</coverage>\n"


def _metrics(indent: str, counted: Snapshot | FileCoverage, others: dict[str, int]) -> str:
    line, branch = counted.ratio(Metric.LINE), counted.ratio(Metric.BRANCH)
    both = line + branch
    values = {
        "statements": line.total,
        "coveredstatements": line.covered,
        "conditionals": branch.total,
        "coveredconditionals": branch.covered,
        "methods": 0,
        "coveredmethods": 0,
        "elements": both.total,
        "coveredelements": both.covered,
    }
    return f"{indent}<metrics{xml_attributes({**values, **others})}/>\n"


def _lines(coverage: FileCoverage) -> Iterator[str]:
    covered, exits = coverage.covered, by_line(coverage)
    for number in lines.numbers(coverage.statements):
        yield f'      <line num="{number}" count="{covered >> number & 1}"{_kind(exits.get(number))}/>\n'


def _kind(share: Ratio | None) -> str:
    if share is None:
        return ' type="stmt"'
    return f' type="cond" truecount="{share.covered}" falsecount="{share.uncovered}"'
