"""All words of figures: bars, ratios, deltas, receipts, test counts. Every channel uses them.

Percentages are floored, at the precision of the bar when that is finer than two places: so a figure that meets its bar
never shows below it, and one that misses it never shows at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from covgov.model.change import Category, Cause, Delta, Part
from covgov.model.ratio import MOST_PLACES, Points, Ratio, apportion, show, show_signed
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import Finding, Outcome, PatchRow, ReceiptLine, Row, SuiteLine, Verdict

NOTHING = "-"
"""Shown where there is no figure: never 0, never 100."""
CAUSES: Mapping[Cause, str] = {
    Cause.NEW_COVERED: "new covered code",
    Cause.NEW_UNCOVERED: "new uncovered code",
    Cause.LOST: "tests no longer reach {lost}",
    Cause.GAINED: "tests now reach {gained}",
    Cause.INCLUDED: "unchanged code counted only now",
    Cause.EXCLUDED: "unchanged code no longer counted",
    Cause.DELETED_COVERED: "deleted covered code",
    Cause.DELETED_UNCOVERED: "deleted uncovered code",
    Cause.MOVED_IN: "code moved in",
    Cause.MOVED_OUT: "code moved out",
    Cause.MEASUREMENT: "a different measurement",
    Cause.UPSTREAM: "the target branch since the baseline",
}
FORK = "measured by fork code"
UNEXPLAINED = "not explained by the recorded runs"


def count(number: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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


def figure(ratio: Ratio, against: Decimal | None = None) -> str:
    """`1599/2000 = 79.95 %`, of something that was measured."""
    return ratio.spelled(precision(against))


def now(ratio: Ratio | None, against: Decimal | None) -> str:
    """`1599/2000 = 79.95 %`, followed by `< 80 %` when it misses its bar."""
    if ratio is None:
        return "not measured"
    if not ratio.measurable:
        return "nothing to measure (0 units)"
    text = figure(ratio, against)
    return text if against is None or ratio.meets(against) else f"{text} < {bar(against)}"


def row_now(row: Row) -> str:
    """The row's figure; figures of failed tests are marked."""
    text = now(row.now, row.bar)
    return f"{text} (partial: tests failed)" if row.partial else text


def points(value: Fraction) -> str:
    """`-2.31 pp`, floored."""
    return f"{show_signed(value)} pp"


def change(row: Row, judged: Mapping[str, Fraction]) -> str:
    """The row's change with its causes, and what `max_drop` compares where that differs."""
    return NOTHING if row.delta is None else drop(row.delta, judged.get(row.name))


def drop(delta: Delta, judged: Fraction | None) -> str:
    """A delta with its causes. judged: what `max_drop` compares, named where it shows another figure."""
    if judged is None or delta.points is None or show_signed(judged) == show_signed(delta.points):
        return delta.words
    return f"{delta.words}; {points(judged)} counts for max_drop"


def short_change(row: Row) -> str:
    """The row's change without its causes."""
    if row.delta is None:
        return NOTHING
    if row.delta.points is None:
        return "not comparable"
    return points(row.delta.points) if row.delta.points else "no change"


def receipt(line: ReceiptLine) -> str:
    """Which commit the deltas are measured against, and why; or why there is none."""
    if not line.commit:
        return f"none ({line.reason})"
    steps = count(line.distance, "commit")
    return f"{line.commit[:12]} ({line.reason}; {steps} back, {count(line.age_days, 'day')} old)"


def tests(run: TestRun | None) -> str:
    """`120 passed in 3.2 s`, or what failed."""
    return NOTHING if run is None else f"{results(run)} in {run.seconds:.1f} s{_exit(run)}"


def results(run: TestRun) -> str:
    """`3 failed, 117 passed`, without zeros."""
    passed = run.tests - run.failures - run.errors - run.skipped
    named = ((run.failures, "failed"), (run.errors, "errored"), (passed, "passed"), (run.skipped, "skipped"))
    return ", ".join(f"{number} {word}" for number, word in named if number > 0) or "no tests counted"


def _exit(run: TestRun) -> str:
    failed_otherwise = run.exit_code != 0 and not run.failures and not run.errors
    return f", test command exited with {run.exit_code}" if failed_otherwise else ""


def suite(line: SuiteLine) -> str:
    """How a suite arrived."""
    return tests(line.tests) if line.arrived else f"did not arrive: {line.reason or 'no snapshot'}"


def suite_of(verdict: Verdict, row: Row) -> str:
    """The tests of the row's suite."""
    return next((suite(line) for line in verdict.suites if line.name == row.suite), NOTHING)


def patch(row: PatchRow | None, *, whole: bool = True) -> str:
    """The changed units at head, which take all suites to judge."""
    if row is None or row.ratio is None:
        return "no diff to look at" if whole else "judged with all suites"
    if not row.ratio.measurable:
        return "no measurable line changed"
    if row.bar is None:
        return now(row.ratio, None)
    limits = [] if not row.ratio.meets(row.bar) else [f"bar {bar(row.bar)}"]
    limits += [f"{count(row.allowed, 'uncovered unit')} allowed"] if row.allowed else []
    return now(row.ratio, row.bar) + (f" ({', '.join(limits)})" if limits else "")


