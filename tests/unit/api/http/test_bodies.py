from __future__ import annotations

import gzip
import inspect
import re
from collections.abc import Iterator

import anyio
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.types import Message

from covgov.hub.api.http.bodies import raw_body, upload_body
from covgov.hub.api.http.body_limits import BODY
from covgov.hub.auth_service.guard import PermissionGuard, PublicAccess
from covgov.hub.auth_service.permissions import Role
from covgov.hub.settings import HubLimits
from covgov_testing.hub.write_desk import HISTORY, SHOP, UPLOADS, WriteDesk

BOMB = gzip.compress(b"[" + b"[]," * 1_000_000 + b"[]]")
NEW = {"owner": "acme", "name": "other"}


def dependants(desk: WriteDesk) -> list[Dependant]:
    found = [getattr(route, "dependant", None) for route in iter_route_contexts(desk.app.routes)]
    return [one for one in found if isinstance(one, Dependant)]


def calls(dependant: Dependant) -> Iterator[object]:
    """In the order in which they are called."""
    for inner in dependant.dependencies:
        yield from calls(inner)
        yield inner.call


@pytest.mark.security
@pytest.mark.architecture
def test_bodies_are_read_after_the_guard_and_parsed_in_a_thread(desk: WriteDesk) -> None:
    reading = 0
    for dependant in dependants(desk):
        assert dependant.body_params == [], dependant.path
        order = list(calls(dependant))
        readers = [place for place, call in enumerate(order) if call in (raw_body, upload_body)]
        guards = [place for place, call in enumerate(order) if isinstance(call, PermissionGuard | PublicAccess)]
        assert not readers or min(guards) < min(readers), dependant.path
        reading += bool(readers)
        slow = [call for call in order if inspect.iscoroutinefunction(call)]
        assert all(call in (raw_body, upload_body) for call in slow), dependant.path
        assert not inspect.iscoroutinefunction(dependant.call), dependant.path
    assert reading >= 10


class Watched:
    """A client whose first part is only taken by who reads the body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.taken = 0
        self.status = 0

    async def receive(self) -> Message:
        self.taken += 1
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)

    def ask(self, desk: WriteDesk, method: str, path: str, bearer: str = "", **headers: str) -> Watched:
        told = {"content-type": "application/json", "content-encoding": "gzip", **headers}
        if bearer:
            told["authorization"] = bearer
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "client": ("192.0.2.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }
        anyio.run(desk.app, scope, self.receive, self.send)
        return self


def places(desk: WriteDesk) -> list[tuple[str, str]]:
    """Method and an address of every route that changes something."""
    found = []
    for context in iter_route_contexts(desk.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            path = re.sub(r"\{owner\}", "acme", re.sub(r"\{name\}", "shop", str(context.path)))
            path = path.replace("{token_id}", "a" * 26).replace("{binding}", "1").replace("{run_id}", "0" * 64)
            found += [(method, path) for method in route.methods or () if method in ("POST", "PUT", "PATCH", "DELETE")]
    return sorted(found)


@pytest.mark.security
def test_an_unauthenticated_body_is_never_read(desk: WriteDesk) -> None:
    asked = places(desk)
    assert ("POST", "/v1/repositories") in asked
    assert ("POST", UPLOADS) in asked
    for method, path in asked:
        told = Watched(BOMB).ask(desk, method, path)
        assert (told.status, told.taken) == (401, 0), (method, path)


@pytest.mark.security
@pytest.mark.parametrize(
    ("method", "path"), [("POST", UPLOADS), ("POST", f"{HISTORY}/additions"), ("PUT", f"{SHOP}/policy")]
)
def test_a_forbidden_body_is_never_read(desk: WriteDesk, method: str, path: str) -> None:
    bearer = desk.bearers[Role.READER]["Authorization"]
    told = Watched(BOMB).ask(desk, method, path, bearer)
    assert (told.status, told.taken) == (403, 0)


@pytest.mark.security
@pytest.mark.parametrize("path", ["/v1/repositories", "/v1/tokens", f"{SHOP}/bindings", f"{HISTORY}/read"])
def test_a_zip_bomb_outside_of_uploads_hits_the_small_limit(desk: WriteDesk, path: str) -> None:
    assert len(BOMB) < 10_000
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = desk.ask("POST", path, Role.ADMIN, content=BOMB, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert str(HubLimits().document) in answer.json()["detail"]


@pytest.mark.security
def test_a_document_declared_as_large_as_an_upload_is_refused_unread(desk: WriteDesk) -> None:
    bearer = desk.bearers[Role.ADMIN]["Authorization"]
    plain = {"content-encoding": "identity", "content-length": str(HubLimits().document + 1)}
    told = Watched(b"{}").ask(desk, "POST", "/v1/repositories", bearer, **plain)
    assert (told.status, told.taken) == (413, 0)


def test_an_upload_may_be_larger_than_a_document(desk: WriteDesk) -> None:
    report = b"TN:\nSF:src/a.py\nDA:1,1\nend_of_record\n" + b"#" * HubLimits().document
    assert desk.upload(report).status_code == 201


def test_body_errors_name_the_place_not_the_value(desk: WriteDesk) -> None:
    answer = desk.ask("POST", "/v1/repositories", Role.ADMIN, json={**NEW, "private": "s3cr3t", "more": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
    assert {one["where"] for one in answer.json()["errors"]} == {"body/private", "body/more"}
    assert "s3cr3t" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b'{"owner": "\xff"}', b'{"owner": "\\ud800", "name": "a"}'],
    ids=["empty", "cut", "deep", "bytes", "surrogate"],
)
def test_invalid_json_is_refused(desk: WriteDesk, body: bytes) -> None:
    answer = desk.ask("POST", "/v1/repositories", Role.ADMIN, content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_an_upload_s_body_is_read_only_where_its_limits_hold() -> None:
    with pytest.raises(TypeError, match="create_app"):
        anyio.run(upload_body, Request({"type": "http", BODY: None}))


def test_the_contract_documents_every_body(desk: WriteDesk) -> None:
    operations = desk.client.get("/openapi.json").json()["paths"]
    schema = operations["/v1/tokens"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["name", "role"]
    assert schema["properties"]["role"]["enum"] == [role.value for role in Role]
