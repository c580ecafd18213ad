"""Which bars apply, how a figure is held against one, and how that is told.

Of several file bars for one path the most specific wins, separately per limit (min, max, max_uncovered), per (on,
metric, attribute), per origin and per component that claims the path: longest literal prefix of the matching glob, then
longest glob; among equals the strictest. A bar without globs is the least specific, and a bar that does not set a limit
leaves it to others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from covgov.model.ratio import Ratio, show
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import globs, scopes
from covgov.policy.facts import Facts, Override
from covgov.policy.meaning import total_key
from covgov.policy.policy import Bar, BarScope, On, Policy

LIMITS = ("min", "max", "max_uncovered")
"""The keys of a bar's limits."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a figure is about. unproven: why nothing that is said of it counts; empty: it does."""

    scope: Scope
    name: str
    unproven: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A file bar that could apply to a path, with the limits in which it won, or did not win, against the others."""

    bar: Bar
    won: bool


def in_force(facts: Facts) -> tuple[Bar, ...]:
    """The policy's bars, with the total bar of the overridden suite replaced."""
    override = facts.override
    return facts.policy.bars if override is None else overridden(facts.policy, override)


def overridden(policy: Policy, override: Override) -> tuple[Bar, ...]:
    """The total bars of the suite's components replaced; where it is the only suite, also the project's."""
    names = [name for name, component in policy.components.items() if component.suite == override.suite]
    totals = {(name, total_key(scopes.plain(name))) for name in names}
    if policy.expected == (override.suite,):
        totals.add(("", "policy.fail_under"))
    return tuple(replace(bar, min=override.value) if (bar.component, bar.key) in totals else bar for bar in policy.bars)


def selected(bars: Iterable[Bar], scope: BarScope, on: On, component: str = "") -> Iterator[Bar]:
    """The bars of one scope and component."""
    return (bar for bar in bars if (bar.scope, bar.on, bar.component) == (scope, on, component))


def for_file(bars: Iterable[Bar], on: On, path: str, components: Iterable[str]) -> tuple[Choice, ...]:
    """Every file bar that matches the path as one of the components' files or anyone's; what won is marked.

    A bar of which some limits won and others did not stands there twice, each time with those limits only.
    """
    candidates = [b for b in bars if b.scope is BarScope.FILE and b.on is on and _matches(b, path)]
    names = {scopes.plain(name) for name in components} or {""}
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
        kind = (bar.metric.value, bar.attribute, bar.origin)
        strictness = Decimal(value) if limit == "min" else -Decimal(value)
        rank = (*_specificity(bar, path), strictness, -index)
        if kind not in best or rank > best[kind][0]:
            best[kind] = (rank, index)
    return (index for _, index in best.values())


def _choices(bar: Bar, won: Collection[str]) -> Iterator[Choice]:
    lost = [limit for limit in LIMITS if limit not in won and limit_of(bar, limit) is not None]
    if won:
        yield Choice(kept_limits(bar, won), won=True)
    if lost:
        yield Choice(kept_limits(bar, lost), won=False)


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


def broken(bar: Bar, now: Ratio, subject: Subject, rule: str = "bar") -> Iterator[Finding]:
    """One finding for each of the bar's limits that the figure breaks. Nothing measured breaks nothing.

    Only a broken minimum on a total is of rule `bar`, which exceptions may waive; `limit` and `attribute` are not.
    """
    if not now.measurable:
        return
    effect = Effect.NOTE if subject.unproven else Effect.FAIL
    for name, words, limit in _breaches(bar, now):
        yield Finding(
            rule=name if rule == "bar" else rule,
            effect=effect,
            scope=subject.scope,
            subject=subject.name,
            message=f"{subject.name}: {words} ({_what(bar)}, bar {bar.key})" + proving_nothing(subject.unproven),
            hint="" if subject.unproven else _hint(bar),
            metric=bar.metric,
            now=now,
            bar=limit,
            key=bar.key,
        )


def proving_nothing(why: str) -> str:
    """What a message about such a figure ends with; nothing when the figure counts."""
    return f"; {why}, so this proves nothing" if why else ""


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
    if bar.on is On.PATCH:
        return "cover the changed lines listed below"
    if bar.on is On.TOTAL and not bar.attribute:
        return "cover the lines listed below, or propose an exception with `covgov exceptions sync`"
    return f"`covgov policy show` prints the bar {bar.key}"


def _matches(bar: Bar, path: str) -> bool:
    return not bar.paths or globs.matches(path, bar.paths)


def _specificity(bar: Bar, path: str) -> tuple[int, int]:
    return max((globs.specificity(p) for p in bar.paths if globs.matches(path, [p])), default=(0, 0))