def outcome(verdict: Verdict) -> str:
    """`fail`, or `would fail, not enforced`: what the exit code follows comes first; and whose code measured, if a
    fork's did."""
    text = unenforced(verdict.outcome) if verdict.only_evaluated else verdict.enforced_outcome.value
    return f"{text} ({FORK})" if verdict.fork else text


def row_outcome(row: Row) -> str:
    """The same of a component or the project."""
    return row.outcome.value if row.enforced else unenforced(row.outcome)


def unenforced(outcome: Outcome) -> str:
    """`would fail, not enforced`."""
    return f"would {'fail' if outcome is Outcome.FAIL else 'be undetermined'}, not enforced"


def message(finding: Finding) -> str:
    """The finding's message; of one that is not enforced marked as such."""
    return marked(finding, finding.message)


def marked(finding: Finding, text: str) -> str:
    """What is said of a finding, with the mark of one that is not enforced."""
    if finding.enforced or not finding.counts:
        return text
    return f"{unenforced(Outcome(finding.effect))}: {text}"


def waiver(row: str | None) -> str:
    """What follows a finding that a row of the register waives."""
    return f" (waived by {row})" if row else ""


def counts(verdict: Verdict) -> str:
    """`2 failing, 1 undetermined, 1 not enforced, 1 waived, 3 notes`: what the findings are, without zeros."""
    from_effect = {
        "failing": sum(f.effect == "fail" and f.blocks for f in verdict.findings),
        "undetermined": sum(f.effect == "undetermined" and f.blocks for f in verdict.findings),
        "not enforced": sum(f.counts and not f.enforced for f in verdict.findings),
        "waived": sum(bool(f.waived_by) for f in verdict.findings),
    }
    notes = len(verdict.findings) - sum(from_effect.values())
    parts = [f"{number} {word}" for word, number in from_effect.items() if number]
    return ", ".join([*parts, *([count(notes, "note")] if notes else [])]) or "no findings"


def page(rule: str) -> str:
    """Where the page of a rule is, in covgov's own repository."""
    return f"docs/rules/{rule}.md"


def next_step(finding: Finding) -> str:
    """What to do about a finding, and its page; "" for a note without a hint."""
    if not finding.hint and not finding.counts:
        return ""
    return "; ".join(filter(None, (finding.hint.strip(), f"see {page(finding.rule)}")))


def with_words(delta: Delta, unexplained: Fraction = Fraction(0)) -> Delta:
    """The delta with its sentence (`in_words`), and with parts whose shown points add up to its shown points."""
    shares = apportion([*(part.points for part in delta.parts), unexplained])
    parts = [
        replace(part, points=Points(part.points, show_signed(share)))
        for part, share in zip(delta.parts, shares, strict=False)
    ]
    return replace(delta, parts=tuple(parts), words=in_words(delta, unexplained=unexplained))


def in_words(delta: Delta, precision: int = 2, unexplained: Fraction = Fraction(0)) -> str:
    """`-2.31 pp = -1.80 new uncovered code, -0.63 tests no longer reach 41 lines, +0.12 deleted uncovered code`.

    Parts are rounded by largest remainder to `precision` decimals; those that round to 0 are left out. For a delta
    that does not exist, the reason. unexplained: percentage points of it that no part accounts for.
    """
    if delta.points is None:
        return f"not comparable: {_incomparable(delta)}"
    total = f"{show_signed(delta.points, precision)} pp"
    parts = [(part.points, _cause(part, delta)) for part in delta.parts if part.points]
    if not parts:
        return f"{total}, {UNEXPLAINED}" if delta.points or unexplained else "no change"
    parts += [(unexplained, UNEXPLAINED)] if unexplained else []
    shares = apportion([points for points, _ in parts], precision)
    causes = [
        f"{show_signed(share, precision)} {words}" for (_, words), share in zip(parts, shares, strict=True) if share
    ]
    return (
        f"{total} = {', '.join(causes)}"
        if causes
        else f"no change of {show(Fraction(1, 10**precision), precision)} pp or more"
    )


def _incomparable(delta: Delta) -> str:
    if not delta.head.measurable:
        return "nothing is measured at the head"
    return f"nothing was measured in the baseline, everything is new ({count(delta.head.total, 'unit')})"


def _cause(part: Part, delta: Delta) -> str:
    return CAUSES[part.cause].format(lost=_reached(delta, Category.LBC), gained=_reached(delta, Category.GBC))


def _reached(delta: Delta, category: Category) -> str:
    """How many lines and branch exits of a category the delta's metric sees."""
    lines = delta.tally.count(category, Metric.LINE) if delta.metric is not Metric.BRANCH else 0
    exits = delta.tally.count(category, Metric.BRANCH) if delta.metric is not Metric.LINE else 0
    named = [count(lines, "line")] if lines else []
    named += [count(exits, "branch exit")] if exits else []
    return " and ".join(named)
