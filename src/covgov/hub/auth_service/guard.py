"""Access control of routes: `Depends(requires(Permission.X))`, or `Depends(public())` for everyone.

    principal: Annotated[Principal, Depends(requires(Permission.RUN_READ))]

A permission over a repository is checked for the path's `{owner}/{name}`. 401: no valid credentials. 403: the
principal can read the repository, but lacks the permission. 404: it cannot read the repository.
Refusals of a known principal are audited. The hub does not start with an undeclared route (`check_routes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPBearer

from covgov.hub.auth_service.authenticate import Authenticator
from covgov.hub.auth_service.permissions import INSTANCE, OPEN, Permission
from covgov.hub.auth_service.principals import Principal, PrincipalKind, may
from covgov.hub.auth_service.refusals import (
    AccessRefusal,
    AuthenticationRefusal,
    PermissionRefusal,
    UnguardedRoute,
    VisibilityRefusal,
)
from covgov.hub.auth_service.visibility import is_public

#: For the OpenAPI document only; `authenticate` reads and checks the header.
_BEARER: Final = HTTPBearer(auto_error=False, scheme_name="token", description="A token of the hub, or of CI by OIDC")

#: Key in the request's scope: the principal's name, for rate limits and the diagnostic line.
PRINCIPAL: Final = "covgov.principal"


@dataclass(frozen=True, slots=True)
class PermissionGuard:
    """The dependency of `requires`; equal ones are evaluated once per request."""

    permission: Permission
    repository_param: tuple[str, str]

    def __call__(self, request: Request, _: object = Security(_BEARER)) -> Principal:
        """The principal, if it has the permission. Raises AccessRefusal."""
        authenticator = authenticator_of(request)
        repository = self._repository(request)
        shown = request.headers.getlist("authorization")
        asking = authenticator.authenticate(shown, _request_id(request), repository)
        request.scope[PRINCIPAL] = asking.name
        if may(asking, self.permission, repository):
            return asking
        open_to_all = repository is not None and is_public(authenticator.engine, repository)
        if open_to_all and self.permission in OPEN:
            return asking
        raise _refusal(request, asking, self.permission, repository, open_to_all=open_to_all)

    def _repository(self, request: Request) -> str | None:
        if self.permission in INSTANCE:
            return None
        owner, name = self.repository_param
        return f"{request.path_params[owner]}/{request.path_params[name]}"


@dataclass(frozen=True, slots=True)
class PublicAccess:
    """The dependency of `public`: marks a route as open to everyone."""

    def __call__(self) -> None:
        return None


def requires(permission: Permission, *, repository_param: tuple[str, str] = ("owner", "name")) -> PermissionGuard:
    """A dependency that checks the permission and returns the principal. repository_param: two path parameters."""
    return PermissionGuard(permission, repository_param)


def public() -> PublicAccess:
    """A dependency that marks a route as open to everyone, such as `/healthz`."""
    return PublicAccess()


def authenticator_of(request: Request) -> Authenticator:
    """The application's authenticator."""
    found = request.app.state.authenticator
    if not isinstance(found, Authenticator):
        raise TypeError("app.state.authenticator is not an Authenticator")
    return found


def check_routes(app: FastAPI) -> None:
    """Raises UnguardedRoute (`route-unguarded`) naming every route without a correct declaration.

    Only FastAPI's own route for the OpenAPI document is exempt.
    """
    faults = sorted(_faults(app))
    if faults:
        raise UnguardedRoute(
            "route-unguarded",
            "the hub does not start: " + "; ".join(faults),
            hint="declare Depends(requires(Permission...)) or Depends(public()) on each",
        )


def _faults(app: FastAPI) -> Iterator[str]:
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if isinstance(dependant, Dependant):
            yield from (f"{route.path} {fault}" for fault in _declared(dependant, str(route.path)))
        elif route.path is None or route.path != app.openapi_url:
            yield f"{route.path or route.original_route} is not an API route and cannot be guarded"


def _declared(dependant: Dependant, path: str) -> Iterator[str]:
    calls = list(_calls(dependant))
    required = [call for call in calls if isinstance(call, PermissionGuard)]
    is_open = any(isinstance(call, PublicAccess) for call in calls)
    if not required and not is_open:
        yield "declares no permission"
    if required and is_open:
        yield "declares a permission and is public"
    for one in required:
        named = all(f"{{{param}}}" in path for param in one.repository_param)
        if one.permission not in INSTANCE and not named:
            yield f"has {one.permission}, but no repository in its path"
        if one.permission in INSTANCE and named:
            yield f"has a repository in its path, but {one.permission} is not about one"


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _refusal(
    request: Request, asking: Principal, permission: Permission, repository: str | None, *, open_to_all: bool
) -> AccessRefusal:
    if asking.kind is PrincipalKind.ANONYMOUS:
        return AuthenticationRefusal(
            "authentication-required", "a token is required", hint="send Authorization: Bearer with a token of the hub"
        )
    reads = open_to_all or may(asking, Permission.REPOSITORY_READ, repository)
    hidden = repository is not None and not reads
    _record(request, asking, permission, repository, "hidden" if hidden else "forbidden")
    if hidden:
        return VisibilityRefusal(
            "repository-unknown",
            f"there is no repository {repository}",
            hint="check the spelling and the scope of the token",
        )
    return PermissionRefusal(
        "permission-missing",
        f"{asking.name} may not {permission}" + (f" in {repository}" if repository else ""),
        hint="ask for a token with a role that has the permission, see docs/hub.md",
    )


def _record(request: Request, asking: Principal, permission: Permission, repository: str | None, reason: str) -> None:
    fields: dict[str, str | int | bool] = {"permission": permission.value, "reason": reason, "method": request.method}
    if repository is not None:
        fields["repository"] = repository[:300]
    authenticator_of(request).record_refusal(asking, _request_id(request), fields)


def _request_id(request: Request) -> str:
    """The id that the outermost middleware gave this request."""
    return str(request.scope.get("covgov.request_id", ""))
