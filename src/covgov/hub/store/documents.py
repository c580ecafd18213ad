"""The stored policy and exception register of a repository, as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy import delete as delete_from

from covgov.hub.store.schema import POLICIES, REGISTERS
from covgov.hub.store.work import moment, stamp


class DocumentKind(Enum):
    POLICY = "policy"
    REGISTER = "register"


TABLES: dict[DocumentKind, Table] = {DocumentKind.POLICY: POLICIES, DocumentKind.REGISTER: REGISTERS}


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """path: its path in the repository (`covgov.toml`)."""

    path: str
    text: str
    updated_at: datetime


def get(connection: Connection, kind: DocumentKind, repository_id: int) -> StoredDocument | None:
    """The stored document, None when there is none."""
    table = TABLES[kind]
    row = connection.execute(select(table).where(table.c.repository_id == repository_id)).one_or_none()
    return None if row is None else StoredDocument(row.path, row.text, moment(row.updated_at))


def put(
    connection: Connection, kind: DocumentKind, repository_id: int, *, path: str, text: str, at: datetime
) -> StoredDocument:
    """Store or replace the document."""
    table = TABLES[kind]
    values = {"path": path, "text": text, "updated_at": stamp(at)}
    replaced = connection.execute(update(table).where(table.c.repository_id == repository_id).values(**values))
    if not replaced.rowcount:
        connection.execute(insert(table).values(repository_id=repository_id, **values))
    return StoredDocument(path, text, moment(values["updated_at"]))


def drop(connection: Connection, kind: DocumentKind, repository_id: int) -> bool:
    """Delete the document; whether there was one."""
    table = TABLES[kind]
    return bool(connection.execute(delete_from(table).where(table.c.repository_id == repository_id)).rowcount)
