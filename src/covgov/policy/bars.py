"""Bars, the one form of every threshold, and which of them apply to a path. `Policy.bars` compiles them.

Of several file bars for one path the most specific wins, separately per limit (min, max, max_uncovered), per (on,
metric, attribute, enforced) and per component that claims the path: longest literal prefix of the matching glob, then
longest glob; among equals the strictest. A bar without globs is the least specific, and a bar that does not set a limit
leaves it to others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from covgov.model.snapshot import Metric
from covgov.policy import globs


class BarScope(StrEnum):
    PROJECT = "project"
    COMPONENT = "component"
    FILE = "file"
    OWNER = "owner"


class BarUnits(StrEnum):
    """Which units a bar looks at."""

    TOTAL = "total"
    PATCH = "patch"
    NEW = "new"
    LOST = "lost"
    EXCLUDED = "excluded"


class Enforcement(StrEnum):
    """Whether what breaks fails the run, or is only reported."""

    ENFORCE = "enforce"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class Bar:
    """One threshold. At least one of min (per cent), max (per cent) and max_uncovered (units) is set.

    key: where the file sets it (`components.auth.fail_under`, `components.auth.rules[0]`).
    component: "" for a project-wide bar. paths: globs, for scope file; () = every file of the component.
    attribute: "" or the tag that tests must carry for their lines to count. enforced: breaking it fails the run.
    """

    key: str
    scope: BarScope
    on: BarUnits
    metric: Metric
    min: Decimal | None = None
    max: Decimal | None = None
    max_uncovered: int | None = None
    component: str = ""
    paths: tuple[str, ...] = ()
    attribute: str = ""
    enforced: bool = True

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two bars of two policies the same bar."""
        return (self.scope, self.on, self.metric, self.component, self.attribute, *sorted(self.paths))


LIMITS = ("min", "max", "max_uncovered")
"""The keys of a bar's limits."""


class BarChoice(Struct, frozen=True):
    """A file bar that could apply to a path, with the limits in which it won, or did not win, against the others."""

    bar: Bar
    won: bool


def total_bar(name: str, metric: Metric, least: Decimal, *, enforced: bool = True) -> Bar:
    """The total bar of a component."""
    key = total_key(name)
    return Bar(key, BarScope.COMPONENT, BarUnits.TOTAL, metric, min=least, component=name, enforced=enforced)


def total_key(name: str) -> str:
    """Where the file sets a component's total bar."""
    return f"components.{name}.fail_under"


def selected(bars: Iterable[Bar], scope: BarScope, on: BarUnits, component: str = "") -> Iterator[Bar]:
    """The bars of one scope and component."""
    return (bar for bar in bars if (bar.scope, bar.on, bar.component) == (scope, on, component))


def for_file(bars: Iterable[Bar], on: BarUnits, path: str, components: Iterable[str]) -> tuple[BarChoice, ...]:
    """Every file bar that matches the path as one of the components' files or anyone's; what won is marked.

    A bar of which some limits won and others did not is listed twice, each time with those limits only.
    """
    candidates = [b for b in bars if b.scope is BarScope.FILE and b.on is on and _matches(b, path)]
    if not candidates:
        return ()
    names = set(components) or {""}
    won: dict[int, set[str]] = {index: set() for index, bar in enumerate(candidates) if bar.component in {"", *names}}
    for name in names:
        mine = [index for index in won if candidates[index].component in ("", name)]
        for limit in LIMITS:
            for index in _winners(candidates, mine, limit, path):
                won[index].add(limit)
    return tuple(choice for index in won for choice in _choices(candidates[index], won[index]))


def _winners(candidates: Sequence[Bar], mine: Iterable[int], limit: str, path: str) -> Iterator[int]:
    """Of each kind the most specific bar that sets the limit; of equals the strictest, then the first."""
    best: dict[tuple[str, ...], tuple[tuple[int, int, Decimal, int], int]] = {}
    for index in mine:
        bar = candidates[index]
        value = limit_of(bar, limit)
        if value is None:
            continue
        kind = (bar.metric.value, bar.attribute, str(bar.enforced))
        strictness = Decimal(value) if limit == "min" else -Decimal(value)
        rank = (*_specificity(bar, path), strictness, -index)
        if kind not in best or rank > best[kind][0]:
            best[kind] = (rank, index)
    return (index for _, index in best.values())


def _choices(bar: Bar, won: Collection[str]) -> Iterator[BarChoice]:
    lost = [limit for limit in LIMITS if limit not in won and limit_of(bar, limit) is not None]
    if won:
        yield BarChoice(kept_limits(bar, won), won=True)
    if lost:
        yield BarChoice(kept_limits(bar, lost), won=False)


def limit_of(bar: Bar, limit: str) -> Decimal | int | None:
    """One of the bar's limits by its key in the file."""
    return {"min": bar.min, "max": bar.max, "max_uncovered": bar.max_uncovered}[limit]


def kept_limits(bar: Bar, limits: Collection[str]) -> Bar:
    """The bar with these limits and no other."""
    return replace(
        bar,
        min=bar.min if "min" in limits else None,
        max=bar.max if "max" in limits else None,
        max_uncovered=bar.max_uncovered if "max_uncovered" in limits else None,
    )


def spelled(limit: Decimal) -> str:
    """A limit as it was written: no exponent, no rounding."""
    return format(limit, "f")


def _matches(bar: Bar, path: str) -> bool:
    return not bar.paths or globs.matches(path, bar.paths)


def _specificity(bar: Bar, path: str) -> tuple[int, int]:
    return max((globs.specificity(p) for p in bar.paths if globs.matches(path, [p])), default=(0, 0))
