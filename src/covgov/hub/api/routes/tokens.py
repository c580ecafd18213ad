"""`/v1/tokens`: exchange a CI job's OIDC token; issue, list, rotate and revoke tokens.

The text of a token is only in the answer that creates it, never in a list or a log.
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
TokenId = Annotated[str, Path(pattern=r"^[a-z2-7]{26}$", description="The id of a token; it is not secret.")]
FULL_NAME = r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$"
RepositoryName = Annotated[str, Field(pattern=FULL_NAME)]


class TokenInfo(BaseModel):
    """repositories: null for all. Times are UTC, ISO 8601, null for never. ref: of the CI job with this token."""

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
    """active_successors: active tokens rotated from this one. Revoke them too when an attacker may have made the
    rotation."""

    active_successors: list[str]


class TokenWithText(TokenInfo):
    """token: the text, shown only here."""

    token: str


class TokenPage(BaseModel):
    """next: the cursor of the next page, null on the last."""

    items: list[TokenInfo]
    next: str | None


class TokenCreation(BaseModel):
    """repositories: leave out for all, which needs the role admin."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_CONTROL)]
    role: Annotated[Role, Field(strict=False), WithJsonSchema({"type": "string", "enum": [*Role]})]
    repositories: Annotated[list[RepositoryName], Field(min_length=1, max_length=500)] | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 90


class TokenRotation(BaseModel):
    """overlap_hours: how long the old token stays valid."""

    model_config = ConfigDict(extra="forbid", strict=True)

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


@router.post(
    "/exchange",
    summary="Exchange a CI job's OIDC token",
    status_code=201,
    response_model=TokenWithText,
    dependencies=[Depends(public())],
)
def exchange(request: Request, repository: Annotated[str | None, Query(pattern=FULL_NAME)] = None) -> Response:
    """Send the OIDC token in the Authorization header; it can be used once. The new token is valid for minutes.

    It is valid for the named repository; without a name for the one named as in the CI, or the only bound
    one.
    """
    headers = request.headers.getlist("authorization")
    random = deps_of(request).secrets
    issued = authenticator_of(request).exchange(headers, request_id_of(request), random, repository)
    return _given(issued)


@router.get("", summary="All tokens, without their text", response_model=TokenPage, responses=conditional.CACHED)
def list_(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.TOKEN_READ))],
    limit: paging.Limit = 50,
    after: paging.After = "",
) -> Response:
    """Oldest first, including revoked and expired tokens."""
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
    """The token's text is only in this answer."""
    scope = EVERYWHERE if new.repositories is None else RepositoryScope(frozenset(new.repositories))
    wanted = TokenRequest(new.name, new.role, scope, timedelta(days=new.days))
    with unit(request, principal, write=True) as work:
        issued = tokens.issue(work, wanted, deps_of(request).secrets)
    return _given(issued)


@router.post(
    "/{token_id}/rotate",
    summary="Rotate a token",
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
    """The new token has the same name, role, scope and lifetime. The old one stays valid for the overlap."""
    with unit(request, principal, write=True) as work:
        issued = tokens.rotate(work, token_id, timedelta(hours=rotation.overlap_hours), deps_of(request).secrets)
    return _given(issued)


@router.post("/{token_id}/revoke", summary="Revoke a token")
def revoke(
    request: Request,
    token_id: TokenId,
    principal: Annotated[Principal, Depends(requires(Permission.TOKEN_REVOKE))],
) -> TokenRevocation:
    """Takes effect at once; revoking again changes nothing. Tokens that replaced this one stay valid."""
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
