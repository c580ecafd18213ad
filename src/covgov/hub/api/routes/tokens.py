"""Tokens: what a CI job gets for its OIDC token, and what an admin issues, rotates and revokes.

The text of a token stands in one answer, the one that makes it, and in no listing and no log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.responses import Response

from covgov.hub.api.http import conditional, paging
from covgov.hub.api.http.bodies import documented, json_body
from covgov.hub.api.http.parameters import NO_CONTROL
from covgov.hub.auth_service.guard import authenticator_of, public, requires
from covgov.hub.auth_service.permissions import Permission, Role
from covgov.hub.auth_service.principals import EVERYWHERE, Principal, RepositoryScope
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.auth_service.tokens.request import TokenRequest
from covgov.hub.auth_service.tokens.tokens import IssuedToken, Token
from covgov.hub.deps import deps_of, request_id_of, settings_of, unit
from covgov.hub.store.work import stamp

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

NO_STORE = {"Cache-Control": "no-store"}
LISTING = ("tokens",)
TokenId = Annotated[str, Path(pattern=r"^[a-z2-7]{26}$", description="A token's id, which is no secret.")]
FULL_NAME = r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$"
RepositoryName = Annotated[str, Field(pattern=FULL_NAME)]


class TokenInfo(BaseModel):
    """repositories: null is every one. Times are UTC, ISO 8601; null is never. ref: of the CI job that it is for."""

    id: str
    name: str
    role: str
    repositories: list[str] | None
    created_at: str
    expires_at: str
    revoked_at: str | None
    last_used_at: str | None
    replaced_by: str | None
    ref: str | None


class TokenRevocation(TokenInfo):
    """active_successors: tokens that came from this one by rotation and work on. One that leaked before it was rotated
    does not open them; revoke them too when whoever rotated it may have been the thief."""

    active_successors: list[str]


class TokenWithText(TokenInfo):
    """token: the text, shown this once."""

    token: str


class TokenPage(BaseModel):
    """next: the cursor of the page after this one, null on the last."""

    items: list[TokenInfo]
    next: str | None


class TokenCreation(BaseModel):
    """repositories: left out, every one, which only an admin's token can reach."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_CONTROL)]
    role: Annotated[Role, Field(strict=False), WithJsonSchema({"type": "string", "enum": [*Role]})]
    repositories: Annotated[list[RepositoryName], Field(min_length=1, max_length=500)] | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 90


class TokenRotation(BaseModel):
    """overlap_hours: how long the old token goes on working."""

    model_config = ConfigDict(extra="forbid", strict=True)

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


@router.post(
    "/exchange",
    summary="A CI job's token for its OIDC token",
    status_code=201,
    response_model=TokenWithText,
    dependencies=[Depends(public())],
)
def exchange(request: Request, repository: Annotated[str | None, Query(pattern=FULL_NAME)] = None) -> Response:
    """The OIDC token stands in the Authorization header and is used up. The answer's token lives for minutes.

    It reaches the repository that is named here; without a name the one that is called as the CI's own, or the only
    one that is bound to it.
    """
    headers = request.headers.getlist("authorization")
    random = deps_of(request).secrets
    issued = authenticator_of(request).exchange(headers, request_id_of(request), random, repository)
    return _given(issued)


@router.get("", summary="All tokens, without their texts", response_model=TokenPage, responses=conditional.CACHED)
def list_(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.TOKEN_READ))],
    limit: paging.Limit = 50,
    after: paging.After = "",
) -> Response:
    """Oldest first, in whatever state."""
    last = paging.decode(LISTING, after, tuple[str, str])
    most = min(limit, settings_of(request).limits.page)
    with unit(request, principal, write=False) as work:
        found = tokens.list_(work.connection, after=last, limit=most + 1)
    cursor = paging.encode(LISTING, tokens.place(found[most - 1])) if len(found) > most else None
    page = TokenPage(items=[_shown(token) for token in found[:most]], next=cursor)
    return conditional.answer(request, page, headers=paging.link(request, cursor))


@router.post(
    "", summary="Issue a token", status_code=201, response_model=TokenWithText, openapi_extra=documented(TokenCreation)
)
def create(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.TOKEN_CREATE))],
    new: Annotated[TokenCreation, Depends(json_body(TokenCreation))],
) -> Response:
    """Its text is in this answer only."""
    scope = EVERYWHERE if new.repositories is None else RepositoryScope(frozenset(new.repositories))
    wanted = TokenRequest(new.name, new.role, scope, timedelta(days=new.days))
    with unit(request, principal, write=True) as work:
        issued = tokens.issue(work, wanted, deps_of(request).secrets)
    return _given(issued)


@router.post(
    "/{token_id}/rotate",
    summary="A successor for a token",
    status_code=201,
    response_model=TokenWithText,
    openapi_extra=documented(TokenRotation),
)
def rotate(
    request: Request,
    token_id: TokenId,
    principal: Annotated[Principal, Depends(requires(Permission.TOKEN_ROTATE))],
    rotation: Annotated[TokenRotation, Depends(json_body(TokenRotation))],
) -> Response:
    """Name, role, scope and term are the old one's, which goes on working for the overlap."""
    with unit(request, principal, write=True) as work:
        issued = tokens.rotate(work, token_id, timedelta(hours=rotation.overlap_hours), deps_of(request).secrets)
    return _given(issued)


@router.post("/{token_id}/revoke", summary="Revoke a token")
def revoke(
    request: Request,
    token_id: TokenId,
    principal: Annotated[Principal, Depends(requires(Permission.TOKEN_REVOKE))],
) -> TokenRevocation:
    """From now on it opens nothing; revoking it again changes nothing. What replaced it works on."""
    with unit(request, principal, write=True) as work:
        gone = tokens.revoke(work, token_id)
        left = tokens.successors(work.connection, gone, work.now)
    return TokenRevocation(**_shown(gone).model_dump(), active_successors=left)


def _given(issued: IssuedToken) -> Response:
    given = TokenWithText(**_shown(issued.token).model_dump(), token=issued.secret.text)
    return Response(given.model_dump_json(), 201, NO_STORE, "application/json")


def _shown(token: Token) -> TokenInfo:
    return TokenInfo(
        id=token.id,
        name=token.name,
        role=token.role.value,
        repositories=None if token.scope.everything else sorted(token.scope.names),
        created_at=stamp(token.created_at),
        expires_at=stamp(token.expires_at),
        revoked_at=stamp(token.revoked_at) if token.revoked_at else None,
        last_used_at=stamp(token.last_used_at) if token.last_used_at else None,
        replaced_by=token.replaced_by,
        ref=token.job.ref if token.job else None,
    )
