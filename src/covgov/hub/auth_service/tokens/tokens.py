"""Issue, rotate, revoke and find tokens. The hub stores a SHA-256 of each, never its text.

A token has 256 random bits, so a fast hash is enough. Every change is written to the audit
trail in the caller's transaction.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, or_, select, tuple_, update

from covgov.errors import UsageError
from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE, Principal, PrincipalKind, RepositoryScope, principal
from covgov.hub.auth_service.refusals import AuthenticationRefusal
from covgov.hub.auth_service.tokens.request import TokenRequest, checked_overlap
from covgov.hub.auth_service.tokens.text import TokenText, make, read
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store.schema import TOKENS
from covgov.hub.store.work import UnitOfWork, moment, stamp

#: Precision of the last use, so that not every request writes.
USE_PRECISION: Final = timedelta(minutes=1)

#: For a token that an admin issues, without a CI token.
NO_ONE: Final[Mapping[str, str]] = MappingProxyType({})

_NO_DIGEST: Final = "0" * 64

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token. job: of the CI job that got it."""

    id: str
    name: str
    role: Role
    scope: RepositoryScope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: str | None
    job: CiJob | None = None

    def active(self, now: datetime) -> bool:
        """Whether it is valid now."""
        return self.revoked_at is None and now < self.expires_at

    def principal(self) -> Principal:
        """The token's principal."""
        return principal(PrincipalKind.TOKEN, f"token:{self.id}", self.role, self.scope, self.job)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its text, which is not stored."""

    secret: TokenText
    token: Token


def issue(
    work: UnitOfWork, wanted: TokenRequest, secrets: Callable[[int], bytes], signed: Mapping[str, str] = NO_ONE
) -> IssuedToken:
    """A new token. Raises UsageError, see TokenRequest. signed: audit fields of the CI token that it is issued for."""
    wanted.check()
    made = _add(work, wanted, secrets)
    fields = {
        "token": made.token.id,
        "role": made.token.role.value,
        "name": wanted.name,
        "scope": wanted.scope_words(),
        "expires": stamp(made.token.expires_at),
        **signed,
    }
    audit.account(work, AuditEvent.TOKEN_CREATED, fields)
    return made


def rotate(work: UnitOfWork, token_id: str, overlap: timedelta, secrets: Callable[[int], bytes]) -> IssuedToken:
    """A new token with the same name, role, scope and lifetime; the old one stays valid for `overlap`, but never longer
    than before.

    Raises UsageError: `token-unknown`, `token-inactive` (expired, revoked or already rotated), `token-overlap`.
    """
    old = get(work.connection, token_id)
    if not old.active(work.now) or old.replaced_by is not None:
        raise UsageError(
            "token-inactive",
            f"token {token_id} is expired, revoked or already rotated",
            hint="issue a new token instead",
        )
    until = min(old.expires_at, work.now + checked_overlap(overlap))
    made = _add(work, TokenRequest(old.name, old.role, old.scope, old.expires_at - old.created_at, old.job), secrets)
    _set(work, token_id, expires_at=stamp(until), replaced_by=made.token.id)
    fields = {
        "token": token_id,
        "replaced_by": made.token.id,
        "name": old.name,
        "overlap": stamp(until),
        "expires": stamp(made.token.expires_at),
    }
    audit.account(work, AuditEvent.TOKEN_ROTATED, fields)
    return made


def revoke(work: UnitOfWork, token_id: str) -> Token:
    """Revoke the token; revoking again changes nothing. Raises UsageError `token-unknown`."""
    token = get(work.connection, token_id)
    if token.revoked_at is None:
        _revoke(work, token, {})
    return get(work.connection, token_id)


def successors(connection: Connection, token: Token, now: datetime) -> list[str]:
    """Ids of active tokens that were rotated from this one, oldest first."""
    found: list[Token] = []
    following = token.replaced_by
    while following is not None:
        found.append(get(connection, following))
        following = found[-1].replaced_by
    return [one.id for one in found if one.active(now)]


def withdraw(work: UnitOfWork, repository: str) -> None:
    """Remove a repository from every token, so that a later one of the same name is not accessible.

    A token with no other repository is revoked and keeps its scope: an empty one means everything for an admin's.
    Expired tokens too: a clock that jumps back would make them valid again.
    """
    naming = TOKENS.c.scope.contains(json.dumps(repository))  # a coarse filter; exact below
    query = select(TOKENS).where(naming, TOKENS.c.revoked_at.is_(None)).order_by(TOKENS.c.id)
    for token in [_token(row) for row in work.connection.execute(query)]:
        left = token.scope.names - {repository}
        if not left:
            _revoke(work, token, {"reason": f"repository {repository} deleted"})
        elif left != token.scope.names:  # LIKE ignores case, and _ matches any letter
            _set(work, token.id, scope=_scope_text(left))
            audit.account(
                work, AuditEvent.TOKEN_NARROWED, {"token": token.id, "repository": repository, "name": token.name}
            )


def find(connection: Connection, text: str, now: datetime) -> Token:
    """The active token with this text.

    Raises AuthenticationRefusal: `token-malformed`, `token-unknown`, and, only for the complete text, `token-expired`
    and `token-revoked`.
    """
    shown = read(text)
    if shown is None:
        raise AuthenticationRefusal(
            "token-malformed", "this is not a token of the hub", hint="check that the whole token is copied"
        )
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == shown.id)).one_or_none()
    kept = _NO_DIGEST if row is None else row.sha256
    if not hmac.compare_digest(kept, shown.digest()) or row is None:
        raise AuthenticationRefusal("token-unknown", "the hub does not know this token", hint="ask for a new one")
    token = _token(row)
    if token.revoked_at is not None:
        raise AuthenticationRefusal("token-revoked", f"token {token.id} was revoked", hint="ask for a new one")
    if not token.active(now):
        raise AuthenticationRefusal(
            "token-expired", f"token {token.id} expired at {stamp(token.expires_at)}", hint="ask for a new one"
        )
    return token


def get(connection: Connection, token_id: str) -> Token:
    """By id, in any state. Raises UsageError `token-unknown`."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == token_id)).one_or_none()
    if row is None:
        raise UsageError("token-unknown", f"there is no token {token_id[:40]}", hint="see covgov hub token list")
    return _token(row)


