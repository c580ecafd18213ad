"""Errors of refused requests, with their HTTP status and headers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from covgov.errors import CovgovError

NONE: Mapping[str, str] = MappingProxyType({})
CHALLENGE: Mapping[str, str] = MappingProxyType({"WWW-Authenticate": 'Bearer realm="covgov"'})


class AccessRefusal(CovgovError):
    """status: of the HTTP answer. headers: further headers of the answer."""

    status: ClassVar[int] = 403
    headers: Mapping[str, str] = NONE


class AuthenticationRefusal(AccessRefusal):
    """No credentials, or invalid ones."""

    status: ClassVar[int] = 401
    headers = CHALLENGE


class PermissionRefusal(AccessRefusal):
    """The principal lacks the permission."""


class VisibilityRefusal(AccessRefusal):
    """The principal cannot see the repository."""

    status: ClassVar[int] = 404


class PlacementRefusal(AccessRefusal):
    """A CI job tried to add a run that is not its own. repository: the target."""

    status: ClassVar[int] = 409
    repository: str = ""


class IssuerUnavailable(AccessRefusal):
    """The issuer's keys cannot be fetched, so its tokens cannot be verified."""

    status: ClassVar[int] = 503

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__("oidc-keys-unavailable", message, hint="try again later, or use a token of the hub")
        self.headers = {"Retry-After": str(retry_after)}


class UnguardedRoute(CovgovError):
    """The application must not start: a route lacks a correct access declaration."""
