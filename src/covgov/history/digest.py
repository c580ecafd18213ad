"""The digest of a period, made from history alone: what changed, why, at what cost, what is open. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from fractions import Fraction

from covgov.model.change import Category, Cause, Delta, Part, Tally
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import ExceptionLine, ExceptionState, Finding, Outcome, Row
from covgov.model.words import with_words

MOVERS = 10
"""Files that a digest names at most."""


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """One component over the window. before: its last figure before the window; first, last: inside it.

    change: from `before` (else `first`) to `last`, with causes summed over the runs that led there; None when one of
    them was not measured. unexplained: percentage points of it that no recorded comparison accounts for.
    """

    name: str
    suite: str
    metric: Metric
    bar: Decimal | None
    outcome: Outcome
    before: Ratio | None
    first: Ratio | None
    last: Ratio | None
    change: Delta | None
    unexplained: Fraction = Fraction(0)
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class SuiteAccount:
    """One suite's test runs in the window. before: its last run ahead of the window; slowest: seconds."""

    name: str
    runs: int
    failed: int
    before: TestRun | None
    last: TestRun
    slowest: float


@dataclass(frozen=True, slots=True)
class FileMove:
    """A file whose covered or total units changed. uncovered: change in uncovered units (positive = worse)."""

    suite: str
    path: str
    before: Ratio | None
    now: Ratio | None
    uncovered: int


@dataclass(frozen=True, slots=True)
class Digest:
    """since, until: both days included (UTC). weeks: the ISO weeks touched, `2026-W47`. movers: worst first.

    opened, resolved: exceptions with such a date in the window; overdue: as of the last run. failing: what still
    counts against the last run. commit: the last run's, "" when no run was recorded. unenforced: runs that did not pass
    and of which nothing was enforced. measurement: notes of the window's runs on tools that measured differently from
    those before.
    """

    since: date
    until: date
    weeks: tuple[str, ...]
    runs: int = 0
    outcomes: Mapping[Outcome, int] | None = None
    commit: str = ""
    components: tuple[ComponentChange, ...] = ()
    suites: tuple[SuiteAccount, ...] = ()
    opened: tuple[ExceptionLine, ...] = ()
    resolved: tuple[ExceptionLine, ...] = ()
    overdue: tuple[ExceptionLine, ...] = ()
    movers: tuple[FileMove, ...] = ()
    failing: tuple[Finding, ...] = ()
    unenforced: int = 0
    measurement: tuple[Finding, ...] = ()


def digest(records: Sequence[RunRecord], *, since: date, until: date) -> Digest:
    """Account for the runs recorded from `since` to `until`; `records` in order, older ones give the starting point.

    Runs of dirty trees are left out. The same records give the same digest.
    """
    clean = [record for record in records if not record.verdict.dirty]
    before = [record for record in clean if _day(record) < since]
    window = [record for record in clean if since <= _day(record) <= until]
    if not window:
        return Digest(since, until, _weeks(since, until))
    last = window[-1]
    lines = last.verdict.exceptions
    return Digest(
        since=since,
        until=until,
        weeks=_weeks(since, until),
        runs=len(window),
        outcomes=dict(sorted(Counter(record.verdict.outcome for record in window).items())),
        commit=last.commit,
        components=tuple(_component(row, before, window) for row in _rows(last)),
        suites=tuple(_suites(before, window)),
        opened=tuple(line for line in lines if _within(line.opened, since, until)),
        resolved=tuple(line for line in lines if _within(line.resolved, since, until)),
        overdue=tuple(line for line in lines if line.state is ExceptionState.OVERDUE),
        movers=tuple(_movers(before[-1] if before else window[0], last)),
        failing=tuple(finding for finding in last.verdict.findings if finding.counts),
        unenforced=sum(record.verdict.only_evaluated for record in window),
        measurement=tuple(
            dict.fromkeys(f for record in window for f in record.verdict.findings if f.rule == "measurement")
        ),
    )


def _day(record: RunRecord) -> date:
    return record.recorded_at.astimezone(UTC).date()


def _weeks(since: date, until: date) -> tuple[str, ...]:
    days = (since + timedelta(days=offset) for offset in range((until - since).days + 1))
    return tuple(dict.fromkeys(f"{year}-W{week:02d}" for year, week, _ in (day.isocalendar() for day in days)))


def _within(day: date | None, since: date, until: date) -> bool:
    return day is not None and since <= day <= until


def _rows(record: RunRecord) -> list[Row]:
    project = record.verdict.project
    return [*([project] if project is not None else []), *record.verdict.rows]


def _row(record: RunRecord, name: str) -> Row | None:
    return next((row for row in _rows(record) if row.name == name), None)


def _figures(records: Iterable[RunRecord], name: str) -> list[Ratio]:
    """The component's figures that prove something, oldest first."""
    rows = (_row(record, name) for record in records)
    return [row.now for row in rows if row is not None and row.now is not None and not row.partial]


