"""The audit trail's links. Pure: what an entry is, how it is spelled, what its hash covers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from covgov.hub.eventlog.vocabulary import FieldValue

GENESIS = "0" * 64
"""What the first entry names as its predecessor."""


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
        """The fields as values. Raises msgspec.MsgspecError when the text is damaged, which `verify` finds first."""
        return msgspec.json.decode(self.fields, type=dict[str, str | int | bool])


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry, by number and hash; (0, GENESIS) of an empty trail."""

    sequence: int
    hash: str


EMPTY = AuditHead(0, GENESIS)


def canonical(fields: Mapping[str, FieldValue]) -> str:
    """The one spelling of these fields: keys sorted, no white space, UTF-8."""
    return msgspec.json.encode(dict(fields), order="sorted").decode()


def digest(entry: AuditEntry) -> str:
    """SHA-256 over everything in the entry but the hash itself, as a JSON list: no two entries share a spelling."""
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
