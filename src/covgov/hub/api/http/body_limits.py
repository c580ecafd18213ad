"""Limits of size, time and expansion, enforced while a request body is read.

A body is limited to `HubLimits.document` bytes, read and unpacked, until an upload route raises the limit after its
guard (`bodies.upload_body`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial

import anyio
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covgov.hub.api.http.middleware import refusal
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.settings import HubLimits

BODY = "covgov.body"
"""Key in the request's scope: its BoundedBody."""


class BodyLimitMiddleware:
    """Limits and unpacks what the application reads. It never reads a body on its own."""

    def __init__(self, app: ASGIApp, limits: HubLimits, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._limits = limits
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        size = int(declared) if declared.isdigit() else 0
        try:
            expand = self._expander(headers, size)
        except ApiProblem as problem:
            response = refusal(scope, problem.status_code, problem.code, problem.detail, hint=problem.hint)
            await response(scope, receive, send)
            return
        if expand is not None:
            scope["headers"] = list(scope["headers"])  # in the same scope, where RequestMiddleware finds the route
            plain = MutableHeaders(scope=scope)
            del plain["content-encoding"]
            del plain["content-length"]
        body = BoundedBody(receive, self._limits, expand, self._monotonic, declared=size)
        scope[BODY] = body
        await self._app(scope, body.receive, send)

    def _expander(self, headers: Headers, declared: int) -> GzipExpander | None:
        """None for a plain body. Raises ApiProblem for headers that are out of bounds."""
        if declared > self._limits.body:
            raise too_large(self._limits.body)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            return None
        if encoding == "gzip":
            return GzipExpander(self._limits.document)
        raise ApiProblem(415, "encoding-unsupported", f"the hub reads plain or gzip bodies, not {encoding[:40]!r}")


class BoundedBody:
    """A `receive` that counts, unpacks and times the body until its last part."""

    def __init__(
        self,
        receive: Receive,
        limits: HubLimits,
        expand: GzipExpander | None,
        monotonic: Callable[[], float],
        *,
        declared: int = 0,
    ) -> None:
        self._receive = receive
        self._limits = limits
        self._expand = expand
        self._monotonic = monotonic
        self._declared = declared
        self._most = limits.document
        self._left = limits.body_seconds
        self._size = 0
        self._done = False

    def widen(self) -> None:
        """Allow the size of an upload; call it before the first part is read."""
        self._most = self._limits.body
        if self._expand is not None:
            self._expand.most = self._limits.unpacked

    async def receive(self) -> Message:
        """Raises ApiProblem (`body-too-large`, `body-damaged`, `body-slow`), and ClientDisconnect for half a body."""
        if self._done:
            return await self._receive()
        if self._declared > self._most:
            raise too_large(self._most)
        message = await self._in_time()
        if message["type"] != "http.request":
            self._done = True
            if self._size or self._expand is not None:
                raise ClientDisconnect
            return message
        data, more = message.get("body", b""), message.get("more_body", False)
        self._size += len(data)
        if self._size > self._most:
            raise too_large(self._most)
        self._done = not more
        if self._expand is not None:
            data = await to_thread.run_sync(partial(self._expand, data, last=not more))
        return {"type": "http.request", "body": data, "more_body": more}

    async def _in_time(self) -> Message:
        began = self._monotonic()
        try:
            with anyio.fail_after(max(0.0, self._left)):
                message = await self._receive()
        except TimeoutError:
            self._done = True
            raise ApiProblem(
                408,
                "body-slow",
                f"the body did not arrive within {self._limits.body_seconds:g} s; nothing was changed",
                hint="send it in smaller parts, or compressed",
                headers={"Connection": "close"},
            ) from None
        self._left -= self._monotonic() - began  # only waiting counts, not the hub's unpacking
        return message


class GzipExpander:
    """Unpacks one gzip stream part by part, at most `most` bytes in all."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._made = 0
        self._stream = zlib.decompressobj(wbits=31)

    def __call__(self, data: bytes, *, last: bool) -> bytes:
        """Raises ApiProblem (`body-damaged`, `body-too-large`)."""
        try:
            plain = self._stream.decompress(data, self.most - self._made + 1)
        except zlib.error as error:
            raise _damaged(str(error)) from None
        self._made += len(plain)
        if self._made > self.most:
            raise too_large(self.most, unpacked=True)
        if self._stream.unused_data:
            raise _damaged("there is data after the end of the gzip stream")
        if last and not self._stream.eof:
            raise _damaged("the gzip data is truncated")
        return plain


def too_large(limit: int, *, unpacked: bool = False) -> ApiProblem:
    """The problem of a body beyond the limit."""
    return ApiProblem(
        413,
        "body-too-large",
        f"the body is larger than {limit} bytes{' once unpacked' if unpacked else ''}; nothing was changed",
        hint="compress it with gzip or send it in parts; the operator sets the limits",
    )


def _damaged(why: str) -> ApiProblem:
    return ApiProblem(
        400,
        "body-damaged",
        f"the body is not valid gzip, though Content-Encoding says gzip: {why}",
        hint="send it again, or leave out Content-Encoding for a plain body",
    )