def _component(row: Row, before: Sequence[RunRecord], window: Sequence[RunRecord]) -> ComponentChange:
    earlier, inside = _figures(before, row.name), _figures(window, row.name)
    start = earlier[-1] if earlier else next(iter(inside), None)
    end = inside[-1] if inside else None
    change, unexplained = None, Fraction(0)
    if start is not None and end is not None and start.measurable and end.measurable:
        change, unexplained = _explain(row, start, end, _led_here(row.name, before, window))
    return ComponentChange(
        name=row.name,
        suite=row.suite,
        metric=row.metric,
        bar=row.bar,
        outcome=row.outcome,
        before=earlier[-1] if earlier else None,
        first=inside[0] if inside else None,
        last=end,
        change=change,
        unexplained=unexplained,
        enforced=row.enforced,
    )


def _led_here(name: str, before: Sequence[RunRecord], window: Sequence[RunRecord]) -> list[Delta]:
    """The deltas from the newest measured run back to the window's start, each against the baseline of the next.

    Deltas of consecutive runs may share a baseline (a failed run is none), so they cannot simply be added up. A re-run
    of what was measured before adds nothing: its delta led to the start.
    """
    known = {record.commit for record in before}
    starts = _figured(before, name) or _figured(window, name)[:1]
    by_commit = {record.commit: record for record in window}
    measured = _figured(window, name)
    current: RunRecord | None = measured[-1] if measured else None
    deltas: list[Delta] = []
    while current is not None:
        row = _row(current, name)
        if row is None or row.delta is None or row.delta.points is None:
            break
        if any(_repeats(current, start, name) for start in starts):
            break
        deltas.append(row.delta)
        by_commit.pop(current.commit, None)
        base = row.receipt.commit or ""
        current = None if base in known else by_commit.get(base)
    return deltas


def _figured(records: Iterable[RunRecord], name: str) -> list[RunRecord]:
    return [record for record in records if _figures([record], name)]


def _repeats(run: RunRecord, start: RunRecord, name: str) -> bool:
    """Whether a run is that one itself, or measured its tree once more: what led there happened before."""
    if run.tree != start.tree:
        return False
    here, there = _row(run, name), _row(start, name)
    same_base = here is not None and there is not None and here.receipt.commit == there.receipt.commit
    return run.commit == start.commit or same_base


def _explain(row: Row, start: Ratio, end: Ratio, deltas: Sequence[Delta]) -> tuple[Delta, Fraction]:
    points = (end.fraction - start.fraction) * 100
    parts = [part for cause in Cause for part in _summed(cause, deltas)]
    tally = Tally(
        lines=_added([delta.tally.lines for delta in deltas]), exits=_added([delta.tally.exits for delta in deltas])
    )
    explained = sum((part.points for part in parts), Fraction(0))
    delta = Delta(row.metric, start, end, points, tuple(parts), tally=tally)
    return with_words(delta, points - explained), points - explained


def _summed(cause: Cause, deltas: Sequence[Delta]) -> list[Part]:
    parts = [part for delta in deltas for part in delta.parts if part.cause is cause]
    if not parts:
        return []
    points = sum((part.points for part in parts), Fraction(0))
    return [Part(cause, sum(part.covered for part in parts), sum(part.total for part in parts), points)]


def _added(tallies: Sequence[Mapping[Category, int]]) -> dict[Category, int]:
    return {c: total for c in Category if (total := sum(tally.get(c, 0) for tally in tallies))}


def _runs_of(records: Iterable[RunRecord], suite: str) -> list[TestRun]:
    lines = (line for record in records for line in record.verdict.suites if line.name == suite)
    return [line.tests for line in lines if line.tests is not None]


def _suites(before: Sequence[RunRecord], window: Sequence[RunRecord]) -> list[SuiteAccount]:
    names = sorted({line.name for record in window for line in record.verdict.suites})
    accounts = []
    for name in names:
        inside, earlier = _runs_of(window, name), _runs_of(before, name)
        if inside:
            accounts.append(
                SuiteAccount(
                    name=name,
                    runs=len(inside),
                    failed=sum(not run.passed for run in inside),
                    before=earlier[-1] if earlier else None,
                    last=inside[-1],
                    slowest=max(run.seconds for run in inside),
                )
            )
    return accounts


def _movers(start: RunRecord, end: RunRecord) -> list[FileMove]:
    moves = [
        move
        for name in sorted(start.snapshots.keys() & end.snapshots.keys())
        for path in sorted({*start.snapshots[name].files, *end.snapshots[name].files})
        if (move := _move(start, end, name, path)) is not None
    ]
    ranked = sorted(moves, key=lambda move: (-abs(move.uncovered), move.suite, move.path))[:MOVERS]
    return sorted(ranked, key=lambda move: (-move.uncovered, move.suite, move.path))


def _move(start: RunRecord, end: RunRecord, suite: str, path: str) -> FileMove | None:
    before, now = (_file_ratio(record, suite, path) for record in (start, end))
    if before == now:
        return None
    uncovered = (now.uncovered if now else 0) - (before.uncovered if before else 0)
    return FileMove(suite, path, before, now, uncovered)


def _file_ratio(record: RunRecord, suite: str, path: str) -> Ratio | None:
    coverage = record.snapshots[suite].files.get(path)
    return coverage.ratio(Metric.COMBINED) if coverage is not None else None
