"""Entries of the audit trail, their canonical form and their hash. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from covgov.hub.eventlog.vocabulary import FieldValue

GENESIS = "0" * 64
"""The predecessor of the first entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row as stored. sequence: from 1, no gaps. at: UTC, ISO 8601 with seconds. fields: canonical JSON text."""

    sequence: int
    at: str
    event: str
    actor: str
    request_id: str
    fields: str
    previous: str
    hash: str

    def values(self) -> Mapping[str, FieldValue]:
        """The decoded fields. Raises msgspec.MsgspecError for a damaged text."""
        return msgspec.json.decode(self.fields, type=dict[str, str | int | bool])


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry, by number and hash; (0, GENESIS) of an empty trail."""

    sequence: int
    hash: str


EMPTY = AuditHead(0, GENESIS)


def canonical(fields: Mapping[str, FieldValue]) -> str:
    """The canonical text of these fields: keys sorted, no white space, UTF-8."""
    return msgspec.json.encode(dict(fields), order="sorted").decode()


def digest(entry: AuditEntry) -> str:
    """SHA-256 of the entry without its hash, as a JSON list."""
    spelled = [
        entry.sequence,
        entry.at,
        entry.event,
        entry.actor,
        entry.request_id,
        entry.fields,
        entry.previous,
    ]
    return hashlib.sha256(msgspec.json.encode(spelled)).hexdigest()
