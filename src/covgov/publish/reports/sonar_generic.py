"""A snapshot as SonarQube's generic test coverage.

Carried: executable and covered lines, number of branch exits per line. Not carried: excluded lines, attributes, what
measured; exits of a line that is no statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Snapshot
from covgov.publish.render.parts.safe_text import file_name, xml_attributes
from covgov.publish.reports.exits import by_line, on_statements

carries: Final = frozenset({"lines", "branches"})


def write(snapshot: Snapshot) -> bytes:
    """The document, UTF-8."""
    return "".join(_document(on_statements(snapshot))).encode()


def _document(snapshot: Snapshot) -> Iterator[str]:
    yield '<coverage version="1">\n'
    for path in snapshot.paths:
        yield f"  <file{xml_attributes({'path': file_name(path)})}>\n"
        yield from _lines(snapshot.files[path])
        yield "  </file>\n"
    yield "</coverage>\n"


def _lines(coverage: FileCoverage) -> Iterator[str]:
    exits = by_line(coverage)
    for number in lines.numbers(coverage.statements):
        ran = "true" if coverage.covered >> number & 1 else "false"
        yield f'    <lineToCover lineNumber="{number}" covered="{ran}"{_branches(exits.get(number))}/>\n'


def _branches(share: Ratio | None) -> str:
    return "" if share is None else f' branchesToCover="{share.total}" coveredBranches="{share.covered}"'
