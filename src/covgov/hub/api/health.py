"""Is the process alive, and can it serve: what a supervisor and a load balancer ask."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from covgov.errors import CovgovError
from covgov.hub.api.problems import Problem
from covgov.hub.auth_service.guard import public
from covgov.hub.deps import deps_of
from covgov.hub.store.engine import current, newest
from covgov.hub.store.work import transaction

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    status: str


@router.get("/healthz", summary="Alive", dependencies=[Depends(public())])
def alive() -> Health:
    """The process answers; nothing else is looked at."""
    return Health(status="alive")


@router.get("/readyz", summary="Ready to serve", dependencies=[Depends(public())])
def ready(request: Request) -> Health:
    """The database answers and has the tables that this version works with."""
    engine = deps_of(request).engine
    try:
        with transaction(engine, write=False) as connection:
            connection.execute(text("SELECT 1"))
        revision = current(engine)
    except (SQLAlchemyError, CovgovError):
        raise Problem(503, "hub-not-ready", "the database does not answer", headers={"Retry-After": "5"}) from None
    if revision != newest():
        raise Problem(
            503, "hub-not-ready", "the database has other tables than this version", hint="run `covgov hub migrate`"
        )
    return Health(status="ready")
