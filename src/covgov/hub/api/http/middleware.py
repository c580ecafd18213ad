"""Middleware of every request: id, diagnostic line, metrics, rate limit, and the answer to a crash."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covgov.hub.api.http import peers, problems
from covgov.hub.api.http.limits import RateLimiter
from covgov.hub.api.http.metrics import HubMetrics
from covgov.hub.auth_service.guard import PRINCIPAL
from covgov.hub.auth_service.principals import ANONYMOUS
from covgov.hub.deps import HubDeps
from covgov.hub.eventlog.diagnostics import bind, logger
from covgov.hub.settings import Network

HEADER = "X-Request-Id"
ID_BYTES = 16
UNLIMITED = frozenset({"/healthz", "/readyz"})
"""Cheap routes for supervisors, exempt from the rate limit."""


class RequestMiddleware:
    """Outermost. Gives the request a new id (a client's own would enter the audit trail), logs and counts it."""

    def __init__(self, app: ASGIApp, deps: HubDeps, metrics: HubMetrics) -> None:
        self._app = app
        self._deps = deps
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._deps.secrets(ID_BYTES).hex()
        scope["covgov.request_id"] = request_id
        began = self._deps.monotonic()
        answered: list[int] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
                answered.append(message["status"])
            await send(message)

        with bind(request_id=request_id):
            await self._guarded(scope, receive, sending, answered)
            seconds = self._deps.monotonic() - began
            self._account(scope, answered[0] if answered else 0, seconds)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, answered: list[int]) -> None:
        """Turns every unexpected exception into a problem document."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            logger.info("client-left", method=scope["method"])
        except Exception:
            logger.exception("request-failed", method=scope["method"])
            if answered:
                raise
            await crash(scope)(scope, receive, send)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe(scope["method"], route, status, seconds)
        optional = {"code": scope.get(problems.CODE), "principal": scope.get(PRINCIPAL)}
        logger.info(
            "request-answered",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000),
            **{name: value for name, value in optional.items() if value is not None},
        )


class RateLimitMiddleware:
    """Answers clients above their rate with 429 and Retry-After.

    A token that authenticated before has its own rate; other requests share the rate of their address.
    """

    def __init__(self, app: ASGIApp, buckets: RateLimiter, trusted: Sequence[Network] = ()) -> None:
        self._app = app
        self._buckets = buckets
        self._trusted = trusted
        self._proven = peers.AuthenticatedClients()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in UNLIMITED:
            name = self._proven.of(scope)
            seconds = self._buckets.take(f"principal {name}" if name else peers.address(scope, self._trusted))
            if seconds:
                await too_often(scope, seconds)(scope, receive, send)
                return
        await self._app(scope, receive, send)
        name = scope.get(PRINCIPAL)
        if name is not None and name != ANONYMOUS.name:
            self._proven.learn(scope, name)


def crash(scope: Scope) -> JSONResponse:
    """The answer to an unexpected error: the request id, without the cause."""
    return refusal(
        scope,
        500,
        "internal-error",
        "the hub failed on this request; its changes were rolled back",
        hint="look for this request id in the hub's log",
    )


def too_often(scope: Scope, seconds: int) -> JSONResponse:
    """The answer to a client above its rate."""
    response = refusal(
        scope,
        429,
        "rate-limited",
        f"too many requests from this client; the next one is answered in {seconds} s",
        hint="wait for the seconds in Retry-After",
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def refusal(scope: Scope, status: int, code: str, detail: str, *, hint: str = "") -> JSONResponse:
    """A problem document for middleware."""
    request_id = str(scope.get("covgov.request_id", ""))
    scope[problems.CODE] = code
    content = problems.document(status, code, detail, request_id=request_id, instance=scope["path"], hint=hint)
    return JSONResponse(content, status, media_type=problems.MEDIA_TYPE)
