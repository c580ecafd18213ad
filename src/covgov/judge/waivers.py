"""Which failing bars the register waives in this change, and what is wrong with the entries that do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from covgov.judge.facts import BasePolicy, Facts
from covgov.judge.register_figures import current, vanished
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Finding, Scope
from covgov.policy import scopes
from covgov.policy.bar import On
from covgov.policy.policy import Policy
from covgov.register.entry import ENTRY_SCOPES, Entry, Key, Register, Status
from covgov.register.standing import grievance, label, standing

RULE = "bar"
"""The only rule whose findings can be waived."""

HINTS: Mapping[ExceptionState, str] = {
    ExceptionState.PROPOSED: "fill in the row; it waives once it is on the base branch or approved in review",
    ExceptionState.INCOMPLETE: "fill in the row; it waives once it is on the base branch or approved in review",
    ExceptionState.OVERDUE: "raise the coverage, or renew the review date in a change of its own",
    ExceptionState.OVERLONG: "set an earlier review date",
    ExceptionState.UNAPPROVED: "merge the row first, in a change that touches only the register",
    ExceptionState.BELOW_FLOOR: "raise the coverage to the floor again: an exception does not cover further losses",
    ExceptionState.UNUSED: "`covgov exceptions sync` marks it resolved, `covgov exceptions resolve` does so by hand",
}
IN_ADVANCE = "nothing to do: it stays proposed until it is needed; `covgov exceptions resolve` closes it by hand"
"""The hint for an unused entry that has never been active."""

Value = TypeVar("Value", date, Decimal)


@dataclass(frozen=True, slots=True)
class Waived:
    """findings: all that came in, in order, some with `waived_by`. extra: findings about the entries themselves.
    lines: every entry with its state, in file order."""

    findings: tuple[Finding, ...]
    extra: tuple[Finding, ...]
    lines: tuple[ExceptionLine, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One entry held against the day, the base branch and the figures. now: the lowest figure it is about, None when
    unknown. failing: whether that misses a bar. why: "" when there is nothing to say."""

    entry: Entry
    state: ExceptionState
    now: Ratio | None
    failing: bool
    why: str


def apply(findings: Sequence[Finding], facts: Facts) -> Waived:
    """Waive failing total bars of components and files that a valid entry covers; nothing else is ever waived.

    An entry waives when it is complete, in date, within the maximum term, its figure not below its floor, and it stands
    on the base branch (what this change weakened counts with its old value), or was approved in review, or the change
    touches nothing but the register, or the base branch has no policy yet. A damaged register waives nothing. Entries
    that landed on the base branch after the change started count as if they were here.
    """
    if facts.register is None:
        return Waived(tuple(findings), (), ())
    failing: dict[Key, list[Ratio]] = {}
    for finding in findings:
        if figure := _waivable(finding, facts.policy):
            failing.setdefault(figure[0], []).append(figure[1])
    entries = (*facts.register.entries, *_landed(facts.register, facts))
    judged = [_judge(entry, failing.get(entry.key, ()), facts) for entry in entries]
    waivers = {j.entry.key: j.entry.id for j in judged if j.state is ExceptionState.ACTIVE and j.failing}
    return Waived(
        findings=tuple(_marked(finding, waivers, facts.policy) for finding in findings),
        extra=tuple(_finding(j, waived=j.entry.key in waivers) for j in judged if j.why),
        lines=tuple(_line(j) for j in judged),
    )


def _landed(here: Register, facts: Facts) -> Iterable[Entry]:
    """Rows of the base branch that are neither here nor where the change starts: it has not been rebased since."""
    start = facts.start_register.entries if facts.start_register else ()
    known = {"", *(entry.id for entry in (*here.entries, *start))}
    return [entry for entry in (facts.base_register.entries if facts.base_register else ()) if entry.id not in known]


def _waivable(finding: Finding, policy: Policy) -> tuple[Key, Ratio] | None:
    """The figure that a finding is about, if it is a missed minimum on the total of a component or a file."""
    if finding.rule != RULE or finding.effect is not Effect.FAIL or finding.scope not in ENTRY_SCOPES:
        return None
    if finding.metric is None or finding.now is None or finding.bar is None or finding.now.meets(finding.bar):
        return None
    kinds = {(bar.on, bar.attribute) for bar in policy.bars if bar.key == finding.key}
    if kinds != {(On.TOTAL, "")}:
        return None
    subject = scopes.plain(finding.subject) if finding.scope is Scope.COMPONENT else finding.subject
    return (finding.scope, subject, finding.metric), finding.now


