"""Which failing bars the register waives in this change, and what is wrong with the entries that do not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct, structs

from covgov.judge.facts import BasePolicy, Facts
from covgov.judge.register_figures import current, vanished
from covgov.judge.view import PolicyView
from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Finding, Scope
from covgov.register.entry import Entry, Key, Register, Status
from covgov.register.standing import grievance, label, standing

WAIVABLE = {Scope.COMPONENT: "bar", Scope.FILE: "bar", Scope.POLICY: "loosened"}
"""The failures that can be waived: their rules by what they are about."""

MEASUREMENT: Key = (Scope.POLICY, "measurement", Metric.COMBINED)
"""What an entry that accepts another measurement is about."""

HINTS: Mapping[ExceptionState, str] = {
    ExceptionState.PROPOSED: "fill in the row and merge it: a row waives once it is on the base branch",
    ExceptionState.INCOMPLETE: "fill in the row and merge it: a row waives once it is on the base branch",
    ExceptionState.OVERDUE: "raise the coverage, or renew the review date in a change of its own",
    ExceptionState.OVERLONG: "set an earlier review date",
    ExceptionState.UNAPPROVED: (
        "merge the row first, in a change that touches only the register, or have an owner of the register approve "
        "this change"
    ),
    ExceptionState.BELOW_FLOOR: "raise the coverage to the floor again: an exception does not cover further losses",
    ExceptionState.UNUSED: "`covgov exceptions sync` marks it resolved, `covgov exceptions resolve` does so by hand",
}
IN_ADVANCE = "nothing to do: it stays proposed until it is needed; `covgov exceptions resolve` closes it by hand"
"""The hint for an unused entry that has never been active."""

Value = TypeVar("Value", date, Decimal, int)


class Waivers(Struct, frozen=True):
    """findings: all that came in, in order, some with `waived_by`. extra: findings about the entries themselves.
    lines: every entry with its state, in file order."""

    findings: tuple[Finding, ...]
    extra: tuple[Finding, ...]
    lines: tuple[ExceptionLine, ...]


class EntryState(Struct, frozen=True):
    """One entry on this day, with the base branch's row and the figures. now: the lowest figure it is about, None when
    unknown. failing: whether that misses a bar. why: what is wrong with it, or ""."""

    entry: Entry
    state: ExceptionState
    now: Ratio | None
    failing: bool
    why: str


def apply(findings: Sequence[Finding], views: Sequence[PolicyView]) -> Waivers:
    """Waive failing total bars of components and files, loosenings, and what another measurement leaves undetermined,
    where a valid entry covers it; nothing else is ever waived.

    An entry waives when it is complete, in date, within the maximum term, its figure not below its floor, and it is on
    the base branch (what this change weakened counts with its old value), or the change touches nothing but the
    register, or an owner of the register approved the change in review, or the base branch has no policy yet. An entry
    for a loosening or a measurement is always on the base branch. A damaged register waives nothing. Entries that
    landed on the base branch after the change started count as if they were here.
    """
    facts = views[0].facts
    if facts.register is None:
        return Waivers(tuple(findings), (), ())
    failing: dict[Key, list[Ratio]] = {}
    enforced: set[Key] = set()
    for finding in findings:
        if key := _waivable(finding):
            figure = finding.now if key[0] is not Scope.POLICY else None
            failing.setdefault(key, []).extend([figure] if figure else [])
            enforced |= {key} if finding.enforced else set()
    entries = (*facts.register.entries, *_landed(facts.register, facts))
    states = [_judge(entry, failing.get(entry.key), views) for entry in entries]
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


def _waivable(finding: Finding) -> Key | None:
    """What an entry that waives the finding is about: a missed minimum on the total of a component or a file, a
    loosening or a measurement (which have no metric, so their entries have the default one)."""
    if finding.effect is Effect.UNDETERMINED and finding.rule == "measurement":
        return MEASUREMENT
    if finding.effect is not Effect.FAIL or finding.rule != WAIVABLE.get(finding.scope):
        return None
    if finding.scope is Scope.POLICY:
        return finding.scope, finding.subject, Metric.COMBINED
    if finding.metric is None or finding.now is None or finding.bar is None or finding.now.meets(finding.bar):
        return None
    return finding.scope, finding.subject, finding.metric


def _marked(finding: Finding, waiving: Mapping[Key, str]) -> Finding:
    key = _waivable(finding)
    waiver = waiving.get(key) if key else None
    return structs.replace(finding, waived_by=waiver, hint="") if waiver else finding


def _judge(entry: Entry, failing: Sequence[Ratio] | None, views: Sequence[PolicyView]) -> EntryState:
    """failing: the figures of what it would waive, None when there is nothing."""
    now = min(failing, key=lambda ratio: ratio.fraction) if failing else current(views, entry.key)
    state, why = _state(entry, now, views, failing=failing is not None)
    return EntryState(entry, state, now, failing is not None, why)


def _state(
    entry: Entry, now: Ratio | None, views: Sequence[PolicyView], *, failing: bool
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
    if entry.scope is Scope.POLICY:
        return True  # neither a loosening nor a measurement has a figure
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
        floor=max(_present(entry.floor, base.floor), default=None),
        review=min(_present(entry.review, base.review)),
        approved_on=min(_present(entry.approved_on, base.approved_on)),
    )


def _trusted_as_written(entry: Entry, facts: Facts, path: str) -> bool:
    if facts.base_policy is not BasePolicy.PRESENT:
        return True
    alone = facts.changed_paths is not None and facts.changed_paths <= {path}
    return entry.scope is not Scope.POLICY and (alone or bool(facts.register_approval.by))


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
