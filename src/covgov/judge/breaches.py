"""A figure against a bar: which bars are in force, and the finding for each limit that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from covgov.judge.facts import Override
from covgov.judge.view import PolicyView
from covgov.model import words
from covgov.model.ratio import Ratio, show
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.bars import Bar, BarScope, BarUnits, spelled, total_bar
from covgov.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """What a figure is about. unproven: why the figure proves nothing; "" when it does."""

    scope: Scope
    name: str
    unproven: str = ""


def in_force(view: PolicyView) -> tuple[Bar, ...]:
    """The policy's bars, with the total bar of the overridden suite replaced."""
    override = view.facts.override
    return view.policy.bars if override is None else overridden(view.policy, override)


def overridden(policy: Policy, override: Override) -> tuple[Bar, ...]:
    """The total bars of the suite's components set, where it is the only suite also the project's; all others kept."""
    suite = [one for one in policy.components.values() if one.suite == override.suite]
    totals = [total_bar(one.name, one.metric, override.value) for one in suite]
    if policy.expected == (override.suite,):
        totals.append(Bar("policy.fail_under", BarScope.PROJECT, BarUnits.TOTAL, policy.gate.metric, override.value))
    replaced = {bar.key for bar in totals}
    return (*totals, *(bar for bar in policy.bars if bar.key not in replaced))


def written(view: PolicyView, bar: Bar) -> str:
    """Where the bar is set: its key in the file, or the option that replaced it."""
    override = view.facts.override
    if override is not None and bar not in view.policy.bars:
        return override.origin
    return view.policy.written(bar.key)


def broken(view: PolicyView, bar: Bar, now: Ratio, subject: Subject, rule: str = "bar") -> Iterator[Finding]:
    """One finding for each of the bar's limits that the figure breaks. Nothing measured breaks nothing.

    Only a broken minimum on a total is of rule `bar`, which exceptions may waive; `limit` and `attribute` are not.
    """
    if not now.measurable:
        return
    effect = Effect.NOTE if subject.unproven else Effect.FAIL
    source = written(view, bar)
    for name, comparison, limit in _breaches(bar, now):
        yield Finding(
            rule=name if rule == "bar" else rule,
            effect=effect,
            scope=subject.scope,
            subject=subject.name,
            message=f"{subject.name}: {comparison} ({_what(bar)}, bar {source})" + proving_nothing(subject.unproven),
            hint="" if subject.unproven else _hint(bar, source),
            metric=bar.metric,
            now=now,
            bar=limit,
            key=bar.key,
        )


def proving_nothing(why: str) -> str:
    """What a message about such a figure ends with; nothing when the figure counts."""
    return f"; {why}, so this proves nothing" if why else ""


def _breaches(bar: Bar, now: Ratio) -> Iterator[tuple[str, str, Decimal | None]]:
    """(rule, words, limit in per cent) of each limit that is broken."""
    if bar.min is not None and not now.meets(bar.min):
        yield "attribute" if bar.attribute else "bar", words.now(now, bar.min), bar.min
    if bar.max is not None and now.covered * 100 > Fraction(bar.max) * now.total:
        ceiling = show(-now.fraction * 100).removeprefix("-")
        yield "limit", f"{now.covered}/{now.total} = {ceiling} % > {spelled(bar.max)} %", bar.max
    amount = now.covered if bar.on in (BarUnits.LOST, BarUnits.EXCLUDED) else now.uncovered
    if bar.max_uncovered is not None and amount > bar.max_uncovered:
        unit = bar.on.value if bar.on in (BarUnits.LOST, BarUnits.EXCLUDED) else "uncovered"
        yield "limit", f"{amount} {unit} of {now.total} units > {bar.max_uncovered}", None


def _what(bar: Bar) -> str:
    parts = [bar.metric.value, "" if bar.on is BarUnits.TOTAL else f"on {bar.on}"]
    parts.append(f"reached by {bar.attribute} tests" if bar.attribute else "")
    return ", ".join(part for part in parts if part)


def _hint(bar: Bar, source: str) -> str:
    if bar.scope is BarScope.PROJECT and bar.on is BarUnits.TOTAL:
        return "no exception waives the bar of the project: cover the lines listed below"
    if bar.on is BarUnits.PATCH:
        return "cover the changed lines listed below"
    if bar.on is BarUnits.TOTAL and not bar.attribute:
        return "cover the lines listed below, or propose an exception with `covgov exceptions sync`"
    return f"`covgov policy show` prints the bar {source}"
