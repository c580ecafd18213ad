"""The audit trail: append-only and hash-chained. There is no function to change or remove an entry.

An entry is written in the transaction of the change that it records: both are stored or neither. The number and hash
of the newest entry are stored separately (`audit_head`, updated in the same transaction), so that its removal is
found. With write access to every table the whole chain can be forged; against that, keep a head outside (printed by
`covgov hub audit verify` and `export`) and pass it to `verify` later. See docs/decisions/0017.
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
"""Rows in memory while a trail is read."""

LONGEST_ACTOR = 200
"""Characters; the column's length."""

NAMES = frozenset({"actor", "branch", "commit", "name", "ref", "repository", "subject", "suite", "tree"})
"""Fields with names that are known elsewhere: a blanked value keeps a hash, so that it can be identified."""

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
    """Append one entry in the running transaction of `connection`. Texts in the form of a secret are blanked.

    Raises DeliveryFailed (`audit-unwritable`) for fields that do not belong to the event, a naive time, or a database
    error; the caller must not catch it, so that the change is rolled back.
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
    """`write` with actor, time and request id of a unit of work."""
    write(work.connection, event, at=work.now, actor=work.actor, request_id=work.request_id, fields=fields)


def _blanked(name: str, text: str) -> str:
    """The text without credentials. In a field of NAMES, and in the actor, a hash identifies the blanked text.

    Users choose names: a branch called `sk-...` must still be identifiable in the trail.
    """
    clean = blank_credentials(text)
    if clean == text or name not in NAMES:
        return clean
    mark = " sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    return clean[: LONGEST_ACTOR - len(mark)] + mark if name == "actor" else clean + mark


def _frame_faults(at: datetime, actor: str, request_id: str) -> list[str]:
    """Faults of the other columns. SQLite does not enforce their lengths."""
    found = ["needs a time with a zone"] * (at.utcoffset() is None)
    found += ["needs an actor of 1 to 200 characters"] * (not 1 <= len(actor) <= LONGEST_ACTOR)
    return found + ["needs a request id of at most 64 characters"] * (len(request_id) > 64)


def _append(connection: Connection, draft: AuditEntry) -> None:
    kept = _stored_head(connection, lock=True)
    last = kept or EMPTY
    linked = replace(draft, sequence=last.sequence + 1, previous=last.hash)
    entry = replace(linked, hash=digest(linked))
    connection.execute(insert(AUDIT).values({column.name: getattr(entry, column.name) for column in COLUMNS}))
    moved = {"sequence": entry.sequence, "hash": entry.hash}
    if kept is None:
        connection.execute(insert(AUDIT_HEAD).values(id=1, **moved))
    else:
        connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.id == 1).values(moved))


def _stored_head(connection: Connection, *, lock: bool = False) -> AuditHead | None:
    """The stored head; None before the first entry. lock: other writers wait until this transaction ends."""
    query = select(AUDIT_HEAD.c.sequence, AUDIT_HEAD.c.hash).where(AUDIT_HEAD.c.id == 1)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return AuditHead(row.sequence, row.hash) if row else None


def _unwritable(event: AuditEvent, why: str) -> DeliveryFailed:
    return DeliveryFailed(
        "audit-unwritable",
        f"the audit entry {event.value} cannot be written: {blank_credentials(why)}",
        hint="nothing was changed; check the database (space, permissions) and try again",
    )


def head(connection: Connection) -> AuditHead:
    """The newest entry's number and hash; EMPTY when there is none."""
    return _stored_head(connection) or EMPTY


def verify(connection: Connection, witness: AuditHead | None = None) -> list[AuditFault]:
    """The faults of the trail; empty when it is intact.

    witness: a head that was noted outside of the database earlier. It must be an entry of this trail, which also
    finds a trail that was truncated or forged with new hashes.
    """
    return list(check(_read(connection, select(*COLUMNS)), _stored_head(connection), witness))


def entries(connection: Connection, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
    """Entries with a number above `after`, oldest first, at most `limit`."""
    return list(stream(connection, after, limit))


def stream(connection: Connection, after: int = 0, limit: int | None = None) -> Iterator[AuditEntry]:
    """`entries` with a bounded number of rows in memory."""
    return _read(connection, select(*COLUMNS).where(AUDIT.c.sequence > after).limit(limit))


def _read(connection: Connection, query: Select[int, str, str, str, str, str, str, str]) -> Iterator[AuditEntry]:
    ordered = query.order_by(AUDIT.c.sequence).execution_options(yield_per=AT_ONCE)
    for row in connection.execute(ordered):
        yield AuditEntry(*row)