def list_(connection: Connection, *, after: Place | None = None, limit: int | None = None) -> list[Token]:
    """Tokens, oldest first, after a place in that order, at most `limit`."""
    order = tuple_(TOKENS.c.created_at, TOKENS.c.id)
    chosen = select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.id).limit(limit)
    return [_token(row) for row in connection.execute(chosen if after is None else chosen.where(order > after))]


def place(token: Token) -> Place:
    """The token's place in the order of `list_`."""
    return stamp(token.created_at), token.id


def use_is_due(token: Token, now: datetime) -> bool:
    """Whether the recorded last use is older than USE_PRECISION."""
    return token.last_used_at is None or now - token.last_used_at >= USE_PRECISION


def record_use(connection: Connection, token_id: str, now: datetime) -> None:
    """Record the last use; it never moves back."""
    earlier = or_(TOKENS.c.last_used_at.is_(None), TOKENS.c.last_used_at < stamp(now))
    connection.execute(update(TOKENS).where(TOKENS.c.id == token_id, earlier).values(last_used_at=stamp(now)))


def forget_exchanged(connection: Connection, now: datetime) -> None:
    """Delete exchanged tokens that expired a day ago; the audit trail keeps their entries.

    Only these, because they are valid for minutes: a clock that jumps ahead never deletes a long-lived token.
    """
    over = TOKENS.c.expires_at < stamp(now - timedelta(days=1))
    connection.execute(delete(TOKENS).where(TOKENS.c.ref.is_not(None), over))


def _add(work: UnitOfWork, wanted: TokenRequest, secrets: Callable[[int], bytes]) -> IssuedToken:
    secret = make(secrets)
    values = {
        "id": secret.id,
        "name": wanted.name,
        "sha256": secret.digest(),
        "role": wanted.role.value,
        "scope": _scope_text(wanted.scope.names),
        "created_at": stamp(work.now),
        "expires_at": stamp(work.now + wanted.lifetime),
        "ref": wanted.job.ref if wanted.job else None,
        "sha": wanted.job.sha if wanted.job else None,
    }
    work.connection.execute(insert(TOKENS).values(values))
    return IssuedToken(secret, get(work.connection, secret.id))


def _revoke(work: UnitOfWork, token: Token, more: Mapping[str, str]) -> None:
    _set(work, token.id, revoked_at=stamp(work.now))
    audit.account(work, AuditEvent.TOKEN_REVOKED, {"token": token.id, "name": token.name, **more})


def _scope_text(names: frozenset[str]) -> str:
    return json.dumps(sorted(names))


def _set(work: UnitOfWork, token_id: str, **values: str) -> None:
    work.connection.execute(update(TOKENS).where(TOKENS.c.id == token_id).values(values))


def _token(row: Row[tuple[object, ...]]) -> Token:
    role = Role(row.role)
    names = frozenset(json.loads(row.scope))
    return Token(
        row.id,
        row.name,
        role,
        EVERYWHERE if role is Role.ADMIN and not names else RepositoryScope(names),
        moment(row.created_at),
        moment(row.expires_at),
        None if row.revoked_at is None else moment(row.revoked_at),
        None if row.last_used_at is None else moment(row.last_used_at),
        row.replaced_by,
        None if row.ref is None else CiJob(row.ref, row.sha or ""),
    )
