"""Principals and their permissions. A repository is named `owner/name`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import GRANTS, HARMLESS, INSTANCE, Permission, Role


class PrincipalKind(StrEnum):
    ANONYMOUS = "anonymous"
    TOKEN = "token"  # noqa: S105 - a name
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class RepositoryScope:
    """The repositories of a principal: some by name, or all, including future ones."""

    names: frozenset[str] = frozenset()
    everything: bool = False

    def __contains__(self, repository: object) -> bool:
        return self.everything or repository in self.names


NOWHERE: Final = RepositoryScope()
EVERYWHERE: Final = RepositoryScope(everything=True)


@dataclass(frozen=True, slots=True)
class Principal:
    """name: as in the audit trail. permissions: never more than the role's in GRANTS.

    job: for a CI job and its token, which can add runs of their own ref only (`placement`).
    """

    kind: PrincipalKind
    name: str
    role: Role | None
    repositories: RepositoryScope
    permissions: frozenset[Permission]
    job: CiJob | None = None


ANONYMOUS: Final = Principal(PrincipalKind.ANONYMOUS, "anonymous", None, NOWHERE, frozenset())


def principal(
    kind: PrincipalKind, name: str, role: Role, repositories: RepositoryScope, job: CiJob | None = None
) -> Principal:
    """A principal with all permissions of the role."""
    return Principal(kind, name, role, repositories, GRANTS[role], job)


def may(asking: Principal, permission: Permission, repository: str | None) -> bool:
    """Whether the principal has the permission in the repository; None is the hub as a whole.

    Denied by default: a repository's permission needs a repository, and a permission over the hub needs None and an
    unlimited scope.
    """
    if asking.role is None or permission not in asking.permissions or permission not in GRANTS[asking.role]:
        return False
    if permission in INSTANCE:
        return repository is None and (permission in HARMLESS or asking.repositories.everything)
    return repository is not None and repository in asking.repositories


def visible(asking: Principal, repositories: Iterable[tuple[str, bool]]) -> list[str]:
    """The readable ones of (repository, private), in the given order."""
    return [name for name, private in repositories if not private or may(asking, Permission.REPOSITORY_READ, name)]
