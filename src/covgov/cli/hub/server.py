"""The hub as a process: listening, announcing itself, stopping cleanly on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import httpx2
import uvicorn
from fastapi import FastAPI

from covgov.cli.hub.connections import CONNECTIONS, PromptProtocol
from covgov.errors import UsageError

GRACE_SECONDS = 30
"""How long running requests may take to end after SIGTERM."""
FETCH_SECONDS = 10.0
LARGEST_FETCH = 256 * 1024


class AnnouncingServer(uvicorn.Server):
    """Calls `ready` once connections are accepted."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes any free one. Raises UsageError (`hub-address-unusable`)."""
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(host, port, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _unusable(host, port, error) from error
    return bound


def address_of(bound: socket.socket) -> str:
    """How the hub is reached on this host."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if bound.family == socket.AF_INET6 else f"http://{host}:{port}"


def serve(app: FastAPI, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until SIGTERM or SIGINT; then no new connections, and requests under way get GRACE_SECONDS.

    SIGINT raises KeyboardInterrupt afterwards, SIGTERM returns.
    """
    server = AnnouncingServer(configured(app), ready)
    with _terminating(server):
        server.run(sockets=[bound])


def configured(app: FastAPI) -> uvicorn.Config:
    """How the hub speaks HTTP: with deadlines and a number of connections that hold for everyone."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=PromptProtocol,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


@contextmanager
def _terminating(server: uvicorn.Server) -> Iterator[None]:
    """uvicorn raises the signal again when it has stopped, and SIGTERM's usual meaning is to die of it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def fetch(url: str, transport: httpx2.AsyncBaseTransport | None = None, *, seconds: float = FETCH_SECONDS) -> bytes:
    """An issuer's key document. Raises ValueError, httpx2's errors, and TimeoutError after so many seconds in all.

    A deadline for silence alone would let an issuer that sends a byte now and then hold whoever waits for its keys.
    """
    if not url.startswith("https://"):
        raise ValueError(f"{url}: keys are fetched over https only")

    async def bounded() -> bytes:
        async with asyncio.timeout(seconds):
            return await _fetched(url, transport)

    return asyncio.run(bounded())


async def _fetched(url: str, transport: httpx2.AsyncBaseTransport | None) -> bytes:
    body = b""
    async with (
        httpx2.AsyncClient(transport=transport, timeout=None, follow_redirects=False) as client,
        client.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > LARGEST_FETCH:
                raise ValueError(f"{url}: more than {LARGEST_FETCH} bytes")
    return body


def _unusable(host: str, port: int, error: OSError) -> UsageError:
    return UsageError(
        "hub-address-unusable",
        f"cannot listen on {host} port {port}: {error.strerror or error}",
        hint="another process may have it; name another with --host and --port",
    )
