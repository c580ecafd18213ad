"""A snapshot as Cobertura XML, in the dialect that coverage.py writes.

Carried: executable and covered lines, number of branch exits per line, where missing exits lead. Not carried: where
taken exits lead, exits of a line that is no statement, excluded lines, attributes. There is no timestamp: the same
snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from covgov.model import lines
from covgov.model.ratio import Ratio, show
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov.publish.render.parts.safe_text import file_name, xml_attributes
from covgov.publish.reports.exits import on_statements

carries: Final = frozenset({"lines", "branches"})

HEAD = """\
<?xml version='1.0' encoding='utf-8'?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
"""


def write(snapshot: Snapshot) -> bytes:
    """The document, UTF-8."""
    return "".join(_document(on_statements(snapshot))).encode()


def _document(snapshot: Snapshot) -> Iterator[str]:
    yield f"{HEAD}<coverage{xml_attributes(_totals(snapshot))}>\n"
    yield "  <sources>\n    <source>.</source>\n  </sources>\n"
    yield "  <packages>\n" if snapshot.files else "  <packages/>\n"
    for name, paths in _packages(snapshot.paths):
        yield from _package(name, {path: snapshot.files[path] for path in paths})
    yield "  </packages>\n</coverage>\n" if snapshot.files else "</coverage>\n"


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


def _package(name: str, files: dict[str, FileCoverage]) -> Iterator[str]:
    yield f"    <package{xml_attributes({'name': file_name(name), **_rates(files.values())})}>\n      <classes>\n"
    for path, coverage in files.items():
        names = {"name": file_name(PurePosixPath(path).name), "filename": file_name(path)}
        yield f"        <class{xml_attributes({**names, **_rates([coverage])})}>\n          <methods/>\n"
        yield _lines(coverage)
        yield "        </class>\n"
    yield "      </classes>\n    </package>\n"


def _rates(files: Iterable[FileCoverage]) -> dict[str, str]:
    line, branch = Ratio(0, 0), Ratio(0, 0)
    for coverage in files:
        line += coverage.ratio(Metric.LINE)
        branch += coverage.ratio(Metric.BRANCH)
    return {"line-rate": _rate(line), "branch-rate": _rate(branch), "complexity": "0"}


def _lines(coverage: FileCoverage) -> str:
    branches, covered = _branches(coverage), coverage.covered
    written = [
        f'            <line number="{number}" hits="{covered >> number & 1}"{branches.get(number, "")}/>\n'
        for number in lines.numbers(coverage.statements)
    ]
    return f"          <lines>\n{''.join(written)}          </lines>\n" if written else "          <lines/>\n"


def _branches(coverage: FileCoverage) -> dict[int, str]:
    """Branch attributes by line."""
    totals = {line: (exits.covered, exits.total) for line, exits in coverage.by_number.items() if exits.total}
    missing: dict[int, list[str]] = {}
    taken = set(coverage.taken)
    for source, destination in coverage.exits:
        hit = (source, destination) in taken
        covered, total = totals.get(source, (0, 0))
        totals[source] = (covered + hit, total + 1)
        if not hit:
            missing.setdefault(source, []).append(str(destination) if destination > 0 else "exit")
    return {line: _condition(*counts) + _named(missing.get(line, ())) for line, counts in totals.items()}


@lru_cache
def _condition(covered: int, total: int) -> str:
    return f' branch="true" condition-coverage="{show(Fraction(covered, total) * 100, 0)}% ({covered}/{total})"'


def _named(missing: Sequence[str]) -> str:
    return f' missing-branches="{",".join(missing)}"' if missing else ""
