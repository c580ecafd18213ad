"""The hub's application of one test, with the routes of the process: FastAPI takes longer to make them than most tests."""

from __future__ import annotations

from functools import cache

from fastapi import FastAPI
from sqlalchemy import create_engine
from starlette.routing import BaseRoute

from covgov.hub.app import create_app
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubSettings
from covgov_testing.fakes.auth import Clock


def app_of(settings: HubSettings, deps: HubDeps) -> FastAPI:
    app = create_app(settings, deps, routers=())
    app.router.routes.extend(_routes())
    return app


def no_keys(url: str) -> bytes:
    raise OSError(f"{url} cannot be reached")


@cache
def _routes() -> list[BaseRoute]:
    deps = HubDeps(create_engine("sqlite://"), Clock().read, no_keys)
    settings = HubSettings("sqlite://")
    return create_app(settings, deps).routes[len(create_app(settings, deps, routers=()).routes) :]
