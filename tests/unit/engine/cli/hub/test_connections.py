from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from covgov.cli.hub.connections import CONNECTIONS, PromptProtocol
from covgov.cli.hub.server import configured, listen

PATIENCE = 30
"""Seconds after which a test that waits for the server has failed."""

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Hasty(PromptProtocol):
    header_seconds = 0.2


class App:
    """Answers at once with its name, or at /later when it is told to; it reads no body."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.asked = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        if scope["path"] == "/later":
            await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connected(app: App, **config: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the application; the server is stopped afterwards."""
    bound = listen("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Hasty,
            ws="none",
            lifespan="off",
            log_config=None,
            limit_concurrency=config.get("limit_concurrency"),
            timeout_keep_alive=config.get("timeout_keep_alive", PATIENCE),
        )
    )
    bound.listen()
    serving = asyncio.create_task(server.serve([bound]))
    try:
        reader, writer = await asyncio.open_connection(*bound.getsockname()[:2])
        try:
            yield reader, writer
        finally:
            writer.close()
    finally:
        server.should_exit = True
        await serving


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes the connection."""
    async with asyncio.timeout(PATIENCE):
        return await reader.read()


@pytest.mark.reliability
@pytest.mark.security
@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_who_never_ends_its_headers_is_hung_up_on(said: bytes) -> None:
    async def run() -> bytes:
        async with connected(App()) as (reader, writer):
            writer.write(said)
            return await rest(reader)

    assert asyncio.run(run()) == b""


@pytest.mark.security
def test_a_byte_now_and_then_gains_no_time() -> None:
    async def run() -> int:
        async with connected(App()) as (reader, writer):
            ended, sent = asyncio.ensure_future(rest(reader)), 0
            while not ended.done():
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" if not sent else b"X: y\r\n")
                sent += 1
                await asyncio.sleep(Hasty.header_seconds / 4)
            return sent

    assert asyncio.run(run()) > 1


@pytest.mark.security
def test_the_hub_is_served_with_these_limits_and_believes_no_proxy_by_itself() -> None:
    config = configured(FastAPI())
    config.load()
    assert config.http_protocol_class is PromptProtocol
    assert (config.limit_concurrency, config.proxy_headers) == (CONNECTIONS, False)


@pytest.mark.reliability
def test_who_asked_in_time_is_answered_however_long_the_answer_takes_and_may_ask_again() -> None:
    async def run() -> bytes:
        app = App()
        async with connected(app) as (reader, writer):
            writer.write(b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
            await app.asked.wait()
            await asyncio.sleep(2 * Hasty.header_seconds)
            app.go_on.set()
            async with asyncio.timeout(PATIENCE):
                await reader.readuntil(b"ok")
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return await rest(reader)

    assert asyncio.run(run()).endswith(b"ok")


@pytest.mark.security
def test_the_rest_of_a_refused_body_is_not_waited_for() -> None:
    async def run() -> bytes:
        async with connected(App()) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            async with asyncio.timeout(PATIENCE):
                await reader.readuntil(b"ok")
            writer.write(b"x")
            return await rest(reader)

    assert asyncio.run(run()) == b""


@pytest.mark.reliability
def test_beyond_the_number_of_connections_everyone_is_told_to_come_back() -> None:
    async def run() -> bytes:
        async with connected(App(), limit_concurrency=1) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return await rest(reader)

    assert asyncio.run(run()).startswith(b"HTTP/1.1 503")


def test_what_cannot_be_written_to_is_no_connection() -> None:
    async def run() -> None:
        config = uvicorn.Config(App())
        protocol = Hasty(config, uvicorn.server.ServerState(), {})
        protocol.connection_made(asyncio.BaseTransport())

    with pytest.raises(TypeError, match="reads and writes"):
        asyncio.run(run())
