"""The events of the audit trail, with their required and optional fields.

An event never changes its meaning; a new meaning is a new event. Values are texts, integers or booleans, so
that an entry has one canonical form and one hash. Entries never hold reports, tokens or file contents, only ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

FieldValue = str | int | bool

LONGEST_TEXT = 1000
"""Most characters of a text field."""


@unique
class AuditEvent(StrEnum):
    """Every audited action."""

    ACCESS_REFUSED = "access-refused"
    AUDIT_EXPORTED = "audit-exported"
    DATABASE_BACKED_UP = "database-backed-up"
    DATABASE_MIGRATED = "database-migrated"
    DATABASE_RESTORED = "database-restored"
    HISTORY_ADDED = "history-added"
    HISTORY_MIGRATED = "history-migrated"
    HISTORY_PRUNED = "history-pruned"
    OIDC_BOUND = "oidc-bound"
    OIDC_REPLAYED = "oidc-replayed"
    OIDC_UNBOUND = "oidc-unbound"
    POLICY_PUT = "policy-put"
    REGISTER_PUT = "register-put"
    REPOSITORY_CHANGED = "repository-changed"
    REPOSITORY_CREATED = "repository-created"
    REPOSITORY_DELETED = "repository-deleted"
    RUN_APPENDED = "run-appended"
    TOKEN_CREATED = "token-created"  # noqa: S105 - the name of an event
    TOKEN_NARROWED = "token-narrowed"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - the name of an event
    TOKEN_ROTATED = "token-rotated"  # noqa: S105 - the name of an event
    UPLOAD_ACCEPTED = "upload-accepted"


@dataclass(frozen=True, slots=True)
class EventFields:
    """The fields of an event by name and type. Other fields are refused."""

    required: Mapping[str, type[FieldValue]]
    optional: Mapping[str, type[FieldValue]]


def _shape(required: Mapping[str, type[FieldValue]], **optional: type[FieldValue]) -> EventFields:
    return EventFields(required, optional)


SHAPES: Mapping[AuditEvent, EventFields] = {
    AuditEvent.ACCESS_REFUSED: _shape(
        {"permission": str, "reason": str}, repository=str, method=str, path=str, token=str
    ),
    AuditEvent.AUDIT_EXPORTED: _shape({"entries": int}, after=int),
    AuditEvent.DATABASE_BACKED_UP: _shape({"target": str}, sha256=str),
    AuditEvent.DATABASE_MIGRATED: _shape({"before": str, "after": str}, backup=str),
    AuditEvent.DATABASE_RESTORED: _shape({"source": str}, sha256=str),
    AuditEvent.HISTORY_ADDED: _shape(
        {"repository": str, "files": int, "head": str}, runs=int, message=str, previous=str
    ),
    AuditEvent.HISTORY_MIGRATED: _shape({"repository": str, "runs": int}, version=int),
    AuditEvent.HISTORY_PRUNED: _shape({"repository": str, "files": int}, keep=int, head=str),
    AuditEvent.OIDC_BOUND: _shape({"repository": str, "issuer": str, "subject": str, "ref": str}, binding=int),
    AuditEvent.OIDC_REPLAYED: _shape({"issuer": str, "token_id": str}, repository=str, subject=str),
    AuditEvent.OIDC_UNBOUND: _shape({"repository": str, "issuer": str, "subject": str}, ref=str, binding=int),
    AuditEvent.POLICY_PUT: _shape({"repository": str, "sha256": str}, path=str, bytes=int, previous=str),
    AuditEvent.REGISTER_PUT: _shape({"repository": str, "sha256": str}, path=str, bytes=int, previous=str),
    AuditEvent.REPOSITORY_CHANGED: _shape({"repository": str}, default_branch=str, private=bool),
    AuditEvent.REPOSITORY_CREATED: _shape({"repository": str}, default_branch=str, private=bool),
    AuditEvent.REPOSITORY_DELETED: _shape({"repository": str}, files=int, runs=int, blobs=int),
    AuditEvent.RUN_APPENDED: _shape(
        {"repository": str, "run": str, "sequence": int}, commit=str, branch=str, outcome=str
    ),
    AuditEvent.TOKEN_CREATED: _shape(
        {"token": str, "role": str}, name=str, scope=str, expires=str, issuer=str, subject=str
    ),
    AuditEvent.TOKEN_NARROWED: _shape({"token": str, "repository": str}, name=str),
    AuditEvent.TOKEN_REVOKED: _shape({"token": str}, name=str, reason=str),
    AuditEvent.TOKEN_ROTATED: _shape({"token": str, "replaced_by": str}, name=str, overlap=str, expires=str),
    AuditEvent.UPLOAD_ACCEPTED: _shape(
        {"repository": str, "suite": str, "tree": str, "sha256": str},
        name=str,
        attempt=int,
        commit=str,
        branch=str,
        bytes=int,
        run=str,
    ),
}
"""Event -> its fields; complete."""


def faults_of(event: AuditEvent, fields: Mapping[str, FieldValue]) -> list[str]:
    """The faults of these fields for this event."""
    shape = SHAPES[event]
    known = {**shape.required, **shape.optional}
    found = [f"lacks {name}" for name in shape.required if name not in fields]
    found += [f"does not know {name}" for name in fields if name not in known]
    wrong = (name for name, value in fields.items() if name in known and type(value) is not known[name])
    found += [f"needs {known[name].__name__} for {name}" for name in wrong]
    return found + [
        f"needs at most {LONGEST_TEXT} characters for {name}"
        for name, value in fields.items()
        if isinstance(value, str) and len(value) > LONGEST_TEXT
    ]
