"""Why a ratio changed: exact shares in percentage points per cause (docs/architecture.md, "Attribution")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from covgov.differential.guard import MovedUnits, judge
from covgov.differential.measurement import MeasurementDifference
from covgov.model.change import Category, Cause, Delta, FileDelta, Part, Tally
from covgov.model.lines import spell
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.words import with_words

Belongs = Callable[[str], bool]
"""Whether a path belongs to the scope."""

EFFECT: Mapping[Category, tuple[Cause, int, int]] = {
    Category.GNC: (Cause.NEW_COVERED, 1, 1),
    Category.UNC: (Cause.NEW_UNCOVERED, 0, 1),
    Category.LBC: (Cause.LOST, -1, 0),
    Category.GBC: (Cause.GAINED, 1, 0),
    Category.GIC: (Cause.INCLUDED, 1, 1),
    Category.UIC: (Cause.INCLUDED, 0, 1),
    Category.ECB: (Cause.EXCLUDED, -1, -1),
    Category.EUB: (Cause.EXCLUDED, 0, -1),
    Category.DCB: (Cause.DELETED_COVERED, -1, -1),
    Category.DUB: (Cause.DELETED_UNCOVERED, 0, -1),
}
"""What one unit of a category does to its scope: cause, change in covered units, change in total units."""

NO_EFFECT = (Cause.GAINED, 0, 0)
KEPT = (Category.CBC, Category.UBC, Category.GBC, Category.LBC)
HEAD_ONLY = (Category.GNC, Category.UNC, Category.GIC, Category.UIC)
BASE_ONLY = (Category.ECB, Category.EUB, Category.DCB, Category.DUB)


@dataclass(slots=True)
class _Account:
    """The running sums of one scope."""

    metric: Metric
    covered: Counter[Cause] = field(default_factory=Counter)
    total: Counter[Cause] = field(default_factory=Counter)
    lines: Counter[Category] = field(default_factory=Counter)
    exits: Counter[Category] = field(default_factory=Counter)
    into: Counter[Category] = field(default_factory=Counter)
    out: Counter[Category] = field(default_factory=Counter)
    measured: Counter[Category] = field(default_factory=Counter)
    masked: int = 0
    lost: dict[str, str] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)
    unreached: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)

    def book(self, cause: Cause, covered: int, total: int) -> None:
        self.covered[cause] += covered
        self.total[cause] += total


_Booking = Callable[[_Account, FileDelta, Sequence[Category]], None]


@dataclass(frozen=True, slots=True)
class ScopeSides:
    """Which files are a scope's at the baseline, at the head, and where the change starts; start None = there."""

    baseline: Belongs
    head: Belongs
    start: Belongs | None = None

    @property
    def before(self) -> Belongs:
        """Of the base paths in a FileDelta: those where the change starts."""
        return self.start or self.baseline


def explain(
    files: Sequence[FileDelta],
    *,
    base: Snapshot,
    head: Snapshot,
    sides: ScopeSides,
    metric: Metric,
    remeasured: Sequence[FileDelta] = (),
    count_deletions: bool = False,
) -> Delta:
    """The change of one scope. `files` = classify(base, head, ...) of the unrestricted snapshots.

    A unit that is on both sides but in the scope on one side only is moved. With a start that is not the baseline,
    `files` is only the change's own part (`covgov.differential.upstream.own`), and the rest of the delta is the target
    branch's. remeasured: what is put down to another measurement (`covgov.differential.measurement.split`).
    count_deletions: the guard judges the plain delta.
    """
    before = base.restrict(sides.baseline).ratio(metric)
    after = head.restrict(sides.head).ratio(metric)
    account = _booked(files, remeasured, sides, metric)
    moved = _book_moves(account)
    if sides.start is not None:
        covered, total = account.covered.total(), account.total.total()
        account.book(Cause.UPSTREAM, after.covered - before.covered - covered, after.total - before.total - total)
    return _delta(account, moved, before, after, count_deletions)


def measurement_difference(remeasured: Sequence[FileDelta], delta: Delta, sides: ScopeSides) -> MeasurementDifference:
    """What another measurement does to the scope and metric of the delta."""
    account = _booked((), remeasured, sides, delta.metric)
    units, loss = account.measured, Fraction(0)
    if delta.points is not None:
        r = delta.base.fraction
        lost = units[Category.LBC] + r * units[Category.UIC] + (1 - r) * units[Category.ECB]
        loss = lost / delta.head.total * 100
    return MeasurementDifference(units, loss, account.unreached, account.excluded)


def _booked(files: Sequence[FileDelta], remeasured: Sequence[FileDelta], sides: ScopeSides, metric: Metric) -> _Account:
    account = _Account(metric)
    for some, book in ((files, _count), (remeasured, _remeasure)):
        for file in some:
            base_in = file.base_path is not None and sides.before(file.base_path)
            head_in = file.head_path is not None and sides.head(file.head_path)
            _enter(account, file, base_in, head_in, book)
    return account


