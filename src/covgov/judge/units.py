"""Counting: covered and total units of a file, of some of its lines, or reached by tests of one attribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from covgov.model import lines
from covgov.model.ratio import ZERO, Ratio
from covgov.model.snapshot import REACHABLE, FileCoverage, Metric, Snapshot

Pick = Callable[[str], bool]


def on_lines(coverage: FileCoverage, wanted: int, metric: Metric) -> Ratio:
    """Units on the wanted lines (a bitmap); a branch exit is on its source line."""
    by_line = Ratio((coverage.covered & wanted).bit_count(), (coverage.statements & wanted).bit_count())
    if metric is Metric.LINE:
        return by_line
    exits = [exit_ for exit_ in coverage.exits if wanted >> exit_[0] & 1]
    taken = set(coverage.taken)
    counted = [(counts, (where & wanted).bit_count()) for counts, where in coverage.by_counts.items()]
    by_exit = Ratio(
        sum([exit_ in taken for exit_ in exits]) + sum([covered * number for (covered, _), number in counted]),
        len(exits) + sum([total * number for (_, total), number in counted]),
    )
    return by_exit if metric is Metric.BRANCH else by_line + by_exit


def on_changed(snapshot: Snapshot, changed: Mapping[str, int], metric: Metric, wanted: Pick) -> Ratio:
    """Changed units of the wanted files that the snapshot measured."""
    measured = [path for path in sorted(changed) if path in snapshot.files and wanted(path)]
    return sum((on_lines(snapshot.files[path], changed[path], metric) for path in measured), ZERO)


def uncovered_on(snapshot: Snapshot, changed: Mapping[str, int]) -> dict[str, str]:
    """Changed executable lines that never ran, as `path -> "40,52-58"`."""
    missing = {p: snapshot.files[p].missing & changed[p] for p in sorted(changed) if p in snapshot.files}
    return {path: lines.spell(bits) for path, bits in missing.items() if bits}


def of_files(snapshot: Snapshot, metric: Metric, attribute: str) -> Ratio:
    """The snapshot's total; with an attribute the lines of `of_attribute`."""
    if not attribute:
        return snapshot.ratio(metric)
    known = snapshot.tells_reachable
    return sum((of_attribute(coverage, attribute, known=known) for coverage in snapshot.files.values()), ZERO)


def of_attribute(coverage: FileCoverage, attribute: str, *, known: bool) -> Ratio:
    """Lines reached by tests tagged `attribute`, of the executable ones.

    What runs when a module is imported is reached by no test, whatever its tag: where that is known, such lines count
    neither as reached nor as executable.
    """
    counted = (
        coverage.statements & ~(coverage.covered & ~coverage.attribute(REACHABLE)) if known else coverage.statements
    )
    return Ratio((coverage.attribute(attribute) & counted).bit_count(), counted.bit_count())


def excluded(snapshot: Snapshot) -> Ratio:
    """Lines excluded from the count, of these and the executable lines together."""
    out = sum(coverage.excluded.bit_count() for coverage in snapshot.files.values())
    return Ratio(out, out + snapshot.ratio(Metric.LINE).total)
