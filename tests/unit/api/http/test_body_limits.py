from __future__ import annotations

import gzip
import time
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import chain

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from covgov.hub.api.http.body_limits import BodyLimitMiddleware, BoundedBody, GzipExpander
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.settings import HubLimits

LIMITS = HubLimits(document=100, body=100, unpacked=1000, body_seconds=0.2)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(body)(scope, receive, send)


class Client:
    """Sends parts; an exhausted client is gone, or is silent for ever."""

    def __init__(self, parts: Sequence[bytes], *, ends: bool = True, silent: bool = False) -> None:
        last = len(parts) - 1
        self._messages: list[Message] = [
            {"type": "http.request", "body": part, "more_body": not (ends and number == last)}
            for number, part in enumerate(parts)
        ]
        self._silent = silent
        self.taken = 0

    async def receive(self) -> Message:
        if self._messages:
            self.taken += 1
            return self._messages.pop(0)
        if self._silent:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}


def ask(client: Client, limits: HubLimits = LIMITS, **headers: str) -> bytes:
    """What the application got. Raises what reading raised."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/x",
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        }
        await BodyLimitMiddleware(echo, limits, time.monotonic)(scope, client.receive, send)

    anyio.run(call)
    return b"".join(message.get("body", b"") for message in sent)


def problem(client: Client, **headers: str) -> tuple[int, str]:
    with pytest.raises(ApiProblem) as caught:
        ask(client, LIMITS, **headers)
    return caught.value.status_code, caught.value.code


def test_a_body_within_its_limits_arrives_as_it_is() -> None:
    assert ask(Client([b"ab", b"", b"cd"])) == b"abcd"


@given(st.binary(max_size=900), st.integers(1, 50))
def test_a_compressed_body_is_unpacked_however_it_is_chunked(data: bytes, size: int) -> None:
    packed = gzip.compress(data)
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert ask(Client(parts), HubLimits(document=1000), content_encoding="gzip") == data


@pytest.mark.security
def test_a_body_declared_too_large_is_refused_unread() -> None:
    client = Client([b"x"])
    assert b"body-too-large" in ask(client, content_length="101")
    assert client.taken == 0


@pytest.mark.security
def test_a_body_is_refused_once_it_exceeds_the_limit() -> None:
    client = Client([b"x" * 60] * 50)
    assert problem(client) == (413, "body-too-large")
    assert client.taken == 2


@pytest.mark.security
def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 50_000_000, 9), 9)
    assert len(bomb) < 1000
    limits = HubLimits(document=10_000)
    inner = gzip.compress(b"\0" * 90_000, 9)
    with pytest.raises(ApiProblem) as caught:
        ask(Client([inner]), limits, content_encoding="gzip")
    assert caught.value.code == "body-too-large"
    assert len(ask(Client([bomb]), HubLimits(document=100_000), content_encoding="gzip")) < 60_000


@pytest.mark.security
@given(st.integers(1, 2000), st.integers(0, 200_000))
def test_reading_stops_one_byte_after_the_limit(most: int, size: int) -> None:
    unpack, made = GzipExpander(most), 0
    packed = gzip.compress(b"\0" * size)
    with pytest.raises(ApiProblem, match="larger than") if size > most else nullcontext():
        for at, one in enumerate(packed):
            made += len(unpack(bytes([one]), last=at == len(packed) - 1))
    assert made <= most


@pytest.mark.reliability
@pytest.mark.parametrize(
    "data",
    [
        b"not gzip",
        gzip.compress(b"cut", mtime=0)[:-4],
        gzip.compress(b"a", mtime=0) + b"more",
        gzip.compress(b"a", mtime=0) * 2,
        b"",
    ],
    ids=["not gzip", "cut off", "more behind it", "two members", "empty"],
)
def test_invalid_gzip_is_refused(data: bytes) -> None:
    assert problem(Client([data]), content_encoding="gzip") == (400, "body-damaged")


def test_an_encoding_that_is_not_read_is_named() -> None:
    assert b"encoding-unsupported" in ask(Client([b"x"]), content_encoding="br")
    assert ask(Client([b"x"]), content_encoding="identity") == b"x"


@pytest.mark.reliability
def test_a_client_that_disconnects_early_gets_no_answer() -> None:
    with pytest.raises(ClientDisconnect):
        ask(Client([b"half"], ends=False))


@pytest.mark.reliability
def test_a_slow_client_gets_a_timeout() -> None:
    assert problem(Client([b"half"], ends=False, silent=True)) == (408, "body-slow")


def test_no_timeout_applies_after_the_body() -> None:
    async def call() -> Message:
        body = BoundedBody(Client([b"x"]).receive, LIMITS, None, chain([0.0], iter(lambda: 9e9, 0)).__next__)
        await body.receive()
        return await body.receive()

    assert anyio.run(call)["type"] == "http.disconnect"


def test_a_disconnect_without_a_body_is_passed_on() -> None:
    async def call() -> Message:
        return await BoundedBody(Client([]).receive, LIMITS, None, time.monotonic).receive()

    assert anyio.run(call)["type"] == "http.disconnect"


def test_other_protocols_pass_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def call() -> None:
        await BodyLimitMiddleware(app, LIMITS, time.monotonic)({"type": "websocket"}, Client([]).receive, _nobody)

    anyio.run(call)
    assert seen == ["websocket"]


async def _nobody(message: Message) -> None:
    raise AssertionError(message)
