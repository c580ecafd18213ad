"""What the audit trail can say: a closed set of events, each with the fields it must and may carry.

An event's name never changes its meaning; a new meaning is a new event. Values are text, whole numbers or booleans, so
that an entry has one spelling and one hash. Reports, tokens and file contents never stand in an entry: name them by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

FieldValue = str | int | bool

LONGEST_TEXT = 1000
"""Characters of one text field. A longer one is a payload, which the trail does not carry."""


@unique
class Event(StrEnum):
    """Everything that the hub keeps account of."""

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
class Shape:
    """The fields of an event by name and type. A field that is in neither mapping is refused."""

    required: Mapping[str, type[FieldValue]]
    optional: Mapping[str, type[FieldValue]]


def _shape(required: Mapping[str, type[FieldValue]], **optional: type[FieldValue]) -> Shape:
    return Shape(required, optional)


SHAPES: Mapping[Event, Shape] = {
    Event.ACCESS_REFUSED: _shape({"permission": str, "reason": str}, repository=str, method=str, path=str, token=str),
    Event.AUDIT_EXPORTED: _shape({"entries": int}, after=int),
    Event.DATABASE_BACKED_UP: _shape({"target": str}, sha256=str),
    Event.DATABASE_MIGRATED: _shape({"before": str, "after": str}, backup=str),
    Event.DATABASE_RESTORED: _shape({"source": str}, sha256=str),
    Event.HISTORY_ADDED: _shape({"repository": str, "files": int, "head": str}, runs=int, message=str, previous=str),
    Event.HISTORY_MIGRATED: _shape({"repository": str, "runs": int}, version=int),
    Event.HISTORY_PRUNED: _shape({"repository": str, "files": int}, keep=int, head=str),
    Event.OIDC_BOUND: _shape({"repository": str, "issuer": str, "subject": str, "ref": str}, binding=int),
    Event.OIDC_REPLAYED: _shape({"issuer": str, "token_id": str}, repository=str, subject=str),
    Event.OIDC_UNBOUND: _shape({"repository": str, "issuer": str, "subject": str}, ref=str, binding=int),
    Event.POLICY_PUT: _shape({"repository": str, "sha256": str}, path=str, bytes=int, previous=str),
    Event.REGISTER_PUT: _shape({"repository": str, "sha256": str}, path=str, bytes=int, previous=str),
    Event.REPOSITORY_CHANGED: _shape({"repository": str}, default_branch=str, private=bool),
    Event.REPOSITORY_CREATED: _shape({"repository": str}, default_branch=str, private=bool),
    Event.REPOSITORY_DELETED: _shape({"repository": str}, files=int, runs=int, blobs=int),
    Event.RUN_APPENDED: _shape({"repository": str, "run": str, "sequence": int}, commit=str, branch=str, outcome=str),
    Event.TOKEN_CREATED: _shape({"token": str, "role": str}, name=str, scope=str, expires=str, issuer=str, subject=str),
    Event.TOKEN_NARROWED: _shape({"token": str, "repository": str}, name=str),
    Event.TOKEN_REVOKED: _shape({"token": str}, name=str, reason=str),
    Event.TOKEN_ROTATED: _shape({"token": str, "replaced_by": str}, name=str, overlap=str, expires=str),
    Event.UPLOAD_ACCEPTED: _shape(
        {"repository": str, "suite": str, "tree": str, "sha256": str},
        name=str,
        attempt=int,
        commit=str,
        branch=str,
        bytes=int,
        run=str,
    ),
}
"""Event -> its fields; a test holds it complete."""


def faults_of(event: Event, fields: Mapping[str, FieldValue]) -> list[str]:
    """What is wrong with these fields for this event, in words; empty when nothing is."""
    shape = SHAPES[event]
    known = {**shape.required, **shape.optional}
    found = [f"lacks {name}" for name in shape.required if name not in fields]
    found += [f"does not know {name}" for name in fields if name not in known]
    wrong = (name for name, value in fields.items() if name in known and type(value) is not known[name])
    found += [f"wants {known[name].__name__} for {name}" for name in wrong]
    return found + [
        f"wants at most {LONGEST_TEXT} characters for {name}"
        for name, value in fields.items()
        if isinstance(value, str) and len(value) > LONGEST_TEXT
    ]
