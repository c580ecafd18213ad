"""Why a request is refused, as errors that carry their HTTP status and headers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from covgov.errors import CovgovError

NONE: Mapping[str, str] = MappingProxyType({})
CHALLENGE: Mapping[str, str] = MappingProxyType({"WWW-Authenticate": 'Bearer realm="covgov"'})


class AccessRefusal(CovgovError):
    """status: of the HTTP answer. headers: what the answer must carry besides."""

    status: ClassVar[int] = 403
    headers: Mapping[str, str] = NONE


class AuthenticationRefusal(AccessRefusal):
    """Nobody is known to ask, or what was shown proves nothing."""

    status: ClassVar[int] = 401
    headers = CHALLENGE


class PermissionRefusal(AccessRefusal):
    """The principal is known and may not do this."""


class VisibilityRefusal(AccessRefusal):
    """To this principal the repository does not exist."""

    status: ClassVar[int] = 404


class PlacementRefusal(AccessRefusal):
    """A CI job would add a run that is not its own. repository: to which one."""

    status: ClassVar[int] = 409
    repository: str = ""


class IssuerUnavailable(AccessRefusal):
    """The issuer's keys cannot be had at the moment, so nothing that it signed can be checked."""

    status: ClassVar[int] = 503

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__("oidc-keys-unavailable", message, hint="try again later, or use a token of the hub")
        self.headers = {"Retry-After": str(retry_after)}


class UnguardedRoute(CovgovError):
    """The application must not start: a route does not say, or says wrongly, who may use it."""
