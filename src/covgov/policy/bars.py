"""Which bars apply, how a figure is held against one, and how that is told.

Of several file bars for one path the most specific wins, separately per (on, metric, attribute) and per origin: longest
literal prefix of the matching glob, then longest glob, then the later bar. A bar without globs is the least specific.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from covgov.model.ratio import Ratio, show
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import globs
from covgov.policy.facts import Facts, Override
from covgov.policy.meaning import total_key
from covgov.policy.policy import Bar, BarScope, On, Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """What a figure is about. partial: the tests failed, so that nothing said of it counts."""

    scope: Scope
    name: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A file bar that could apply to a path, and whether it won against the others."""

    bar: Bar
    won: bool


def in_force(facts: Facts) -> tuple[Bar, ...]:
    """The policy's bars, with the total bar of the overridden suite replaced."""
    override = facts.override
    return facts.policy.bars if override is None else overridden(facts.policy, override)


def overridden(policy: Policy, override: Override) -> tuple[Bar, ...]:
    """The total bars of the suite's components replaced; where it is the only suite, also the project's."""
    keys = {total_key(name) for name, component in policy.components.items() if component.suite == override.suite}
    if policy.expected == (override.suite,):
        keys.add("policy.fail_under")
    return tuple(replace(bar, min=override.value) if bar.key in keys else bar for bar in policy.bars)


def selected(bars: Iterable[Bar], scope: BarScope, on: On, component: str = "") -> Iterator[Bar]:
    """The bars of one scope and component."""
    return (bar for bar in bars if (bar.scope, bar.on, bar.component) == (scope, on, component))


def for_file(bars: Iterable[Bar], on: On, path: str, components: Iterable[str]) -> tuple[Choice, ...]:
    """Every file bar that matches the path, as one of the components' files or anyone's; the winners are marked."""
    mine = {"", *components}
    candidates = [
        (bar, index)
        for index, bar in enumerate(bars)
        if bar.scope is BarScope.FILE and bar.on is on and bar.component in mine and _matches(bar, path)
    ]
    best: dict[tuple[str, ...], tuple[tuple[int, int, int], Bar]] = {}
    for bar, index in candidates:
        kind = (bar.metric.value, bar.attribute, bar.origin)
        rank = (*_specificity(bar, path), index)
        if kind not in best or rank > best[kind][0]:
            best[kind] = (rank, bar)
    winners = [bar for _, bar in best.values()]
    return tuple(Choice(bar, any(bar is winner for winner in winners)) for bar, _ in candidates)


def broken(bar: Bar, now: Ratio, subject: Subject, rule: str = "bar") -> Iterator[Finding]:
    """One finding for each of the bar's limits that the figure breaks. Nothing measured breaks nothing.

    Only a broken minimum on a total is of rule `bar`, which exceptions may waive; `limit` and `attribute` are not.
    """
    if not now.measurable:
        return
    effect = Effect.NOTE if subject.partial else Effect.FAIL
    for name, words, limit in _breaches(bar, now):
        yield Finding(
            rule=name if rule == "bar" else rule,
            effect=effect,
            scope=subject.scope,
            subject=subject.name,
            message=f"{subject.name}: {words} ({_what(bar)}, bar {bar.key})" + (PARTIAL if subject.partial else ""),
            hint="" if subject.partial else _hint(bar),
            metric=bar.metric,
            now=now,
            bar=limit,
            key=bar.key,
        )


PARTIAL = "; the suite's tests failed, so this proves nothing"


def spelled(limit: Decimal) -> str:
    """A limit as it was written: no exponent, no rounding."""
    return format(limit, "f")


def _breaches(bar: Bar, now: Ratio) -> Iterator[tuple[str, str, Decimal | None]]:
    """(rule, words, limit in per cent) of each limit that is broken."""
    if bar.min is not None and not now.meets(bar.min):
        yield "attribute" if bar.attribute else "bar", f"{now} < {spelled(bar.min)} %", bar.min
    if bar.max is not None and now.covered * 100 > Fraction(bar.max) * now.total:
        ceiling = show(-now.fraction * 100).removeprefix("-")
        yield "limit", f"{now.covered}/{now.total} = {ceiling} % > {spelled(bar.max)} %", bar.max
    amount = now.covered if bar.on in (On.LOST, On.EXCLUDED) else now.uncovered
    if bar.max_uncovered is not None and amount > bar.max_uncovered:
        unit = bar.on.value if bar.on in (On.LOST, On.EXCLUDED) else "uncovered"
        yield "limit", f"{amount} {unit} of {now.total} units > {bar.max_uncovered}", None


def _what(bar: Bar) -> str:
    parts = [bar.metric.value, "" if bar.on is On.TOTAL else f"on {bar.on}"]
    parts.append(f"reached by {bar.attribute} tests" if bar.attribute else "")
    return ", ".join(part for part in parts if part)


def _hint(bar: Bar) -> str:
    if bar.scope is BarScope.PROJECT and bar.on is On.TOTAL:
        return "cover the lines listed below; exceptions are for components and files"
    if bar.on is On.TOTAL and not bar.attribute:
        return "cover the lines listed below, or propose an exception with `covgov exceptions sync`"
    return f"`covgov policy show` prints the bar {bar.key}"


def _matches(bar: Bar, path: str) -> bool:
    return not bar.paths or globs.matches(path, bar.paths)


def _specificity(bar: Bar, path: str) -> tuple[int, int]:
    return max((globs.specificity(p) for p in bar.paths if globs.matches(path, [p])), default=(0, 0))
