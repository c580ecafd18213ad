from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from covgov.hub.api.http.metrics import HubMetrics
from covgov.hub.api.http.middleware import RequestMiddleware
from covgov.hub.auth_service.permissions import Role
from covgov.hub.deps import HubDeps
from covgov.hub.eventlog import diagnostics
from covgov_testing.builders.run import run
from covgov_testing.hub.reading import Template
from covgov_testing.hub.write_desk import HISTORY, SHOP, WriteDesk, write_desk, zipped


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    diagnostics.configure(stream)
    yield stream
    diagnostics.configure(None)


def logged(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", SHOP, "/metrics"])
def test_every_answer_carries_an_id_that_the_client_did_not_choose(desk: WriteDesk, path: str) -> None:
    answers = [desk.ask("GET", path, headers={"X-Request-Id": "mine"}) for _ in range(2)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


def test_a_problem_a_diagnostic_line_and_an_audit_entry_name_the_same_request(
    desk: WriteDesk, lines: io.StringIO
) -> None:
    answer = desk.ask("DELETE", SHOP, Role.READER)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert {line["request_id"] for line in logged(lines)} == {answer.headers["x-request-id"]}
    with desk.engine.begin() as connection:
        kept = connection.exec_driver_sql("SELECT request_id FROM audit ORDER BY sequence DESC").scalar()
    assert kept == answer.headers["x-request-id"]


@pytest.mark.security
def test_a_diagnostic_line_names_the_route_not_the_path_or_token(desk: WriteDesk, lines: io.StringIO) -> None:
    desk.ask("GET", f"{HISTORY}/names", params={"folder": "runs"})
    (line,) = (one for one in logged(lines) if one["event"] == "request-answered")
    assert line["route"] == "/v1/repositories/{owner}/{name}/history/names"
    assert line["status"] == 200
    assert "cvg_" not in lines.getvalue()
    assert "acme" not in lines.getvalue()


def test_a_diagnostic_line_names_the_principal_and_the_error_code(desk: WriteDesk, lines: io.StringIO) -> None:
    desk.ask("DELETE", SHOP, Role.READER)
    desk.ask("GET", SHOP, None)
    desk.ask("GET", "/nowhere", None)
    desk.ask("POST", f"{HISTORY}/missing", Role.UPLOADER, **zipped(b'{"names": []}'))
    desk.ask("POST", "/v1/tokens", None, headers={"Content-Encoding": "br"})
    told = [one for one in logged(lines) if one["event"] == "request-answered"]
    reader, stranger, lost, packed, coded = told
    assert re.fullmatch(r"token:[a-z2-7]{26}", str(reader["principal"]))
    assert (reader["code"], reader["status"]) == ("permission-missing", 403)
    assert (stranger["code"], stranger["principal"]) == ("authentication-required", "anonymous")
    assert (lost["code"], "principal" in lost) == ("route-unknown", False)
    assert (packed["status"], "code" in packed) == (200, False)
    assert packed["route"] == "/v1/repositories/{owner}/{name}/history/missing"
    assert coded["code"] == "encoding-unsupported"


@pytest.mark.reliability
def test_a_line_that_cannot_be_written_is_harmless(desk: WriteDesk) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("no space left on device")

    diagnostics.configure(Full())
    try:
        assert desk.add(run("c1")).status_code == 201
    finally:
        diagnostics.configure(None)


@pytest.mark.reliability
def test_a_crash_answers_a_problem_without_its_cause(desk: WriteDesk, lines: io.StringIO) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE repositories RENAME TO elsewhere")
    answer = desk.ask("GET", "/v1/repositories", Role.ADMIN)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "repositories" not in answer.json()["detail"]
    assert "request-failed" in [line["event"] for line in logged(lines)]


@pytest.mark.security
def test_too_many_requests_get_429_with_retry_after(read_template: Template, tmp_path: Path) -> None:
    with write_desk(read_template, tmp_path, requests_per_minute=2) as desk:
        for _ in range(3):  # one as a stranger, two as a token that was taken before
            assert desk.ask("GET", SHOP).status_code == 200
        refused = desk.ask("GET", SHOP)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
        assert refused.headers["retry-after"] == "30"
        assert refused.headers["x-request-id"] == refused.json()["request_id"]
        assert desk.ask("GET", "/healthz", None).status_code == 200
        desk.clock.forward(30)
        assert desk.ask("GET", SHOP).status_code == 200


@pytest.mark.security
def test_only_an_authenticated_token_has_its_own_rate(read_template: Template, tmp_path: Path) -> None:
    """Jobs behind one address do not starve each other, and nobody gets a fresh rate by inventing tokens."""
    with write_desk(read_template, tmp_path, requests_per_minute=3) as desk:
        assert desk.ask("GET", SHOP, Role.READER).status_code == 200
        assert desk.ask("GET", SHOP, Role.UPLOADER).status_code == 200
        made_up = desk.bearers[Role.READER]["Authorization"][:-7]
        assert desk.ask("GET", SHOP, None, headers={"Authorization": f"{made_up}aaaaaaa"}).status_code == 401
        assert desk.ask("GET", SHOP, None, headers={"Authorization": f"{made_up}bbbbbbb"}).status_code == 429
        assert [desk.ask("GET", SHOP, Role.READER).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert desk.ask("GET", SHOP, Role.UPLOADER).status_code == 200


@pytest.mark.reliability
def test_a_wall_clock_that_jumps_changes_no_limit(read_template: Template, tmp_path: Path) -> None:
    with write_desk(read_template, tmp_path, requests_per_minute=2) as desk:
        for _ in range(3):
            desk.ask("GET", SHOP)
        desk.clock.now = desk.clock.now.replace(year=2020)
        assert desk.ask("GET", "/metrics").status_code == 429


class Told:
    """Collects what an application sends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)


async def silent() -> Message:
    return {"type": "http.disconnect"}


def envelope(desk: WriteDesk, app: object) -> RequestMiddleware:
    deps = desk.app.state.deps
    assert isinstance(deps, HubDeps)
    assert callable(app)
    return RequestMiddleware(app, deps, HubMetrics())


@pytest.mark.anyio
async def test_other_protocols_pass_untouched(desk: WriteDesk) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await envelope(desk, app)({"type": "lifespan"}, silent, Told())
    assert seen == ["lifespan"]


@pytest.mark.anyio
async def test_a_crash_after_the_headers_cuts_the_answer_short(desk: WriteDesk) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    told = Told()
    with pytest.raises(RuntimeError, match="too late"):
        await envelope(desk, app)({"type": "http", "method": "GET", "path": "/"}, silent, told)
    assert [message["type"] for message in told.messages] == ["http.response.start"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
