"""The audit trail: append-only and hash-chained. There is no way here to change or remove an entry.

An entry is written in the transaction of the change that it accounts for: both happen or neither. The number and hash
of the newest entry are kept apart (`audit_head`, moved in the same transaction), which is how a removed newest entry is
found. Whoever may write every table can forge the whole chain; against that, keep a head outside (`head`, printed by
`covgov hub audit verify` and `export`) and hand it to `verify` later. docs/decisions/0017 says more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Select, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from covgov.errors import DeliveryFailed
from covgov.hub.eventlog.chain import EMPTY, AuditEntry, AuditHead, canonical, digest
from covgov.hub.eventlog.redaction import blank_credentials
from covgov.hub.eventlog.verification import AuditFault, check
from covgov.hub.eventlog.vocabulary import AuditEvent, FieldValue, faults_of
from covgov.hub.store.schema import AUDIT, AUDIT_HEAD
from covgov.hub.store.work import UnitOfWork, stamp

AT_ONCE = 1000
"""Rows held in memory while a trail is read."""

LONGEST_ACTOR = 200
"""Characters; the column's length."""

NAMES = frozenset({"actor", "branch", "commit", "name", "ref", "repository", "subject", "suite", "tree"})
"""Fields whose values name something that is known elsewhere, too: a hash, beside what is left of it, tells which."""

DIGITS = 16
"""Of that hash, hexadecimal."""

COLUMNS = (
    AUDIT.c.sequence,
    AUDIT.c.at,
    AUDIT.c.event,
    AUDIT.c.actor,
    AUDIT.c.request_id,
    AUDIT.c.fields,
    AUDIT.c.previous,
    AUDIT.c.hash,
)


def write(
    connection: Connection,
    event: AuditEvent,
    *,
    at: datetime,
    actor: str,
    request_id: str,
    fields: Mapping[str, FieldValue],
) -> None:
    """Append one entry in the running transaction of `connection`. What has the form of a secret is blanked first.

    Raises DeliveryFailed (`audit-unwritable`) when the fields are not those of the event, the time has no zone, or the
    database refuses; the caller lets it pass, so that the change it would have accounted for is rolled back.
    """
    faults = faults_of(event, fields) + _frame_faults(at, actor, request_id)
    if faults:
        raise _unwritable(event, "; ".join(faults))
    clean = {name: _blanked(name, value) if isinstance(value, str) else value for name, value in fields.items()}
    who = _blanked("actor", actor)
    try:
        draft = AuditEntry(0, stamp(at), event.value, who, blank_credentials(request_id), canonical(clean), "", "")
        _append(connection, draft)
    except (SQLAlchemyError, ValueError) as error:
        raise _unwritable(event, str(error.__cause__ or error)) from error


def account(work: UnitOfWork, event: AuditEvent, fields: Mapping[str, FieldValue]) -> None:
    """As `write`, for who does this work, at its moment."""
    write(work.connection, event, at=work.now, actor=work.actor, request_id=work.request_id, fields=fields)


def _blanked(name: str, text: str) -> str:
    """The text without credentials. In a field of NAMES, and in the actor, what was blanked stays recognisable.

    Names are chosen by those who are watched: a branch called `sk-...` must not leave a trail without a branch.
    """
    clean = blank_credentials(text)
    if clean == text or name not in NAMES:
        return clean
    told = " sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    return clean[: LONGEST_ACTOR - len(told)] + told if name == "actor" else clean + told


def _frame_faults(at: datetime, actor: str, request_id: str) -> list[str]:
    """What is wrong around the fields. The lengths are the columns', which SQLite would not hold."""
    found = ["wants a time with a zone"] * (at.utcoffset() is None)
    found += ["wants an actor of 1 to 200 characters"] * (not 1 <= len(actor) <= LONGEST_ACTOR)
    return found + ["wants a request id of at most 64 characters"] * (len(request_id) > 64)


def _append(connection: Connection, draft: AuditEntry) -> None:
    kept = _kept_head(connection, lock=True)
    last = kept or EMPTY
    linked = replace(draft, sequence=last.sequence + 1, previous=last.hash)
    entry = replace(linked, hash=digest(linked))
    connection.execute(insert(AUDIT).values({column.name: getattr(entry, column.name) for column in COLUMNS}))
    moved = {"sequence": entry.sequence, "hash": entry.hash}
    if kept is None:
        connection.execute(insert(AUDIT_HEAD).values(id=1, **moved))
    else:
        connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.id == 1).values(moved))


def _kept_head(connection: Connection, *, lock: bool = False) -> AuditHead | None:
    """The head as kept apart; None before the first entry. lock: other writers wait until this transaction ends."""
    query = select(AUDIT_HEAD.c.sequence, AUDIT_HEAD.c.hash).where(AUDIT_HEAD.c.id == 1)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return AuditHead(row.sequence, row.hash) if row else None


def _unwritable(event: AuditEvent, why: str) -> DeliveryFailed:
    return DeliveryFailed(
        "audit-unwritable",
        f"the audit entry {event.value} cannot be written: {blank_credentials(why)}",
        hint="nothing was changed; mend the database (space, rights) and try again",
    )


def head(connection: Connection) -> AuditHead:
    """The newest entry's number and hash, for keeping outside; EMPTY when there is none."""
    return _kept_head(connection) or EMPTY


def verify(connection: Connection, witness: AuditHead | None = None) -> list[AuditFault]:
    """Everything wrong with the trail; empty when it is whole.

    witness: a head that was noted outside the database earlier. It must still be an entry of this trail, which also
    finds a trail that was cut or forged with all its hashes made anew.
    """
    return list(check(_read(connection, select(*COLUMNS)), _kept_head(connection), witness))


def entries(connection: Connection, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
    """Entries with a number above `after`, oldest first, at most `limit`."""
    return list(stream(connection, after, limit))


def stream(connection: Connection, after: int = 0, limit: int | None = None) -> Iterator[AuditEntry]:
    """As `entries`, with a bounded number of rows in memory."""
    return _read(connection, select(*COLUMNS).where(AUDIT.c.sequence > after).limit(limit))


def _read(connection: Connection, query: Select[int, str, str, str, str, str, str, str]) -> Iterator[AuditEntry]:
    ordered = query.order_by(AUDIT.c.sequence).execution_options(yield_per=AT_ONCE)
    for row in connection.execute(ordered):
        yield AuditEntry(*row)
