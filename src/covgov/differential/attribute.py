"""Why a ratio changed: exact shares in percentage points per cause (docs/architecture.md, "Attribution")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from msgspec import Struct, field, structs

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
KEPT = frozenset((Category.CBC, Category.UBC, Category.GBC, Category.LBC))
HEAD_ONLY = frozenset((Category.GNC, Category.UNC, Category.GIC, Category.UIC))
BASE_ONLY = frozenset((Category.ECB, Category.EUB, Category.DCB, Category.DUB))
EVERY = frozenset(Category)


class _Units(Struct):
    """Numbers of units by category."""

    lines: Counter[Category] = field(default_factory=Counter)
    exits: Counter[Category] = field(default_factory=Counter)

    def add(self, tally: Tally, wanted: Collection[Category]) -> None:
        for sums, counts in ((self.lines, tally.lines), (self.exits, tally.exits)):
            for category, number in counts.items():
                if category in wanted:
                    sums[category] += number

    def seen(self, metric: Metric) -> Counter[Category]:
        match metric:
            case Metric.LINE:
                return self.lines
            case Metric.BRANCH:
                return self.exits
            case Metric.COMBINED:
                return self.lines + self.exits


class _Sums(Struct):
    """One scope's units, whatever the metric. own: on both sides, new or gone. into, out: moved. measured: put down to
    the measurement."""

    own: _Units = field(default_factory=_Units)
    into: _Units = field(default_factory=_Units)
    out: _Units = field(default_factory=_Units)
    measured: _Units = field(default_factory=_Units)
    masked: Counter[Metric] = field(default_factory=Counter)
    lost: dict[str, str] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)
    unreached: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)


class _Account(Struct):
    """What each cause did to the scope in one metric."""

    covered: Counter[Cause] = field(default_factory=Counter)
    total: Counter[Cause] = field(default_factory=Counter)

    def book(self, cause: Cause, covered: int, total: int) -> None:
        self.covered[cause] += covered
        self.total[cause] += total


_Booking = Callable[[_Sums, FileDelta, Collection[Category]], None]


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
    deltas = explain_all(
        files, base=base, head=head, sides=sides, remeasured=remeasured, count_deletions=count_deletions
    )
    return deltas[metric]


def explain_all(
    files: Sequence[FileDelta],
    *,
    base: Snapshot,
    head: Snapshot,
    sides: ScopeSides,
    remeasured: Sequence[FileDelta] = (),
    count_deletions: bool = False,
) -> Mapping[Metric, Delta]:
    """`explain` in every metric: the files are gone through once."""
    before, after = base.restrict(sides.baseline), head.restrict(sides.head)
    sums, upstream = _summed(files, remeasured, sides), sides.start is not None
    return {
        metric: _delta(sums, metric, before.ratio(metric), after.ratio(metric), upstream, count_deletions)
        for metric in Metric
    }


def measurement_difference(remeasured: Sequence[FileDelta], delta: Delta, sides: ScopeSides) -> MeasurementDifference:
    """What another measurement does to the scope and metric of the delta."""
    sums = _summed((), remeasured, sides)
    units, loss = sums.measured.seen(delta.metric), Fraction(0)
    if delta.points is not None:
        r = delta.base.fraction
        lost = units[Category.LBC] + r * units[Category.UIC] + (1 - r) * units[Category.ECB]
        loss = lost / delta.head.total * 100
    return MeasurementDifference(units, loss, sums.unreached, sums.excluded)


def _summed(files: Sequence[FileDelta], remeasured: Sequence[FileDelta], sides: ScopeSides) -> _Sums:
    sums = _Sums()
    for some, add in ((files, _count), (remeasured, _remeasure)):
        for file in some:
            base_in = file.base_path is not None and sides.before(file.base_path)
            head_in = file.head_path is not None and sides.head(file.head_path)
            _enter(sums, file, base_in, head_in, add)
    return sums


def _enter(sums: _Sums, file: FileDelta, base_in: bool, head_in: bool, add: _Booking) -> None:
    """One file's units; those that are on both sides but in the scope on one side only are moved."""
    match base_in, head_in:
        case True, True:
            add(sums, file, EVERY)
        case True, False:
            add(sums, file, BASE_ONLY)
            sums.out.add(file.tally(), KEPT)
        case False, True:
            add(sums, file, HEAD_ONLY)
            sums.into.add(file.tally(), KEPT)


