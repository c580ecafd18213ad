"""`.../bindings`: CI jobs that can upload to a repository with their OIDC token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from covgov.hub.api.http import conditional, paging
from covgov.hub.api.http.bodies import documented, json_body
from covgov.hub.api.http.parameters import NO_CONTROL, Name, Owner
from covgov.hub.api.repository import named
from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.oidc.bindings import Binding
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.deps import settings_of, unit

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/bindings", tags=["bindings"])

Text = Annotated[str, Field(min_length=1, max_length=300, pattern=NO_CONTROL)]


class BindingRequest(BaseModel):
    """issuer: `iss` of the CI's tokens. repository: its name in the CI. ref: a glob, such as `refs/heads/main`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    issuer: Text
    repository: Text
    ref: Text


class BindingInfo(BindingRequest):
    id: int


class BindingPage(BaseModel):
    """next: the cursor of the next page, null on the last."""

    items: list[BindingInfo]
    next: str | None


@router.get("", summary="CI jobs that can upload", response_model=BindingPage, responses=conditional.CACHED)
def list_(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.BINDING_READ))],
    limit: paging.Limit = 50,
    after: paging.After = "",
) -> Response:
    """Oldest first."""
    listing = (owner, name, "bindings")
    last = paging.decode(listing, after, int) or 0
    most = min(limit, settings_of(request).limits.page)
    with unit(request, principal, write=False) as work:
        found = bindings.bound(work.connection, named(work.connection, owner, name).id, after=last, limit=most + 1)
    cursor = paging.encode(listing, found[most - 1].id) if len(found) > most else None
    page = BindingPage(items=[_shown(one) for one in found[:most]], next=cursor)
    return conditional.answer(request, page, headers=paging.link(request, cursor))


@router.post("", summary="Let a CI job upload", status_code=201, openapi_extra=documented(BindingRequest))
def bind(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.BINDING_WRITE))],
    wanted: Annotated[BindingRequest, Depends(json_body(BindingRequest))],
) -> BindingInfo:
    """Repeating the request changes nothing."""
    with unit(request, principal, write=True) as work:
        repository = named(work.connection, owner, name)
        return _shown(bindings.bind(work, repository.id, Binding(wanted.issuer, wanted.repository, wanted.ref)))


@router.delete("/{binding}", summary="Remove a binding")
def unbind(
    request: Request,
    owner: Owner,
    name: Name,
    binding: Annotated[int, Path(ge=1, le=2**31 - 1)],
    principal: Annotated[Principal, Depends(requires(Permission.BINDING_WRITE))],
) -> BindingInfo:
    """Returns the removed binding."""
    with unit(request, principal, write=True) as work:
        return _shown(bindings.unbind(work, named(work.connection, owner, name).id, binding))


def _shown(one: Binding) -> BindingInfo:
    return BindingInfo(id=one.id, issuer=one.issuer, repository=one.subject_repository, ref=one.ref_pattern)
