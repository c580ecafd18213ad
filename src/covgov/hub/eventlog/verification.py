"""Verifies an audit trail: no entry altered, missing, moved or added. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from covgov.hub.eventlog.chain import EMPTY, AuditEntry, AuditHead, digest


@dataclass(frozen=True, slots=True)
class AuditFault:
    """sequence: number of the entry where it was found. what: a sentence."""

    sequence: int
    what: str


def check(
    rows: Iterable[AuditEntry], stored: AuditHead | None, witness: AuditHead | None = None
) -> Iterator[AuditFault]:
    """The faults of these rows, in the order of their numbers, compared with the stored head.

    witness: a head that was noted outside of the database; it must be one of the rows.
    """
    last, seen = EMPTY, witness is None or witness == EMPTY
    for entry in rows:
        yield from _link(entry, last)
        last = AuditHead(entry.sequence, entry.hash)
        seen = seen or last == witness
    yield from _end(last, stored)
    if witness is not None and not seen:
        yield AuditFault(witness.sequence, "the witness entry is not in this trail")


def _link(entry: AuditEntry, last: AuditHead) -> Iterator[AuditFault]:
    missing = entry.sequence - last.sequence - 1
    if missing < 0:
        yield AuditFault(entry.sequence, "was added before the first entry")
    elif missing:
        which = f"{last.sequence + 1}" if missing == 1 else f"{last.sequence + 1} to {entry.sequence - 1}"
        yield AuditFault(entry.sequence, f"{missing} missing before it: {which}")
    elif entry.previous != last.hash:
        yield AuditFault(entry.sequence, "does not follow the entry before it: one of the two was replaced")
    if digest(entry) != entry.hash:
        yield AuditFault(entry.sequence, "was altered: its content does not match its hash")


def _end(last: AuditHead, stored: AuditHead | None) -> Iterator[AuditFault]:
    """Compare the last row with the stored head."""
    if stored is None:
        if last != EMPTY:
            yield AuditFault(last.sequence, "the record of the newest entry was removed")
    elif stored.sequence > last.sequence:
        yield AuditFault(stored.sequence, f"the newest entries are missing: {last.sequence + 1} to {stored.sequence}")
    elif stored.sequence < last.sequence:
        yield AuditFault(last.sequence, f"entries were added past the recorded newest one, {stored.sequence}")
    elif stored.hash != last.hash:
        yield AuditFault(last.sequence, "the newest entry differs from the recorded head")
