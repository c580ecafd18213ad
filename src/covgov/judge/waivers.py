"""Which failing bars the register waives in this change, and what is wrong with the entries that do not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from msgspec import structs

from covgov.judge.facts import BasePolicy, Facts
from covgov.judge.register_figures import current, vanished
from covgov.judge.view import PolicyView
from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Finding, Scope
from covgov.register.entry import ENTRY_SCOPES, Entry, Key, Register, Status
from covgov.register.standing import grievance, label, standing

RULE = "bar"
"""The only rule whose findings can be waived."""

HINTS: Mapping[ExceptionState, str] = {
    ExceptionState.PROPOSED: "fill in the row and merge it: a row waives once it is on the base branch",
    ExceptionState.INCOMPLETE: "fill in the row and merge it: a row waives once it is on the base branch",
    ExceptionState.OVERDUE: "raise the coverage, or renew the review date in a change of its own",
    ExceptionState.OVERLONG: "set an earlier review date",
    ExceptionState.UNAPPROVED: "merge the row first, in a change that touches only the register",
    ExceptionState.BELOW_FLOOR: "raise the coverage to the floor again: an exception does not cover further losses",
    ExceptionState.UNUSED: "`covgov exceptions sync` marks it resolved, `covgov exceptions resolve` does so by hand",
}
IN_ADVANCE = "nothing to do: it stays proposed until it is needed; `covgov exceptions resolve` closes it by hand"
"""The hint for an unused entry that has never been active."""

Value = TypeVar("Value", date, Decimal, int)


@dataclass(frozen=True, slots=True)
class Waivers:
    """findings: all that came in, in order, some with `waived_by`. extra: findings about the entries themselves.
    lines: every entry with its state, in file order."""

    findings: tuple[Finding, ...]
    extra: tuple[Finding, ...]
    lines: tuple[ExceptionLine, ...]


@dataclass(frozen=True, slots=True)
class EntryState:
    """One entry on this day, with the base branch's row and the figures. now: the lowest figure it is about, None when
    unknown. failing: whether that misses a bar. why: what is wrong with it, or ""."""

    entry: Entry
    state: ExceptionState
    now: Ratio | None
    failing: bool
    why: str


def apply(findings: Sequence[Finding], views: Sequence[PolicyView]) -> Waivers:
    """Waive failing total bars of components and files that a valid entry covers; nothing else is ever waived.

    An entry waives when it is complete, in date, within the maximum term, its figure not below its floor, and it is on
    the base branch (what this change weakened counts with its old value), or the change touches nothing but the
    register, or the base branch has no policy yet. A damaged register waives nothing. Entries that landed on the base
    branch after the change started count as if they were here.
    """
    facts = views[0].facts
    if facts.register is None:
        return Waivers(tuple(findings), (), ())
    failing: dict[Key, list[Ratio]] = {}
    enforced: set[Key] = set()
    for finding in findings:
        if figure := _waivable(finding):
            failing.setdefault(figure[0], []).append(figure[1])
            enforced |= {figure[0]} if finding.enforced else set()
    entries = (*facts.register.entries, *_landed(facts.register, facts))
    states = [_judge(entry, failing.get(entry.key, ()), views) for entry in entries]
    waiving = {one.entry.key: one.entry.id for one in states if one.state is ExceptionState.ACTIVE and one.failing}
    return Waivers(
        findings=tuple(_marked(finding, waiving) for finding in findings),
        extra=tuple(_finding(one, waiving, enforced) for one in states if one.why),
        lines=tuple(_line(one) for one in states),
    )


def _landed(here: Register, facts: Facts) -> Iterable[Entry]:
    """Rows of the base branch that are neither here nor where the change starts: it has not been rebased since."""
    start = facts.start_register.entries if facts.start_register else ()
    known = {"", *(entry.id for entry in (*here.entries, *start))}
    return [entry for entry in (facts.base_register.entries if facts.base_register else ()) if entry.id not in known]


def _waivable(finding: Finding) -> tuple[Key, Ratio] | None:
    """The figure that a finding is about, if it is a missed minimum on the total of a component or a file."""
    if finding.rule != RULE or finding.effect is not Effect.FAIL or finding.scope not in ENTRY_SCOPES:
        return None
    if finding.metric is None or finding.now is None or finding.bar is None or finding.now.meets(finding.bar):
        return None
    return (finding.scope, finding.subject, finding.metric), finding.now


def _marked(finding: Finding, waiving: Mapping[Key, str]) -> Finding:
    figure = _waivable(finding)
    waiver = waiving.get(figure[0]) if figure else None
    return structs.replace(finding, waived_by=waiver, hint="") if waiver else finding


def _judge(entry: Entry, failing: Sequence[Ratio], views: Sequence[PolicyView]) -> EntryState:
    now = min(failing, key=lambda ratio: ratio.fraction) if failing else current(views, entry.key)
    state, why = _state(entry, failing, now, views)
    return EntryState(entry, state, now, bool(failing), why)


def _state(
    entry: Entry, failing: Sequence[Ratio], now: Ratio | None, views: Sequence[PolicyView]
) -> tuple[ExceptionState, str]:
    facts = views[0].facts
    term = min(_present(*(view.policy.exceptions.max_term_days for view in views)), default=None)
    state = standing(entry, facts.today, term)
    if state is not ExceptionState.ACTIVE:
        return state, grievance(entry, state, facts.today, term)
    effective = _effective(entry, facts, views[-1].policy.exceptions.path)
    if effective is None:
        return ExceptionState.UNAPPROVED, f"{label(entry)} is new in this change and cannot waive in it"
    state = standing(effective, facts.today, term)
    if state is not ExceptionState.ACTIVE:
        return state, f"{grievance(effective, state, facts.today, term)} (what this change renews counts once merged)"
    if failing and not _holds(effective, now):
        return ExceptionState.BELOW_FLOOR, f"{label(entry)} is below its floor: {words.now(now, effective.floor)}"
    if failing or (now is None and not vanished(views, entry.key)):
        return ExceptionState.ACTIVE, ""
    return ExceptionState.UNUSED, f"{label(entry)} waives nothing: {_idle(now)}"


def _idle(now: Ratio | None) -> str:
    return "its code is gone" if now is None else f"{words.now(now, None)} meets every bar"


def _holds(entry: Entry, now: Ratio | None) -> bool:
    return entry.floor is not None and now is not None and now.meets(entry.floor)


def _effective(entry: Entry, facts: Facts, path: str) -> Entry | None:
    """The entry as far as it counts in this change: as written, or the stricter of base and head; None = it is not
    (complete and open) on the base branch."""
    if _trusted_as_written(entry, facts, path):
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


def _trusted_as_written(entry: Entry, facts: Facts, path: str) -> bool:
    alone = facts.changed_paths is not None and facts.changed_paths <= {path}
    return alone or facts.base_policy is not BasePolicy.PRESENT


def _finding(state: EntryState, waiving: Collection[Key], enforced: Collection[Key]) -> Finding:
    """A failure of its own where the entry would otherwise have waived one that no other waives, else a note."""
    fails = state.failing and state.entry.key not in waiving
    kind = ExceptionState.INCOMPLETE if state.state is ExceptionState.PROPOSED else state.state
    return Finding(
        rule=f"exception-{kind}",
        effect=Effect.FAIL if fails else Effect.NOTE,
        scope=Scope.REGISTER,
        subject=state.entry.id or state.entry.spelled,
        message=state.why,
        hint=_hint(state),
        metric=state.entry.metric,
        now=state.now,
        enforced=not fails or state.entry.key in enforced,
    )


def _hint(state: EntryState) -> str:
    dormant = state.state is ExceptionState.UNUSED and state.entry.status is Status.PROPOSED
    return IN_ADVANCE if dormant else HINTS[state.state]


def _line(state: EntryState) -> ExceptionLine:
    entry = state.entry
    return ExceptionLine(
        id=entry.id,
        scope=entry.spelled,
        metric=entry.metric,
        state=state.state,
        floor=entry.floor,
        current=state.now,
        owner=entry.owner,
        review=entry.review,
        opened=entry.opened,
        resolved=entry.resolved,
    )


def _present(*values: Value | None) -> Iterable[Value]:
    return [value for value in values if value is not None]