def _marked(finding: Finding, waivers: Mapping[Key, str], policy: Policy) -> Finding:
    figure = _waivable(finding, policy)
    waiver = waivers.get(figure[0]) if figure else None
    return replace(finding, waived_by=waiver, hint="") if waiver else finding


def _judge(entry: Entry, failing: Sequence[Ratio], facts: Facts) -> Judged:
    now = min(failing, key=lambda ratio: ratio.fraction) if failing else current(facts, entry.key)
    state, why = _state(entry, failing, now, facts)
    return Judged(entry, state, now, bool(failing), why)


def _state(entry: Entry, failing: Sequence[Ratio], now: Ratio | None, facts: Facts) -> tuple[ExceptionState, str]:
    term = facts.policy.exceptions.max_term_days
    state = standing(entry, facts.today, term)
    if state is not ExceptionState.ACTIVE:
        return state, grievance(entry, state, facts.today, term)
    effective = _effective(entry, facts)
    if effective is None:
        return ExceptionState.UNAPPROVED, f"{label(entry)} is new in this change and cannot waive in it"
    state = standing(effective, facts.today, term)
    if state is not ExceptionState.ACTIVE:
        return state, f"{grievance(effective, state, facts.today, term)} (what this change renews counts once merged)"
    if failing and not _holds(effective, now):
        return ExceptionState.BELOW_FLOOR, f"{label(entry)}: {now} is below the floor {effective.floor} %"
    if failing or (now is None and not vanished(facts, entry.key)):
        return ExceptionState.ACTIVE, ""
    return ExceptionState.UNUSED, f"{label(entry)} waives nothing: {_idle(now)}"


def _idle(now: Ratio | None) -> str:
    return "there is no such code any more" if now is None else f"{now} misses no bar"


def _holds(entry: Entry, now: Ratio | None) -> bool:
    return entry.floor is not None and now is not None and now.meets(entry.floor)


def _effective(entry: Entry, facts: Facts) -> Entry | None:
    """The entry as far as it counts in this change: as it stands, or the stricter of base and head; None = it is not
    (complete and open) on the base branch."""
    if _trusted_as_it_stands(entry, facts):
        return entry
    there = facts.base_register.entries if facts.base_register else ()
    base = next((old for old in there if old.key == entry.key and old.open and not old.absent), None)
    if base is None:
        return None
    return replace(
        entry,
        floor=max(_present(entry.floor, base.floor)),
        review=min(_present(entry.review, base.review)),
        approved_on=min(_present(entry.approved_on, base.approved_on)),
    )


def _trusted_as_it_stands(entry: Entry, facts: Facts) -> bool:
    register = facts.policy.exceptions.path
    alone = facts.changed_paths is not None and facts.changed_paths <= {register}
    return alone or facts.base_policy is not BasePolicy.PRESENT or entry.id in facts.approvals


def _finding(judged: Judged, *, waived: bool) -> Finding:
    """A failure of its own where the entry would otherwise have waived one that no other waives, else a note."""
    kind = ExceptionState.INCOMPLETE if judged.state is ExceptionState.PROPOSED else judged.state
    return Finding(
        rule=f"exception-{kind}",
        effect=Effect.FAIL if judged.failing and not waived else Effect.NOTE,
        scope=Scope.REGISTER,
        subject=judged.entry.id or judged.entry.spelled,
        message=judged.why,
        hint=_hint(judged),
        metric=judged.entry.metric,
        now=judged.now,
    )


def _hint(judged: Judged) -> str:
    dormant = judged.state is ExceptionState.UNUSED and judged.entry.status is Status.PROPOSED
    return IN_ADVANCE if dormant else HINTS[judged.state]


def _line(judged: Judged) -> ExceptionLine:
    entry = judged.entry
    return ExceptionLine(
        id=entry.id,
        scope=entry.spelled,
        metric=entry.metric,
        state=judged.state,
        floor=entry.floor,
        current=judged.now,
        owner=entry.owner,
        review=entry.review,
        opened=entry.opened,
        resolved=entry.resolved,
    )


def _present(*values: Value | None) -> Iterable[Value]:
    return [value for value in values if value is not None]
