"""A snapshot as an LCOV tracefile.

Carried: executable and covered lines, branch exits by name. Not carried: excluded lines, attributes, what measured.
Hit counts are 1 and 0: a snapshot knows whether a line ran, not how often. Exits are named as coverage.py names them,
so that their destination survives; those that leave the code object are distinguished by a number only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from covgov.model import lines
from covgov.model.snapshot import Exit, FileCoverage, Metric, Snapshot
from covgov.publish.render.parts.safe_text import file_name

carries: Final = frozenset({"lines", "branches", "exits"})


def write(snapshot: Snapshot) -> bytes:
    """The tracefile, UTF-8."""
    records = ("\n".join([*_record(path, snapshot.files[path]), ""]) for path in snapshot.paths)
    return "".join(records).encode()


def _record(path: str, coverage: FileCoverage) -> Iterator[str]:
    yield f"SF:{file_name(path)}"
    covered = coverage.covered
    yield from [f"DA:{number},{covered >> number & 1}" for number in lines.numbers(coverage.statements)]
    ratio = coverage.ratio(Metric.LINE)
    yield f"LF:{ratio.total}"
    yield f"LH:{ratio.covered}"
    branches = coverage.ratio(Metric.BRANCH)
    if branches.measurable:
        yield from _branches(coverage)
        yield f"BRF:{branches.total}"
        yield f"BRH:{branches.covered}"
    yield "end_of_record"


def _branches(coverage: FileCoverage) -> Iterator[str]:
    taken = set(coverage.taken)
    branches = [(exit_[0], _exit(exit_), exit_ in taken) for exit_ in coverage.exits]
    for line, exits in coverage.by_number.items():
        branches += [(line, str(index), index < exits.covered) for index in range(exits.total)]
    for line, name, hit in sorted(branches, key=lambda branch: branch[0]):
        # a line that never ran has branches that were never evaluated, which LCOV marks with a dash
        yield f"BRDA:{line},0,{name},{int(hit) if hit or coverage.covered >> line & 1 else '-'}"


def _exit(exit_: Exit) -> str:
    return f"jump to line {exit_[1]}" if exit_[1] > 0 else f"exit {-exit_[1]}"
