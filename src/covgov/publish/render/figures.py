"""Figures in words: one spelling of bars, ratios, receipts and test counts for every renderer.

Percentages are floored, at the precision of the bar when that is finer than two places: so a figure that meets its bar
never shows below it, and one that misses it never shows at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from covgov.differential.words import in_words
from covgov.model.ratio import MOST_PLACES, Ratio, show_signed
from covgov.model.snapshot import TestRun
from covgov.model.verdict import PatchRow, ReceiptLine, Row, SuiteLine, Verdict

NOTHING = "-"
"""Shown where there is no figure: never 0, never 100."""


def bar(value: Decimal | None) -> str:
    """`90 %`."""
    return NOTHING if value is None else f"{value:f} %"


def precision(value: Decimal | None) -> int:
    """Decimals at which a figure is compared with this bar by eye; never more than a policy may write."""
    exponent = value.as_tuple().exponent if value is not None else 0
    return min(max(2, -exponent), MOST_PLACES) if isinstance(exponent, int) else 2


def percent(ratio: Ratio | None, against: Decimal | None = None) -> str:
    """`79.95 %`, or `-` when there is nothing to divide."""
    if ratio is None or not ratio.measurable:
        return NOTHING
    return f"{ratio.percent(precision(against))} %"


def now(ratio: Ratio | None, against: Decimal | None) -> str:
    """`1599/2000 = 79.95 %`, followed by `< 80 %` when it misses its bar."""
    if ratio is None:
        return "not measured"
    if not ratio.measurable:
        return "nothing to measure (0 units)"
    text = f"{ratio.covered}/{ratio.total} = {percent(ratio, against)}"
    return text if against is None or ratio.meets(against) else f"{text} < {bar(against)}"


def row_now(row: Row) -> str:
    """The row's figure; figures of failed tests are marked."""
    text = now(row.now, row.bar)
    return f"{text} (partial: tests failed)" if row.partial else text


def points(value: Fraction) -> str:
    """`-2.31 pp`, floored."""
    return f"{show_signed(value)} pp"


def change(row: Row, judged: Mapping[str, Fraction]) -> str:
    """The row's change with its attribution, and what the guard judges where that differs."""
    if row.delta is None:
        return NOTHING
    text = in_words(row.delta)
    value = judged.get(row.name)
    return text if value is None or value == row.delta.points else f"{text}; the guard judges {points(value)}"


def receipt(line: ReceiptLine) -> str:
    """Which commit the deltas are measured against, and why; or why there is none."""
    if not line.commit:
        return f"none ({line.reason})"
    steps = _count(line.distance, "commit")
    return f"{line.commit[:12]} ({line.reason}; {steps} back, {_count(line.age_days, 'day')} old)"


def tests(run: TestRun | None) -> str:
    """`120 passed in 3.2 s`, or what failed."""
    if run is None:
        return NOTHING
    passed = run.tests - run.failures - run.errors - run.skipped
    named = ((run.failures, "failed"), (run.errors, "errored"), (passed, "passed"), (run.skipped, "skipped"))
    counts = ", ".join(f"{count} {word}" for count, word in named if count > 0) or "no tests"
    failed_otherwise = run.exit_code != 0 and not run.failures and not run.errors
    exit_ = f", test command exited with {run.exit_code}" if failed_otherwise else ""
    return f"{counts} in {run.seconds:.1f} s{exit_}"


def suite(line: SuiteLine) -> str:
    """How a suite arrived."""
    return tests(line.tests) if line.arrived else f"did not arrive: {line.reason or 'no snapshot'}"


def suite_of(verdict: Verdict, row: Row) -> str:
    """The tests of the row's suite."""
    return next((suite(line) for line in verdict.suites if line.name == row.suite), NOTHING)


def patch(row: PatchRow | None, *, whole: bool = True) -> str:
    """The changed units at head, which only all suites together can tell."""
    if row is None or row.ratio is None:
        return "no diff to look at" if whole else "judged with all suites"
    if not row.ratio.measurable:
        return "no measurable line changed"
    allowance = f", {_count(row.allowed, 'uncovered unit')} allowed" if row.allowed else ""
    held = f" (bar {bar(row.bar)}{allowance})" if row.bar is not None else ""
    return f"{now(row.ratio, row.bar)}{held}"


def counts(verdict: Verdict) -> str:
    """`2 failing, 1 undetermined, 1 waived, 3 notes`: what the findings are, without zeros."""
    from_effect = {
        "failing": sum(f.effect == "fail" and f.counts for f in verdict.findings),
        "undetermined": sum(f.effect == "undetermined" and f.counts for f in verdict.findings),
        "waived": sum(bool(f.waived_by) for f in verdict.findings),
    }
    notes = len(verdict.findings) - sum(from_effect.values())
    parts = [f"{count} {word}" for word, count in from_effect.items() if count]
    return ", ".join([*parts, *([_count(notes, "note")] if notes else [])]) or "no findings"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