def _enter(account: _Account, file: FileDelta, base_in: bool, head_in: bool, book: _Booking) -> None:
    """One file's units; those that are on both sides but in the scope on one side only are moved."""
    match base_in, head_in:
        case True, True:
            book(account, file, tuple(Category))
        case True, False:
            book(account, file, BASE_ONLY)
            account.out += _kept(file, account.metric)
        case False, True:
            book(account, file, HEAD_ONLY)
            account.into += _kept(file, account.metric)


def _remeasure(account: _Account, file: FileDelta, wanted: Sequence[Category]) -> None:
    """Put the wanted categories of one file down to the measurement."""
    tally = file.tally()
    for category in wanted:
        count = tally.count(category, account.metric)
        _, covered, total = EFFECT.get(category, NO_EFFECT)
        account.book(Cause.MEASUREMENT, covered * count, total * count)
        account.measured[category] += count
    lost = file.lines.get(Category.LBC, 0)
    if lost and file.head_path is not None and Category.LBC in wanted:
        account.unreached[file.head_path] = spell(lost)
    out = file.excluded & (file.lines.get(Category.ECB, 0) | file.lines.get(Category.EUB, 0))
    if out and file.base_path is not None and Category.ECB in wanted:
        account.excluded[file.base_path] = spell(out)


def _count(account: _Account, file: FileDelta, wanted: Sequence[Category]) -> None:
    """Book the wanted categories of one file."""
    tally = file.tally()
    for category in wanted:
        count = tally.count(category, account.metric)
        cause, covered, total = EFFECT.get(category, NO_EFFECT)
        account.lines[category] += tally.lines.get(category, 0)
        account.exits[category] += tally.exits.get(category, 0)
        account.book(cause, covered * count, total * count)
    if Category.DUB in wanted:
        account.masked += file.masked_uncovered(account.metric)
        _uncounted(account, file)
    lost = file.lines.get(Category.LBC, 0)
    if lost and file.head_path is not None and Category.LBC in wanted:
        account.lost[file.head_path] = spell(lost)


def _uncounted(account: _Account, file: FileDelta) -> None:
    gone = file.lines.get(Category.ECB, 0) | file.lines.get(Category.EUB, 0)
    gone |= file.lines.get(Category.DUB, 0) & file.masked
    if gone and file.base_path is not None and file.head_path is not None:
        account.uncounted[file.base_path] = spell(gone)


def _kept(file: FileDelta, metric: Metric) -> Counter[Category]:
    tally = file.tally()
    return Counter({category: tally.count(category, metric) for category in KEPT})


def _book_moves(account: _Account) -> MovedUnits:
    into, out = account.into, account.out
    moved = MovedUnits(
        out_covered=out[Category.CBC] + out[Category.LBC],
        out_uncovered=out[Category.UBC] + out[Category.GBC],
        in_covered=into[Category.CBC] + into[Category.GBC],
        in_uncovered=into[Category.UBC] + into[Category.LBC],
    )
    account.book(Cause.MOVED_OUT, -moved.out_covered, -out.total())
    account.book(Cause.MOVED_IN, moved.in_covered, into.total())
    return moved


def _delta(account: _Account, moved: MovedUnits, before: Ratio, after: Ratio, count_deletions: bool) -> Delta:
    tally = Tally(
        lines={c: account.lines[c] for c in Category if account.lines[c]},
        exits={c: account.exits[c] for c in Category if account.exits[c]},
    )
    if not before.measurable or not after.measurable:
        nothing = Delta(
            account.metric, before, after, points=None, tally=tally, lost=account.lost, uncounted=account.uncounted
        )
        return with_words(nothing)
    delta = Delta(
        metric=account.metric,
        base=before,
        head=after,
        points=(after.fraction - before.fraction) * 100,
        parts=tuple(_parts(account, before.fraction, after.total)),
        judged=_judged(account, moved, tally, before, after, count_deletions),
        tally=tally,
        lost=account.lost,
        uncounted=account.uncounted,
    )
    return with_words(delta)


def _judged(
    account: _Account, moved: MovedUnits, tally: Tally, before: Ratio, after: Ratio, count_deletions: bool
) -> Fraction | None:
    """Against the base as today's tools would have measured it where the change starts; None when it had no unit."""
    others = (Cause.UPSTREAM, Cause.MEASUREMENT)
    start = Ratio(
        before.covered + sum(account.covered[cause] for cause in others),
        before.total + sum(account.total[cause] for cause in others),
    )
    if not start.measurable:
        return None
    return judge(tally, start, after, account.metric, moved, account.masked, count_deletions)


def _parts(account: _Account, r: Fraction, total_head: int) -> Iterator[Part]:
    for cause in Cause:
        covered, total = account.covered[cause], account.total[cause]
        if covered or total:
            yield Part(cause, covered, total, (covered - r * total) / total_head * 100)
