"""The hub's external dependencies, and how routes access them.

The application keeps both values on its state: `request.app.state.deps` (HubDeps) and `request.app.state.settings`
(HubSettings). A route opens its one transaction with `unit`, which ends before the answer is sent: what was
acknowledged is stored.
"""

from __future__ import annotations

import secrets as random_source
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy import Engine

from covgov.hub.auth_service import placement
from covgov.hub.auth_service.principals import Principal
from covgov.hub.auth_service.refusals import PlacementRefusal
from covgov.hub.settings import HubSettings
from covgov.hub.store.work import UnitOfWork, transaction


@dataclass(frozen=True, slots=True)
class HubDeps:
    """now: the clock (aware, UTC). secrets: returns that many random bytes. fetch_jwks: the body at a key URL.

    monotonic: seconds that never go back, for limits on rate and duration.
    """

    engine: Engine
    now: Callable[[], datetime]
    fetch_jwks: Callable[[str], bytes]
    secrets: Callable[[int], bytes] = random_source.token_bytes
    monotonic: Callable[[], float] = time.monotonic


def deps_of(request: Request) -> HubDeps:
    """The application's dependencies."""
    deps = request.app.state.deps
    if not isinstance(deps, HubDeps):
        raise TypeError("the application was not made by create_app")
    return deps


def settings_of(request: Request) -> HubSettings:
    """The application's settings."""
    settings = request.app.state.settings
    if not isinstance(settings, HubSettings):
        raise TypeError("the application was not made by create_app")
    return settings


def request_id_of(request: Request) -> str:
    """The id that the outermost middleware gave this request."""
    return str(request.scope.get("covgov.request_id", ""))


@contextmanager
def unit(request: Request, principal: Principal, *, write: bool) -> Iterator[UnitOfWork]:
    """The transaction of this request: committed when the block ends, rolled back when it raises.

    Audit entries are written on its connection, so a failed entry rolls back the change. The refusal of a CI job's
    run is audited in a second transaction.
    """
    deps = deps_of(request)
    try:
        with transaction(deps.engine, write=write) as connection:
            yield UnitOfWork(connection, deps.now(), principal.name, request_id_of(request))
    except PlacementRefusal as refused:
        with transaction(deps.engine, write=True) as connection:
            placement.account(UnitOfWork(connection, deps.now(), principal.name, request_id_of(request)), refused)
        raise
