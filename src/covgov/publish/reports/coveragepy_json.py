"""A snapshot in the layout of coverage.py's JSON report, format 3.

Carried: lines, exact branch exits, excluded lines, attributes (as contexts), version and branch mode. Not carried: the
language version. Exits known only by number cannot be listed by destination: they count in the summaries (so does
coverage.py count a line under `# pragma: no branch`), and COUNTED, which is covgov's own, has their lines. There is no
timestamp.
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
from covgov.publish.render.parts.safe_text import file_name

carries: Final = frozenset({"lines", "branches", "exits", "contexts", "excluded"})

FORMAT = 3
COUNTED = "covgov_counted_branches"
"""[line, taken exits, all exits] each: exits of which only the number is known."""
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
    return {
        "format": FORMAT,
        "version": file_name(snapshot.identity.version),
        "branch_coverage": branch,
        "show_contexts": contexts,
    }


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
    if branch and coverage.counted:
        entry[COUNTED] = [[line, exits.covered, exits.total] for line, exits in coverage.by_number.items()]
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
    exits = sum((coverage.ratio(Metric.BRANCH) for coverage in measured), Ratio(0, 0))
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
        "num_partial_branches": sum(coverage.partial.bit_count() for coverage in measured),
        "covered_branches": exits.covered,
        "missing_branches": exits.uncovered,
        **_percent("percent_branches_covered", exits),
    }


def _percent(key: str, ratio: Ratio) -> Json:
    """coverage.py reports 100 where there is nothing to measure; its readers expect a number."""
    value = ratio.fraction * 100 if ratio.measurable else Fraction(100)
    return {key: Decimal(show(value, 6)), f"{key}_display": show(value, 0)}
