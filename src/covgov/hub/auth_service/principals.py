"""Who asks, and whether they may. A repository is named `owner/name`."""

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
    """The repositories that a principal reaches: some by name, or every one that exists or will."""

    names: frozenset[str] = frozenset()
    everything: bool = False

    def __contains__(self, repository: object) -> bool:
        return self.everything or repository in self.names


NOWHERE: Final = RepositoryScope()
EVERYWHERE: Final = RepositoryScope(everything=True)


@dataclass(frozen=True, slots=True)
class Principal:
    """name: what the audit trail calls it. permissions: never more than GRANTS gives to the role.

    job: of a CI job, and of the token that it got: it adds runs of its own ref only (`placement`).
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
    """A principal with all that GRANTS gives to the role."""
    return Principal(kind, name, role, repositories, GRANTS[role], job)


def may(asking: Principal, permission: Permission, repository: str | None) -> bool:
    """Whether the principal holds the permission there; repository None asks for the hub as a whole.

    False unless everything speaks for it: a repository's permission without a repository is denied, and so is a
    permission over the hub when it is asked about one repository or held over some repositories only.
    """
    if asking.role is None or permission not in asking.permissions or permission not in GRANTS[asking.role]:
        return False
    if permission in INSTANCE:
        return repository is None and (permission in HARMLESS or asking.repositories.everything)
    return repository is not None and repository in asking.repositories


def visible(asking: Principal, repositories: Iterable[tuple[str, bool]]) -> list[str]:
    """Of (repository, private), the ones that the principal may know of, in the order given."""
    return [name for name, private in repositories if not private or may(asking, Permission.REPOSITORY_READ, name)]
