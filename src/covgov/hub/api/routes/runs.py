"""`/v1/repositories/{owner}/{name}/runs`: recorded runs, and one run with its verdict."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.hub.api import history_reading
from covgov.hub.api.http import paging
from covgov.hub.api.http.conditional import CACHED, FIXED, answer
from covgov.hub.api.http.paging import After, Limit
from covgov.hub.api.http.parameters import AnyBranch, RunId
from covgov.hub.api.reading import RepositoryRequest, asks
from covgov.hub.api.wire import runs as wire_runs
from covgov.hub.api.wire.runs import RunDetails, RunPage
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.store import runs

router = APIRouter(prefix="/v1/repositories/{owner}/{name}", tags=["runs"])
Reader = Annotated[RepositoryRequest, Depends(asks(Permission.RUN_READ))]


@router.get("/runs", summary="Runs, newest first", response_model=RunPage, responses=CACHED)
def list_runs(asked: Reader, branch: AnyBranch = "", after: After = "", limit: Limit = 50) -> Response:
    """Every recorded run, including failed, incomplete and dirty ones."""
    listing, size = asked.listing("runs", branch), asked.page(limit)
    with asked.open() as here:
        last = paging.decode(listing, after, int)
        found = runs.list_runs(here.connection, here.repository.id, branch=branch or None, after=last, limit=size + 1)
    following = paging.encode(listing, found[size - 1].sequence) if len(found) > size else None
    page = RunPage(items=[wire_runs.listed(row) for row in found[:size]], next=following)
    return answer(asked.request, page, headers=paging.link(asked.request, following))


@router.get("/runs/{run_id}", summary="One run and its verdict", response_model=RunDetails, responses=CACHED)
def get_run(asked: Reader, run_id: RunId) -> Response:
    """Suites, findings, and each component's figure with its attribution."""
    with asked.open() as here:
        stored = here.run(run_id)
        wire = wire_runs.run(here.row(stored), stored, history_reading.verdict(here.view, stored))
    return answer(asked.request, wire, caching=FIXED)
