"""A snapshot as Codecov's own JSON.

Carried: executable and covered lines, number of branch exits per line. Not carried: excluded lines, attributes, what
measured. A line with exits has no hit count but `TAKEN/ALL`, which reads as not run when none was taken: exits that
contradict their line are left out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from covgov.model import lines
from covgov.model.snapshot import FileCoverage, Snapshot
from covgov.publish.render.parts.safe_text import file_name
from covgov.publish.reports.exits import by_line, on_statements

carries: Final = frozenset({"lines", "branches"})


def write(snapshot: Snapshot) -> bytes:
    """The document, one line, UTF-8."""
    placed = on_statements(snapshot)
    return msgspec.json.encode({"coverage": {file_name(path): _hits(placed.files[path]) for path in placed.paths}})


def _hits(coverage: FileCoverage) -> dict[str, int | str]:
    covered, exits = coverage.covered, by_line(coverage)
    hits: dict[str, int | str] = {str(number): covered >> number & 1 for number in lines.numbers(coverage.statements)}
    agree = {number: share for number, share in exits.items() if (share.covered > 0) == covered >> number & 1}
    return hits | {str(number): f"{share.covered}/{share.total}" for number, share in agree.items()}
