from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from covgov.errors import CovgovError
from covgov.hub.auth_service.guard import PermissionGuard, authenticator_of, check_routes, public, requires
from covgov.hub.auth_service.permissions import INSTANCE, OPEN, Permission, Role
from covgov.hub.auth_service.principals import Principal
from covgov.hub.auth_service.refusals import AccessRefusal, UnguardedRoute
from covgov_testing.fakes.auth import AuthDesk

GROUPED = requires(Permission.RUN_READ, repository_param=("group", "project"))
REPOSITORY = "/v1/repositories/{owner}/{name}"
HIDDEN = {
    "code": "repository-unknown",
    "message": "there is no repository other/thing",
    "hint": "check the spelling and the scope of the token",
}


def guarded(desk: AuthDesk) -> FastAPI:
    """One route for each permission, below its name, and one for all."""
    app = FastAPI(docs_url=None, redoc_url=None)
    app.state.authenticator = desk.authenticator
    router = APIRouter()
    for permission in Permission:
        path = f"/{permission.value}" + ("" if permission in INSTANCE else REPOSITORY)

        guard = requires(permission)

        def ask(principal: Principal = Depends(guard)) -> str:  # noqa: B008 - FastAPI reads it from the default
            return principal.name

        router.add_api_route(path, ask, methods=["GET"], name=permission.value)

    @router.get("/healthz", dependencies=[Depends(public())])
    def healthz() -> str:
        return "ok"

    app.include_router(router)

    @app.exception_handler(CovgovError)
    def told(_: Request, error: CovgovError) -> JSONResponse:
        content = {"code": error.code, "message": error.message, "hint": error.hint}
        if not isinstance(error, AccessRefusal):
            return JSONResponse(content, 500)
        return JSONResponse(content, error.status, dict(error.headers))

    return app


@pytest.fixture
def client(desk: AuthDesk) -> TestClient:
    return TestClient(guarded(desk))


def status(client: TestClient, permission: Permission, repository: str = "acme/shop", token: str = "") -> int:
    path = f"/{permission.value}" + ("" if permission in INSTANCE else f"/v1/repositories/{repository}")
    return client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {}).status_code


# -- who passes ------------------------------------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("permission", Permission)
def test_anonymous_can_read_public_repositories_only(client: TestClient, permission: Permission) -> None:
    assert status(client, permission, "acme/open") == (200 if permission in OPEN else 401)
    assert status(client, permission, "acme/shop") == 401
    assert status(client, permission, "no/where") == 401


@pytest.mark.security
def test_every_role_passes_exactly_where_its_grants_say(desk: AuthDesk, client: TestClient) -> None:
    every = set(Permission)
    holds = {
        Role.READER: OPEN | {Permission.REPOSITORY_LIST, Permission.METRICS_READ},
        Role.ADMIN: every - (INSTANCE - {Permission.REPOSITORY_LIST, Permission.METRICS_READ}),
    }
    for role, held in holds.items():
        shown = desk.token(role, "acme/shop").secret.text
        assert {status(client, permission, token=shown) for permission in held} == {200}
        assert {status(client, permission, token=shown) for permission in every - held} == {403}


def test_an_unscoped_admin_passes_everywhere(desk: AuthDesk, client: TestClient) -> None:
    shown = desk.token(Role.ADMIN).secret.text
    assert {status(client, permission, "other/thing", shown) for permission in Permission} == {200}


@pytest.mark.security
def test_an_unreadable_repository_is_not_found(desk: AuthDesk, client: TestClient) -> None:
    shown = desk.token(Role.MAINTAINER, "acme/shop").secret.text
    of_one_repository = set(Permission) - INSTANCE
    assert {status(client, permission, "other/thing", shown) for permission in of_one_repository} == {404}
    assert {status(client, permission, "no/where", shown) for permission in of_one_repository} == {404}