def _remeasure(sums: _Sums, file: FileDelta, wanted: Collection[Category]) -> None:
    """Put the wanted categories of one file down to the measurement."""
    sums.measured.add(file.tally(), wanted)
    lost = file.lines.get(Category.LBC, 0)
    if lost and file.head_path is not None and Category.LBC in wanted:
        sums.unreached[file.head_path] = spell(lost)
    out = file.excluded & (file.lines.get(Category.ECB, 0) | file.lines.get(Category.EUB, 0))
    if out and file.base_path is not None and Category.ECB in wanted:
        sums.excluded[file.base_path] = spell(out)


def _count(sums: _Sums, file: FileDelta, wanted: Collection[Category]) -> None:
    """Add the wanted categories of one file."""
    sums.own.add(file.tally(), wanted)
    if Category.DUB in wanted:
        if file.masked:
            sums.masked += Counter({metric: file.masked_uncovered(metric) for metric in Metric})
        _uncounted(sums, file)
    lost = file.lines.get(Category.LBC, 0)
    if lost and file.head_path is not None and Category.LBC in wanted:
        sums.lost[file.head_path] = spell(lost)


def _uncounted(sums: _Sums, file: FileDelta) -> None:
    gone = file.lines.get(Category.ECB, 0) | file.lines.get(Category.EUB, 0)
    gone |= file.lines.get(Category.DUB, 0) & file.masked
    if gone and file.base_path is not None and file.head_path is not None:
        sums.uncounted[file.base_path] = spell(gone)


def _booked(sums: _Sums, metric: Metric) -> _Account:
    """What the change did, but for moves."""
    account = _Account()
    for category, number in sums.own.seen(metric).items():
        cause, covered, total = EFFECT.get(category, NO_EFFECT)
        account.book(cause, covered * number, total * number)
    for category, number in sums.measured.seen(metric).items():
        _, covered, total = EFFECT.get(category, NO_EFFECT)
        account.book(Cause.MEASUREMENT, covered * number, total * number)
    return account


def _book_moves(account: _Account, into: Counter[Category], out: Counter[Category]) -> MovedUnits:
    moved = MovedUnits(
        out_covered=out[Category.CBC] + out[Category.LBC],
        out_uncovered=out[Category.UBC] + out[Category.GBC],
        in_covered=into[Category.CBC] + into[Category.GBC],
        in_uncovered=into[Category.UBC] + into[Category.LBC],
    )
    account.book(Cause.MOVED_OUT, -moved.out_covered, -out.total())
    account.book(Cause.MOVED_IN, moved.in_covered, into.total())
    return moved


def _delta(sums: _Sums, metric: Metric, before: Ratio, after: Ratio, upstream: bool, count_deletions: bool) -> Delta:
    account = _booked(sums, metric)
    moved = _book_moves(account, sums.into.seen(metric), sums.out.seen(metric))
    if upstream:
        covered, total = account.covered.total(), account.total.total()
        account.book(Cause.UPSTREAM, after.covered - before.covered - covered, after.total - before.total - total)
    tally = Tally(
        lines={c: sums.own.lines[c] for c in Category if sums.own.lines[c]},
        exits={c: sums.own.exits[c] for c in Category if sums.own.exits[c]},
    )
    delta = Delta(metric, before, after, points=None, tally=tally, lost=sums.lost, uncounted=sums.uncounted)
    if not before.measurable or not after.measurable:
        return with_words(delta)
    start = _start(account, before)
    masked = sums.masked[metric]
    return with_words(
        structs.replace(
            delta,
            points=(after.fraction - before.fraction) * 100,
            parts=tuple(_parts(account, before.fraction, after.total)),
            judged=judge(tally, start, after, metric, moved, masked, count_deletions) if start.measurable else None,
        )
    )


def _start(account: _Account, before: Ratio) -> Ratio:
    """The base as today's tools would have measured it where the change starts."""
    others = (Cause.UPSTREAM, Cause.MEASUREMENT)
    return Ratio(
        before.covered + sum(account.covered[cause] for cause in others),
        before.total + sum(account.total[cause] for cause in others),
    )


def _parts(account: _Account, r: Fraction, total_head: int) -> Iterator[Part]:
    for cause in Cause:
        covered, total = account.covered[cause], account.total[cause]
        if covered or total:
            yield Part(cause, covered, total, (covered - r * total) / total_head * 100)
