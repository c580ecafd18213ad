"""What the guard takes from a request and leaves in it, for the trail and for the limits."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from covgov.hub.auth_service.guard import PRINCIPAL, requires
from covgov.hub.auth_service.permissions import Permission, Role
from covgov.hub.auth_service.principals import Principal
from covgov.hub.auth_service.refusals import AccessRefusal
from covgov.hub.eventlog import audit
from covgov.hub.store.work import transaction
from covgov_testing.fakes.auth import AuthDesk

SHOP = "/v1/repositories/acme/shop"
READING = Depends(requires(Permission.RUN_READ))


def application(desk: AuthDesk) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.state.authenticator = desk.authenticator

    @app.get("/v1/repositories/{owner}/{name}")
    def get(request: Request, principal: Annotated[Principal, READING]) -> list[str]:
        return [principal.name, request.scope[PRINCIPAL]]

    @app.exception_handler(AccessRefusal)
    def told(request: Request, error: AccessRefusal) -> JSONResponse:
        return JSONResponse([error.code, request.scope.get(PRINCIPAL, "")], error.status)

    return app


def asked(desk: AuthDesk, token: str) -> tuple[int, list[str]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = TestClient(Numbered(application(desk))).get(SHOP, headers=headers)
    return answer.status_code, answer.json()


class Numbered:
    """Calls every request request-9, as the outermost middleware gives each its id."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["covgov.request_id"] = "request-9"
        await self._app(scope, receive, send)


@pytest.mark.security
def test_a_replay_is_audited_with_its_request_id(desk: AuthDesk) -> None:
    desk.bind()
    token = desk.issuer.sign(desk.issuer.github())
    name = "oidc:acme/shop@refs/heads/main"
    assert asked(desk, token) == (200, [name, name])
    assert asked(desk, token) == (401, ["oidc-replayed", ""])
    with transaction(desk.engine, write=False) as connection:
        last = list(audit.entries(connection))[-1]
    assert (last.event, last.request_id) == ("oidc-replayed", "request-9")


@pytest.mark.security
def test_the_scope_holds_the_principal_once_known(desk: AuthDesk) -> None:
    reader, other = desk.token(Role.READER, "acme/shop"), desk.token(Role.READER, "acme/open")
    assert asked(desk, reader.secret.text) == (200, [f"token:{reader.token.id}"] * 2)
    assert asked(desk, other.secret.text) == (404, ["repository-unknown", f"token:{other.token.id}"])
    assert asked(desk, "") == (401, ["authentication-required", "anonymous"])
    assert asked(desk, "cvg_x") == (401, ["token-malformed", ""])