@pytest.mark.security
def test_a_hidden_repository_has_the_same_message_as_a_missing_one(desk: AuthDesk, client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {desk.token(Role.READER, 'acme/shop').secret.text}"}
    hidden = client.get("/run:read/v1/repositories/other/thing", headers=headers)
    missing = client.get("/run:read/v1/repositories/other/thinh", headers=headers)
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json() == HIDDEN
    assert missing.text == hidden.text.replace("thing", "thinh")
    assert [name for name in hidden.headers if name not in missing.headers] == []


@pytest.mark.security
def test_a_public_repository_is_readable_by_everyone_and_writable_by_its_scope(
    desk: AuthDesk, client: TestClient
) -> None:
    shown = desk.token(Role.ADMIN, "acme/shop").secret.text
    assert status(client, Permission.RUN_READ, "acme/open", shown) == 200
    assert status(client, Permission.UPLOAD_CREATE, "acme/open", shown) == 403


@pytest.mark.security
def test_anonymous_requests_get_401(client: TestClient) -> None:
    answer = client.get("/audit:read")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="covgov"'
    assert answer.json() == {
        "code": "authentication-required",
        "message": "a token is required",
        "hint": "send Authorization: Bearer with a token of the hub",
    }


@pytest.mark.security
def test_a_missing_permission_names_principal_permission_and_repository(desk: AuthDesk, client: TestClient) -> None:
    issued = desk.token(Role.READER, "acme/shop")
    headers = {"Authorization": f"Bearer {issued.secret.text}"}
    answer = client.get("/upload:create/v1/repositories/acme/shop", headers=headers)
    assert answer.status_code == 403
    assert answer.json() == {
        "code": "permission-missing",
        "message": f"token:{issued.token.id} may not upload:create in acme/shop",
        "hint": "ask for a token with a role that has the permission, see docs/hub.md",
    }
    assert client.get("/audit:read", headers=headers).json()["message"] == f"token:{issued.token.id} may not audit:read"


@pytest.mark.security
def test_an_invalid_token_is_refused_even_for_public_repositories(client: TestClient) -> None:
    assert status(client, Permission.RUN_READ, "acme/open", "cvg_x") == 401


@pytest.mark.security
def test_two_authorization_headers_are_refused(desk: AuthDesk, client: TestClient) -> None:
    shown = desk.token().secret.text
    twice = [("Authorization", f"Bearer {shown}"), ("Authorization", f"Bearer {shown}")]
    answer = client.get("/audit:read", headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (401, "authorization-malformed")


@pytest.mark.security
def test_a_ci_token_uploads_once_where_it_is_bound(desk: AuthDesk, client: TestClient) -> None:
    desk.bind()
    shown = desk.issuer.sign(desk.issuer.github())
    assert status(client, Permission.UPLOAD_CREATE, token=shown) == 200
    assert status(client, Permission.UPLOAD_CREATE, token=shown) == 401


@pytest.mark.security
def test_an_unavailable_issuer_sets_retry_after(desk: AuthDesk, client: TestClient) -> None:
    desk.issuer.broken = TimeoutError()
    shown = desk.issuer.sign(desk.issuer.github())
    answer = client.get("/audit:read", headers={"Authorization": f"Bearer {shown}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_public_routes_ignore_the_authorization_header(client: TestClient) -> None:
    assert client.get("/healthz", headers={"Authorization": "Bearer nonsense"}).json() == "ok"


def test_the_route_receives_the_principal(desk: AuthDesk, client: TestClient) -> None:
    issued = desk.token()
    answer = client.get("/audit:read", headers={"Authorization": f"Bearer {issued.secret.text}"})
    assert answer.json() == f"token:{issued.token.id}"


def test_other_names_of_the_paths_parameters_can_be_given(desk: AuthDesk) -> None:
    app = FastAPI(openapi_url=None)
    app.state.authenticator = desk.authenticator

    @app.get("/{group}/{project}")
    def ask(who: Annotated[Principal, Depends(GROUPED)]) -> str:
        return who.name

    check_routes(app)
    assert TestClient(app).get("/acme/open").json() == "anonymous"


# -- the audit trail -------------------------------------------------------------------------------------------------


@pytest.mark.security
def test_the_refusal_of_a_known_principal_is_audited(desk: AuthDesk, client: TestClient) -> None:
    issued = desk.token(Role.READER, "acme/shop")
    actor, shown = f"token:{issued.token.id}", issued.secret.text
    assert status(client, Permission.UPLOAD_CREATE, "acme/shop", shown) == 403
    assert status(client, Permission.RUN_READ, "other/thing", shown) == 404
    assert status(client, Permission.AUDIT_READ, token=shown) == 403
    upload = {"permission": "upload:create", "reason": "forbidden", "method": "GET", "repository": "acme/shop"}
    run = {"permission": "run:read", "reason": "hidden", "method": "GET", "repository": "other/thing"}
    trail = {"permission": "audit:read", "reason": "forbidden", "method": "GET"}
    assert desk.audited()[1:] == [("access-refused", actor, fields) for fields in (upload, run, trail)]
    with desk.work() as work:
        numbers = work.connection.execute(text("select request_id from audit order by sequence")).scalars()
        assert list(numbers) == ["request-1", "", "", ""]


@pytest.mark.security
def test_the_refusal_names_the_request(desk: AuthDesk) -> None:
    app = guarded(desk)

    async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
        scope["covgov.request_id"] = "request-9"
        await app(scope, receive, send)

    shown = desk.token(Role.READER, "acme/shop").secret.text
    answer = TestClient(numbered).get("/audit:read", headers={"Authorization": f"Bearer {shown}"})
    assert answer.status_code == 403
    with desk.work() as work:
        last = work.connection.execute(text("select request_id from audit order by sequence desc limit 1"))
        assert last.scalar_one() == "request-9"


@pytest.mark.security
def test_anonymous_requests_write_no_audit_entries(desk: AuthDesk, client: TestClient) -> None:
    for shown in ("", "cvg_x", "a.b.c"):
        assert status(client, Permission.AUDIT_READ, token=shown) == 401
    assert desk.audited() == []


@pytest.mark.security
def test_a_very_long_repository_name_can_be_audited(desk: AuthDesk, client: TestClient) -> None:
    shown = desk.token(Role.READER, "acme/shop").secret.text
    assert status(client, Permission.RUN_READ, "o/" + "x" * 5000, shown) == 404
    assert desk.audited()[-1][2]["repository"] == "o/" + "x" * 298


@pytest.mark.reliability
def test_a_refusal_that_cannot_be_audited_is_a_server_error(desk: AuthDesk, client: TestClient) -> None:
    shown = desk.token(Role.READER, "acme/shop").secret.text
    with desk.work() as work:
        work.connection.execute(text("drop table audit"))
    answer = client.get("/audit:read", headers={"Authorization": f"Bearer {shown}"})
    assert (answer.status_code, answer.json()["code"]) == (500, "audit-unwritable")


# -- routes that do not say who may use them -------------------------------------------------------------------------


def app_with(path: str, *dependencies: object) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    router = APIRouter()
    router.add_api_route(path, lambda: None, dependencies=[Depends(one) for one in dependencies])  # type: ignore[arg-type]  # any callable
    app.include_router(router)
    return app


def fault(app: FastAPI) -> str:
    with pytest.raises(UnguardedRoute) as caught:
        check_routes(app)
    assert (caught.value.code, caught.value.exit_code) == ("route-unguarded", 2)
    assert caught.value.hint == "declare Depends(requires(Permission...)) or Depends(public()) on each"
    return caught.value.message


def test_an_application_with_guarded_routes_starts(desk: AuthDesk) -> None:
    check_routes(guarded(desk))


@pytest.mark.security
def test_a_route_without_a_permission_keeps_the_hub_from_starting() -> None:
    assert fault(app_with("/v1/secrets")) == "the hub does not start: /v1/secrets declares no permission"


@pytest.mark.security
def test_another_dependency_is_no_permission() -> None:
    assert "declares no permission" in fault(app_with("/v1/secrets", lambda: None))


@pytest.mark.security
def test_every_such_route_is_named() -> None:
    app = app_with("/b")
    app.add_api_route("/a", lambda: None)
    assert fault(app) == "the hub does not start: /a declares no permission; /b declares no permission"


@pytest.mark.security
def test_a_route_cannot_be_both_public_and_guarded() -> None:
    said = fault(app_with("/x", public(), requires(Permission.AUDIT_READ)))
    assert said == "the hub does not start: /x declares a permission and is public"


@pytest.mark.security
def test_a_permission_of_a_repository_needs_one_in_the_path() -> None:
    for path in ("/x", "/x/{owner}", "/x/{name}"):
        said = fault(app_with(path, requires(Permission.RUN_READ)))
        assert said == f"the hub does not start: {path} has run:read, but no repository in its path"


@pytest.mark.security
def test_a_permission_of_the_hub_does_not_guard_a_repository() -> None:
    said = fault(app_with(REPOSITORY, requires(Permission.REPOSITORY_LIST)))
    expected = f"{REPOSITORY} has a repository in its path, but repository:list is not about one"
    assert said == f"the hub does not start: {expected}"


def test_a_route_may_need_several_permissions() -> None:
    check_routes(app_with(REPOSITORY, requires(Permission.RUN_READ), requires(Permission.COVERAGE_READ)))


def test_a_permission_can_be_a_nested_dependency() -> None:
    def nested(_: Annotated[Principal, Depends(requires(Permission.AUDIT_READ))]) -> None:
        return None

    check_routes(app_with("/x", nested))


def test_a_permission_can_be_declared_on_the_router() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    router = APIRouter(dependencies=[Depends(requires(Permission.AUDIT_READ))])
    router.add_api_route("/x", lambda: None)
    app.include_router(router)
    check_routes(app)


@pytest.mark.security
def test_a_route_outside_of_the_api_is_refused() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.router.routes.append(Route("/plain", lambda request: PlainTextResponse("x")))
    assert fault(app) == "the hub does not start: /plain is not an API route and cannot be guarded"
    app = FastAPI(docs_url=None, redoc_url=None)
    app.router.routes.append(Mount("/static", app=PlainTextResponse("x")))
    assert fault(app) == "the hub does not start: /static is not an API route and cannot be guarded"


@pytest.mark.security
def test_a_websocket_without_a_permission_is_refused() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.close()

    assert fault(app) == "the hub does not start: /live declares no permission"


@pytest.mark.security
def test_the_interactive_documentation_is_refused_and_the_openapi_document_is_not() -> None:
    check_routes(FastAPI(docs_url=None, redoc_url=None))
    assert "/docs is not an API route" in fault(FastAPI(redoc_url=None))


def test_openapi_documents_authentication(desk: AuthDesk) -> None:
    document = guarded(desk).openapi()
    scheme = {"type": "http", "scheme": "bearer", "description": "A token of the hub, or of CI by OIDC"}
    assert document["components"]["securitySchemes"] == {"token": scheme}
    assert document["paths"]["/audit:read"]["get"]["security"] == [{"token": []}]
    assert "security" not in document["paths"]["/healthz"]["get"]


@pytest.mark.security
def test_without_an_authenticator_every_request_fails(desk: AuthDesk) -> None:
    app = guarded(desk)
    app.state.authenticator = None
    with pytest.raises(TypeError, match=r"^app.state.authenticator is not an Authenticator$"):
        TestClient(app).get("/audit:read")
    assert authenticator_of(Request({"type": "http", "app": guarded(desk)})) is desk.authenticator


def test_equal_requirements_are_one_dependency() -> None:
    assert requires(Permission.RUN_READ) == PermissionGuard(Permission.RUN_READ, ("owner", "name"))
    assert hash(requires(Permission.RUN_READ)) == hash(requires(Permission.RUN_READ))
