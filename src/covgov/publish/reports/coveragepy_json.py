"""A snapshot in the layout of coverage.py's JSON report, format 3.

Carried: lines, exact branch exits, excluded lines, attributes (as contexts), version and branch mode. Not carried: the
language version. Exits known only by number cannot be listed: where all of a line's were taken they count in the
summaries (so does coverage.py count a line under `# pragma: no branch`), elsewhere they are left out, and the meta data
says so. There is no timestamp.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from covgov.model import lines
from covgov.model.ratio import Ratio, show
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov.publish.render.safe_text import file_name

carries: Final = frozenset({"lines", "branches", "exits", "contexts", "excluded"})

FORMAT = 3
CONTEXT = "covgov:"
"""Prefix of the context under which covgov's pytest plugin records the attributes of a test."""

Json = dict[str, object]

# percentages must be JSON numbers in this format: decimals are written digit by digit, no float is involved
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write(snapshot: Snapshot) -> bytes:
    """The document, one line, UTF-8."""
    branch = snapshot.identity.branch
    contexts = any(coverage.attributes for coverage in snapshot.files.values())
    files = {file_name(path): _file(snapshot.files[path], branch, contexts) for path in snapshot.paths}
    totals = _summary(snapshot.files.values(), branch)
    return _ENCODER.encode({"meta": _meta(snapshot, branch, contexts), "files": files, "totals": totals})


def _meta(snapshot: Snapshot, branch: bool, contexts: bool) -> Json:
    meta: Json = {
        "format": FORMAT,
        "version": file_name(snapshot.identity.version),
        "branch_coverage": branch,
        "show_contexts": contexts,
    }
    left_out = sum(coverage.ratio(Metric.BRANCH).total - _exits(coverage).total for coverage in snapshot.files.values())
    return meta | ({"covgov_note": f"{left_out} branch exits known only by number are left out"} if left_out else {})


def _file(coverage: FileCoverage, branch: bool, contexts: bool) -> Json:
    entry: Json = {
        "executed_lines": list(lines.numbers(coverage.covered)),
        "summary": _summary([coverage], branch),
        "missing_lines": list(lines.numbers(coverage.missing)),
        "excluded_lines": list(lines.numbers(coverage.excluded)),
    }
    if contexts:
        entry["contexts"] = _contexts(coverage)
    if branch:
        taken = set(coverage.taken)
        entry["executed_branches"] = [list(exit_) for exit_ in coverage.taken]
        entry["missing_branches"] = [list(exit_) for exit_ in coverage.exits if exit_ not in taken]
    return entry


def _contexts(coverage: FileCoverage) -> dict[str, list[str]]:
    tagged: dict[int, list[str]] = {}
    for tag, bits in coverage.attributes:
        for number in lines.numbers(bits):
            tagged.setdefault(number, []).append(tag)
    return {str(number): [CONTEXT + file_name(",".join(tagged[number]))] for number in sorted(tagged)}


def _summary(files: Iterable[FileCoverage], branch: bool) -> Json:
    measured = tuple(files)
    line = sum((coverage.ratio(Metric.LINE) for coverage in measured), Ratio(0, 0))
    exits = sum((_exits(coverage) for coverage in measured), Ratio(0, 0))
    counted: Json = {
        "covered_lines": line.covered,
        "num_statements": line.total,
        **_percent("percent_covered", line + exits if branch else line),
        "missing_lines": line.uncovered,
        "excluded_lines": sum(coverage.excluded.bit_count() for coverage in measured),
        **_percent("percent_statements_covered", line),
    }
    if not branch:
        return counted
    return counted | {
        "num_branches": exits.total,
        "num_partial_branches": sum(_partial(coverage) for coverage in measured),
        "covered_branches": exits.covered,
        "missing_branches": exits.uncovered,
        **_percent("percent_branches_covered", exits),
    }


def _exits(coverage: FileCoverage) -> Ratio:
    """The exits that the report can hold."""
    settled = sum(entry.total for entry in coverage.counted if entry.covered == entry.total)
    return Ratio(len(coverage.taken) + settled, len(coverage.exits) + settled)


def _partial(coverage: FileCoverage) -> int:
    """Number of lines that ran while one of their listed exits was never taken."""
    taken = set(coverage.taken)
    return (lines.of(source for source, _ in set(coverage.exits) - taken) & coverage.covered).bit_count()


def _percent(key: str, ratio: Ratio) -> Json:
    """coverage.py reports 100 where there is nothing to measure; its readers expect a number."""
    value = ratio.fraction * 100 if ratio.measurable else Fraction(100)
    return {key: Decimal(show(value, 6)), f"{key}_display": show(value, 0)}
