"""What two policies find of the same facts, as one list: of two about the same thing the worse. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import structs

from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding
from covgov.policy.bars import Bar

SEVERITY = (Effect.NOTE, Effect.UNDETERMINED, Effect.FAIL)
BY_BASE = " (by the base branch's policy)"

Rank = tuple[int, int, Decimal]


def unite(views: Sequence[PolicyView], found: Sequence[Iterable[Finding]]) -> Sequence[Finding]:
    """views, found: the head's, then the base branch's if there is one. A finding of the base's policy that replaces
    one of the head's, or that the head's policy does not make, says so.

    Only findings about the same figure replace each other: what a register row waives depends on the figure.
    """
    united: dict[tuple[object, ...], tuple[Rank, list[Finding]]] = {}
    for suffix, view, findings in zip(("", BY_BASE), views, found, strict=False):
        for topic, (rank, group) in _by_topic(findings, view).items():
            if topic not in united or rank > united[topic][0]:
                united[topic] = rank, [structs.replace(finding, message=finding.message + suffix) for finding in group]
    return [finding for _, group in united.values() for finding in group]


def _by_topic(
    findings: Iterable[Finding], view: PolicyView
) -> Mapping[tuple[object, ...], tuple[Rank, Sequence[Finding]]]:
    """What one policy finds, by rule, subject, figure and kind of limit; each with the rank of its worst finding."""
    bars = {bar.key: bar for bar in view.policy.bars}
    topics: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        bar = bars.get(one.key)
        kind = (bar.on, bar.attribute, one.bar is None) if bar else ()
        topics.setdefault((one.rule, one.scope, one.subject, one.metric, one.now, kind), []).append(one)
    return {topic: (max(_rank(one, bars.get(one.key)) for one in group), group) for topic, group in topics.items()}


def _rank(finding: Finding, bar: Bar | None) -> Rank:
    """Worse is greater: by what is enforced, by effect, then by the stricter limit. A missed minimum is stricter the
    higher it is."""
    limit = finding.bar if finding.bar is not None else Decimal(bar.max_uncovered or 0) if bar else Decimal(0)
    minimum = finding.bar is not None and finding.now is not None and not finding.now.meets(finding.bar)
    severity = SEVERITY.index(finding.effect)
    return severity if finding.enforced else 0, severity, limit if minimum else -limit
