"""Keeps the machine's columns of the register in step with a verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from msgspec import Struct

from covgov.errors import UsageError
from covgov.model.ratio import Ratio
from covgov.model.verdict import BarLine, Outcome, Row, Scope, Verdict
from covgov.register.columns import storable
from covgov.register.entry import ENTRY_SCOPES, Entry, Key, Register, Status

PREFIX = "EX-"
_NUMBERED = re.compile(rf"{PREFIX}([0-9]+)")


class BarResult(Struct, frozen=True):
    """One figure (the lowest, for a file of several components) against the highest of its bars; met = it meets all."""

    now: Ratio
    bar: Decimal
    met: bool


def sync(
    register: Register,
    verdict: Verdict,
    *,
    owners: Callable[[str], str],
    today: date,
    base: Register | None = None,
) -> Register:
    """The register after this verdict: below the bar and not listed -> a proposed row; listed -> figure and bar are
    refreshed and a complete row becomes active; back above every bar -> resolved, with the final figure. A row that
    people completed in advance has never been active: above the bar it stays proposed. So does one below the higher bar
    that it was proposed for (`init --adopt` proposes for the wanted bar).

    owners: path -> owner, asked only for new rows. base: the base branch's register; its ids are taken, and a figure
    that it lists is not proposed again. What people wrote is never changed, rows are never removed, and a
    figure that proves nothing (suite missing, tests failed, component undetermined) moves nothing. Idempotent.
    """
    judged = _standings(verdict)
    entries = [_refreshed(entry, judged.get(entry.key), today) for entry in register.entries]
    here = {entry.id for entry in register.entries}
    landed = [entry for entry in (base.entries if base else ()) if entry.id not in here]
    listed = {entry.key for entry in (*register.entries, *landed) if entry.open}
    for key, standing in sorted(judged.items()):
        if not standing.met and key not in listed and storable(key[1]):
            entries.append(_proposed(key, standing, _owner(key, verdict.rows, owners)))
    return replace(register, entries=tuple(_numbered(entries, (entry.id for entry in landed))))


def resolve(register: Register, entry_id: str, *, today: date, note: str = "") -> Register:
    """Mark one row resolved by hand, the note beside its last figure. Raises UsageError for an id that is not open."""
    found = next((entry for entry in register.entries if entry_id and entry.id == entry_id), None)
    if found is None:
        known = ", ".join(entry.id for entry in register.entries if entry.id and entry.open) or "none"
        raise UsageError(
            "exception-unknown", f"{register.path} has no exception {entry_id}", hint=f"open exceptions: {known}"
        )
    if not found.open:
        raise UsageError("exception-resolved", f"{entry_id} is already resolved (on {found.resolved or 'no date'})")
    current = " ".join(part for part in (found.current, f"({note})" if note else "") if part)
    done = replace(found, status=Status.RESOLVED, resolved=today, current=current)
    return replace(register, entries=tuple(done if entry is found else entry for entry in register.entries))


def _standings(verdict: Verdict) -> dict[Key, BarResult]:
    """Per figure, the bars that were judged on something that proves something."""
    doubtful = {
        row.name for row in verdict.rows if row.partial or row.now is None or row.outcome is Outcome.UNDETERMINED
    }
    lines: dict[Key, list[BarLine]] = {}
    for line in verdict.bars:
        component = line.component or (line.subject if line.scope is Scope.COMPONENT else "")
        if line.scope in ENTRY_SCOPES and line.now.measurable and component not in doubtful:
            lines.setdefault((line.scope, line.subject, line.metric), []).append(line)
    return {key: _standing(group) for key, group in lines.items()}


def _standing(lines: Sequence[BarLine]) -> BarResult:
    return BarResult(
        now=min((line.now for line in lines), key=lambda now: now.fraction),
        bar=max(line.bar for line in lines),
        met=all(line.met for line in lines),
    )


def _refreshed(entry: Entry, standing: BarResult | None, today: date) -> Entry:
    if not entry.open:
        return entry
    if standing is None:
        return _activated(entry, today)
    proposed = entry.status is Status.PROPOSED
    waits = proposed and entry.bar is not None and not standing.now.meets(entry.bar)
    entry = replace(entry, current=str(standing.now), bar=_higher(entry.bar, standing.bar) if waits else standing.bar)
    if standing.met:
        if waits or (proposed and not set(entry.absent) - {"id", "floor"}):
            return entry
        return replace(entry, status=Status.RESOLVED, resolved=today)
    floor = _floored(standing.now) if entry.floor is None else entry.floor
    return _activated(replace(entry, floor=floor), today)


def _higher(before: Decimal | None, bar: Decimal) -> Decimal:
    return bar if before is None else max(before, bar)


def _activated(entry: Entry, today: date) -> Entry:
    """Active once people have filled in their columns (the id is about to be assigned, if it is missing)."""
    if set(entry.absent) - {"id"}:
        return entry
    return replace(entry, status=Status.ACTIVE, opened=entry.opened or today)


def _proposed(key: Key, standing: BarResult, owner: str) -> Entry:
    scope, subject, metric = key
    return Entry(
        id="",
        scope=scope,
        subject=subject,
        metric=metric,
        floor=_floored(standing.now),
        current=str(standing.now),
        bar=standing.bar,
        status=Status.PROPOSED,
        opened=None,
        resolved=None,
        owner=owner,
    )


def _floored(now: Ratio) -> Decimal:
    return Decimal(now.percent(2))


def _owner(key: Key, rows: Sequence[Row], owners: Callable[[str], str]) -> str:
    """The owner of the file; of a component, the one who owns most of its files with uncovered lines or exits."""
    scope, subject, _ = key
    if scope is Scope.FILE:
        return owners(subject)
    paths = {path for row in rows if row.name == subject for path in (*row.uncovered, *row.partial_lines)}
    votes = Counter(filter(None, map(owners, sorted(paths))))
    return min(votes, key=lambda name: (-votes[name], name), default="")


def _numbered(entries: Sequence[Entry], elsewhere: Iterable[str]) -> list[Entry]:
    """Rows without an id get the next numbers, in file order; ids that are used elsewhere are taken too."""
    ids = (*(entry.id for entry in entries), *elsewhere)
    taken = [int(match[1]) for name in ids if (match := _NUMBERED.fullmatch(name))]
    following = iter(range(max(taken, default=0) + 1, max(taken, default=0) + 1 + len(entries)))
    return [entry if entry.id else replace(entry, id=f"{PREFIX}{next(following):03d}") for entry in entries]
