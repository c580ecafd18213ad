"""`/healthz` and `/readyz`, for supervisors and load balancers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from covgov.errors import CovgovError
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.auth_service.guard import public
from covgov.hub.store.engine import current, newest

router = APIRouter(tags=["operation"])

KEPT_SECONDS = 1.0
"""How long an answer is cached, so that frequent requests do not reach the database."""


class Health(BaseModel):
    status: str


@dataclass(frozen=True, slots=True)
class ReadinessFault:
    """Why the hub cannot serve. seconds: for Retry-After, 0 when an operator must act."""

    detail: str
    hint: str = ""
    seconds: int = 0


UNREACHABLE = ReadinessFault("the database does not answer", seconds=5)
OTHER_TABLES = ReadinessFault("the database has another schema revision than this version", "run `covgov hub migrate`")


class Readiness:
    """Whether the database answers and has this version's schema; cached for a second."""

    def __init__(self, engine: Engine, monotonic: Callable[[], float]) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._found: ReadinessFault | None = None
        self._newest = ""

    def fault(self) -> ReadinessFault | None:
        """None when it is ready. Concurrent callers share one check."""
        with self._lock:
            now = self._monotonic()
            if self._asked is None or now - self._asked >= KEPT_SECONDS:
                self._found = self._look()
                self._asked = self._monotonic()
            return self._found

    def _look(self) -> ReadinessFault | None:
        self._newest = self._newest or newest()  # reads the migration files, once per process
        try:
            return None if current(self._engine) == self._newest else OTHER_TABLES
        except (SQLAlchemyError, CovgovError):
            return UNREACHABLE


def readiness_of(request: Request) -> Readiness:
    """The application's readiness."""
    readiness = request.app.state.readiness
    if not isinstance(readiness, Readiness):
        raise TypeError("the application was not made by create_app")
    return readiness


@router.get("/healthz", summary="Alive", dependencies=[Depends(public())])
def alive() -> Health:
    """The process answers."""
    return Health(status="alive")


@router.get("/readyz", summary="Ready to serve", dependencies=[Depends(public())])
def ready(request: Request) -> Health:
    """The database answers and has this version's schema; checked at most once a second."""
    fault = readiness_of(request).fault()
    if fault is not None:
        headers = {"Retry-After": str(fault.seconds)} if fault.seconds else None
        raise ApiProblem(503, "hub-not-ready", fault.detail, hint=fault.hint, headers=headers)
    return Health(status="ready")
