"""Bindings: which CI tokens are valid for a repository, by issuer, repository claim and ref pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, select
from wcmatch import glob

from covgov.errors import UsageError
from covgov.hub.auth_service.oidc.claims import LONGEST_CLAIM, CiIdentity
from covgov.hub.auth_service.principals import RepositoryScope
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent, FieldValue
from covgov.hub.store.schema import OIDC_BINDINGS, REPOSITORIES
from covgov.hub.store.work import UnitOfWork
from covgov.policy.globs import too_many_wildcards

#: Most bindings of one repository: a token is matched against all that name its CI repository.
MOST: Final = 100

_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX | glob.CASE
_SUBJECT: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_REF_PATTERN: Final = re.compile(r"refs/[A-Za-z0-9_./*?#@+=,-]+")


@dataclass(frozen=True, slots=True)
class Binding:
    """ref_pattern: a glob over the full ref; `*` does not match `/`, `**` does. id: 0 before it is stored."""

    issuer: str
    subject_repository: str
    ref_pattern: str
    id: int = 0

    def check(self) -> None:
        """Raises UsageError `oidc-binding`."""
        if _SUBJECT.fullmatch(self.subject_repository) is None or len(self.subject_repository) > LONGEST_CLAIM:
            raise _wrong("the repository claim is owner/name, or group/subgroup/project")
        if _REF_PATTERN.fullmatch(self.ref_pattern) is None or len(self.ref_pattern) > LONGEST_CLAIM:
            raise _wrong("a ref pattern starts with refs/, such as refs/heads/main or refs/heads/**")
        if too_many_wildcards(self.ref_pattern):
            raise _wrong("a ref pattern has at most two ** before its last part, and three * within a part")
        if not 1 <= len(self.issuer) <= LONGEST_CLAIM:
            raise _wrong("the issuer is missing or too long")

    def admits(self, shown: CiIdentity) -> bool:
        """Whether the binding admits this identity; case-sensitive."""
        same = (self.issuer, self.subject_repository) == (shown.issuer, shown.repository)
        return same and ref_matches(shown.ref, self.ref_pattern)


@dataclass(frozen=True, slots=True)
class BoundRepository:
    """A binding with the repository of the hub, `owner/name`, that it admits to."""

    repository: str
    binding: Binding


def ref_matches(ref: str, pattern: str) -> bool:
    """Whether the glob matches the whole ref. One with too many wildcards matches nothing: it could take minutes."""
    return not too_many_wildcards(pattern) and bool(glob.globmatch(ref, pattern, flags=_FLAGS))


def bind(work: UnitOfWork, repository_id: int, wanted: Binding) -> Binding:
    """The stored binding; an existing one is returned unchanged.

    Raises UsageError `oidc-binding`, `oidc-bindings-too-many`.
    """
    wanted.check()
    known = bound(work.connection, repository_id)
    present = [one for one in known if replace(one, id=wanted.id) == wanted]
    if present:
        return present[0]
    if len(known) >= MOST:
        raise UsageError(
            "oidc-bindings-too-many",
            f"a repository has at most {MOST} bindings",
            hint="remove one, or bind with a ref pattern that covers several refs",
        )
    values = {
        "repository_id": repository_id,
        "issuer": wanted.issuer,
        "subject_repository": wanted.subject_repository,
        "ref_pattern": wanted.ref_pattern,
    }
    added = insert(OIDC_BINDINGS).values(values).returning(OIDC_BINDINGS.c.id)
    made = replace(wanted, id=work.connection.execute(added).scalar_one())
    _account(work, AuditEvent.OIDC_BOUND, repository_id, made)
    return made


def unbind(work: UnitOfWork, repository_id: int, binding_id: int) -> Binding:
    """Removes it. Raises UsageError `oidc-binding-unknown`."""
    found = [one for one in bound(work.connection, repository_id) if one.id == binding_id]
    if not found:
        raise UsageError("oidc-binding-unknown", f"there is no binding {binding_id} here", hint="list the bindings")
    work.connection.execute(delete(OIDC_BINDINGS).where(OIDC_BINDINGS.c.id == binding_id))
    _account(work, AuditEvent.OIDC_UNBOUND, repository_id, found[0])
    return found[0]


def bound(connection: Connection, repository_id: int, *, after: int = 0, limit: int | None = None) -> list[Binding]:
    """The bindings of a repository with an id above `after`, oldest first, at most `limit`."""
    mine = (OIDC_BINDINGS.c.repository_id == repository_id, OIDC_BINDINGS.c.id > after)
    rows = connection.execute(select(OIDC_BINDINGS).where(*mine).order_by(OIDC_BINDINGS.c.id).limit(limit))
    return [_binding(row) for row in rows]


def offered(connection: Connection, shown: CiIdentity) -> frozenset[BoundRepository]:
    """All bindings to the CI repository of a verified token, whatever their ref."""
    query = (
        select(OIDC_BINDINGS, REPOSITORIES.c.owner, REPOSITORIES.c.name)
        .select_from(OIDC_BINDINGS.join(REPOSITORIES))
        .where(OIDC_BINDINGS.c.issuer == shown.issuer, OIDC_BINDINGS.c.subject_repository == shown.repository)
    )
    return frozenset(BoundRepository(f"{row.owner}/{row.name}", _binding(row)) for row in connection.execute(query))


def chosen(names: frozenset[str], shown: CiIdentity, wanted: str | None) -> RepositoryScope:
    """The scope of an exchange: one of the repositories bound to the token; empty when `wanted` is not bound.

    Anyone can bind their repository to another CI, so a job that names none gets the repository of the same name,
    or the only one; the others are never listed. Raises UsageError `oidc-repository-unnamed`.
    """
    if wanted is not None:
        return RepositoryScope(names & {wanted})
    if shown.repository in names:
        return RepositoryScope(frozenset({shown.repository}))
    if len(names) > 1:
        raise UsageError(
            "oidc-repository-unnamed",
            f"several repositories of the hub are bound to {shown.repository}",
            hint="name one: POST /v1/tokens/exchange?repository=OWNER/NAME",
        )
    return RepositoryScope(names)


def _binding(row: Row[*tuple[object, ...]]) -> Binding:
    return Binding(row.issuer, row.subject_repository, row.ref_pattern, row.id)


def _account(work: UnitOfWork, event: AuditEvent, repository_id: int, binding: Binding) -> None:
    row = work.connection.execute(select(REPOSITORIES).where(REPOSITORIES.c.id == repository_id)).one()
    fields: Mapping[str, FieldValue] = {
        "repository": f"{row.owner}/{row.name}",
        "issuer": binding.issuer,
        "subject": binding.subject_repository,
        "ref": binding.ref_pattern,
        "binding": binding.id,
    }
    audit.account(work, event, fields)


def _wrong(message: str) -> UsageError:
    return UsageError("oidc-binding", message, hint="see docs/hub.md on tokens from CI")
