"""Permissions and roles. Everything that GRANTS does not list is denied."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """`noun:verb`. A permission concerns one repository unless INSTANCE names it."""

    REPOSITORY_LIST = "repository:list"  # lists readable repositories only
    REPOSITORY_CREATE = "repository:create"
    REPOSITORY_READ = "repository:read"
    REPOSITORY_UPDATE = "repository:update"
    REPOSITORY_DELETE = "repository:delete"
    HISTORY_READ = "history:read"
    HISTORY_APPEND = "history:append"
    HISTORY_PRUNE = "history:prune"
    UPLOAD_CREATE = "upload:create"
    UPLOAD_READ = "upload:read"
    RUN_READ = "run:read"  # runs, components, trend, digest
    COVERAGE_READ = "coverage:read"  # files, lines, compare
    BADGE_READ = "badge:read"
    POLICY_READ = "policy:read"
    POLICY_WRITE = "policy:write"
    REGISTER_READ = "register:read"
    REGISTER_WRITE = "register:write"
    BINDING_READ = "binding:read"
    BINDING_WRITE = "binding:write"
    TOKEN_READ = "token:read"  # noqa: S105 - the list of tokens, never their text
    TOKEN_CREATE = "token:create"  # noqa: S105 - a name
    TOKEN_ROTATE = "token:rotate"  # noqa: S105 - a name
    TOKEN_REVOKE = "token:revoke"  # noqa: S105 - a name
    AUDIT_READ = "audit:read"
    METRICS_READ = "metrics:read"


class Role(StrEnum):
    """Each role includes the permissions of the one before it."""

    READER = "reader"
    UPLOADER = "uploader"
    MAINTAINER = "maintainer"
    ADMIN = "admin"


#: Permissions over the hub as a whole.
INSTANCE: Final = frozenset(
    {
        Permission.REPOSITORY_LIST,
        Permission.REPOSITORY_CREATE,
        Permission.TOKEN_READ,
        Permission.TOKEN_CREATE,
        Permission.TOKEN_ROTATE,
        Permission.TOKEN_REVOKE,
        Permission.AUDIT_READ,
        Permission.METRICS_READ,
    }
)

#: Of INSTANCE, those that also work with a limited scope: the answer names no other repository.
HARMLESS: Final = frozenset({Permission.REPOSITORY_LIST, Permission.METRICS_READ})

#: Permissions of everyone in a public repository.
OPEN: Final = frozenset(
    {
        Permission.REPOSITORY_READ,
        Permission.HISTORY_READ,
        Permission.RUN_READ,
        Permission.COVERAGE_READ,
        Permission.BADGE_READ,
        Permission.POLICY_READ,
        Permission.REGISTER_READ,
    }
)

_READER: Final = OPEN | HARMLESS
_UPLOADER: Final = _READER | {Permission.HISTORY_APPEND, Permission.UPLOAD_CREATE, Permission.UPLOAD_READ}
_MAINTAINER: Final = _UPLOADER | {
    Permission.REPOSITORY_UPDATE,
    Permission.HISTORY_PRUNE,
    Permission.POLICY_WRITE,
    Permission.REGISTER_WRITE,
    Permission.BINDING_READ,
    Permission.BINDING_WRITE,
}
_ADMIN: Final = _MAINTAINER | {
    Permission.REPOSITORY_CREATE,
    Permission.REPOSITORY_DELETE,
    Permission.TOKEN_READ,
    Permission.TOKEN_CREATE,
    Permission.TOKEN_ROTATE,
    Permission.TOKEN_REVOKE,
    Permission.AUDIT_READ,
}

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.READER: _READER,
        Role.UPLOADER: _UPLOADER,
        Role.MAINTAINER: _MAINTAINER,
        Role.ADMIN: _ADMIN,
    }
)
