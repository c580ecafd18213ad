"""The hub's ASGI application, made from settings and dependencies; there is no global state."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from covgov import __version__
from covgov.hub.api.http import problems
from covgov.hub.api.http.body_limits import BodyLimitMiddleware
from covgov.hub.api.http.health import Readiness
from covgov.hub.api.http.limits import RateLimiter
from covgov.hub.api.http.metrics import HubMetrics
from covgov.hub.api.http.middleware import RateLimitMiddleware, RequestMiddleware
from covgov.hub.api.openapi import complete
from covgov.hub.api.registry import ROUTERS
from covgov.hub.auth_service.authenticate import authenticator
from covgov.hub.auth_service.guard import check_routes
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubSettings

SMALLEST_GZIP = 1000
"""Smaller answers are not compressed."""


class HubApplication(FastAPI):
    """FastAPI with a complete OpenAPI document."""

    def openapi(self) -> dict[str, object]:
        return complete(super().openapi())


def create_app(settings: HubSettings, deps: HubDeps, routers: Sequence[APIRouter] = ROUTERS) -> FastAPI:
    """The application. Raises UnguardedRoute (`route-unguarded`) when a route declares no permission."""
    app = HubApplication(
        title="covgov hub",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.deps = deps
    app.state.metrics = HubMetrics()
    app.state.readiness = Readiness(deps.engine, deps.monotonic)
    app.state.authenticator = authenticator(settings, deps)
    problems.install(app)
    for router in routers:
        app.include_router(router)
    # the last middleware added is the outermost
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_GZIP, compresslevel=5)
    app.add_middleware(BodyLimitMiddleware, limits=settings.limits, monotonic=deps.monotonic)
    buckets = RateLimiter(settings.limits.requests_per_minute, deps.monotonic)
    app.add_middleware(RateLimitMiddleware, buckets=buckets, trusted=settings.trusted_proxies)
    app.add_middleware(RequestMiddleware, deps=deps, metrics=app.state.metrics)
    check_routes(app)
    return app
