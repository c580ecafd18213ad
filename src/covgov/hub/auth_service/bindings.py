"""Which repository of the hub a CI token opens: bindings of issuer, repository claim and ref pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, delete, insert, select
from wcmatch import glob

from covgov.errors import UsageError
from covgov.hub.auth_service.claims import LONGEST_CLAIM, CiIdentity
from covgov.hub.auth_service.principals import Scope
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import Event
from covgov.hub.store.schema import OIDC_BINDINGS, REPOSITORIES
from covgov.hub.store.work import Work

_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX | glob.CASE
_SUBJECT: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_REF_PATTERN: Final = re.compile(r"refs/[A-Za-z0-9_./*?#@+=,-]+")


@dataclass(frozen=True, slots=True)
class Binding:
    """ref_pattern: a glob over the full ref; `*` stays within one `/`, `**` does not. id: 0 before it is stored."""

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
        if not 1 <= len(self.issuer) <= LONGEST_CLAIM:
            raise _wrong("the issuer is missing or too long")

    def admits(self, shown: CiIdentity) -> bool:
        """Whether a token with this identity may use the binding; letters are compared exactly."""
        same = (self.issuer, self.subject_repository) == (shown.issuer, shown.repository)
        return same and ref_matches(shown.ref, self.ref_pattern)


def ref_matches(ref: str, pattern: str) -> bool:
    """Whether the glob covers the whole ref."""
    return bool(glob.globmatch(ref, pattern, flags=_FLAGS))


def bind(work: Work, repository_id: int, wanted: Binding) -> Binding:
    """The stored binding; binding again what is bound changes nothing. Raises UsageError `oidc-binding`."""
    wanted.check()
    present = [one for one in bound(work.connection, repository_id) if _same(one, wanted)]
    if present:
        return present[0]
    values = {
        "repository_id": repository_id,
        "issuer": wanted.issuer,
        "subject_repository": wanted.subject_repository,
        "ref_pattern": wanted.ref_pattern,
    }
    added = insert(OIDC_BINDINGS).values(values).returning(OIDC_BINDINGS.c.id)
    made = replace(wanted, id=work.connection.execute(added).scalar_one())
    _account(work, Event.OIDC_BOUND, repository_id, made)
    return made


def unbind(work: Work, repository_id: int, binding_id: int) -> Binding:
    """Removes it. Raises UsageError `oidc-binding-unknown`."""
    found = [one for one in bound(work.connection, repository_id) if one.id == binding_id]
    if not found:
        raise UsageError("oidc-binding-unknown", f"there is no binding {binding_id} here", hint="list the bindings")
    work.connection.execute(delete(OIDC_BINDINGS).where(OIDC_BINDINGS.c.id == binding_id))
    _account(work, Event.OIDC_UNBOUND, repository_id, found[0])
    return found[0]


def bound(connection: Connection, repository_id: int, *, after: int = 0, limit: int | None = None) -> list[Binding]:
    """The bindings of a repository, oldest first: every one, or those of an id above `after`, at most `limit`."""
    mine = (OIDC_BINDINGS.c.repository_id == repository_id, OIDC_BINDINGS.c.id > after)
    rows = connection.execute(select(OIDC_BINDINGS).where(*mine).order_by(OIDC_BINDINGS.c.id).limit(limit))
    return [Binding(row.issuer, row.subject_repository, row.ref_pattern, row.id) for row in rows]


def opened(connection: Connection, shown: CiIdentity) -> Scope:
    """The repositories of the hub that a verified token opens; none when nothing is bound to it."""
    query = (
        select(OIDC_BINDINGS, REPOSITORIES.c.owner, REPOSITORIES.c.name)
        .select_from(OIDC_BINDINGS.join(REPOSITORIES))
        .where(OIDC_BINDINGS.c.issuer == shown.issuer, OIDC_BINDINGS.c.subject_repository == shown.repository)
    )
    return Scope(
        frozenset(
            f"{row.owner}/{row.name}"
            for row in connection.execute(query)
            if Binding(row.issuer, row.subject_repository, row.ref_pattern).admits(shown)
        )
    )


def _same(one: Binding, other: Binding) -> bool:
    return (one.issuer, one.subject_repository, one.ref_pattern) == (
        other.issuer,
        other.subject_repository,
        other.ref_pattern,
    )


def _account(work: Work, event: Event, repository_id: int, binding: Binding) -> None:
    row = work.connection.execute(select(REPOSITORIES).where(REPOSITORIES.c.id == repository_id)).one()
    audit.write(
        work.connection,
        event,
        at=work.now,
        actor=work.actor,
        request_id=work.request_id,
        fields={
            "repository": f"{row.owner}/{row.name}",
            "issuer": binding.issuer,
            "subject": binding.subject_repository,
            "ref": binding.ref_pattern,
            "binding": binding.id,
        },
    )


def _wrong(message: str) -> UsageError:
    return UsageError("oidc-binding", message, hint="see docs/hub.md on tokens from CI")
