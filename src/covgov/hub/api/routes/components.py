"""`.../components`: the components of the newest run, and their trends."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.hub.api import history_reading
from covgov.hub.api.http import paging
from covgov.hub.api.http.conditional import CACHED, answer
from covgov.hub.api.http.paging import After, Limit
from covgov.hub.api.http.parameters import Branch, ComponentName
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.reading import RepositoryRequest, asks
from covgov.hub.api.wire import runs as wire_runs
from covgov.hub.api.wire import trend as wire_trend
from covgov.hub.api.wire.runs import ComponentList
from covgov.hub.api.wire.trend import TrendPage
from covgov.hub.auth_service.permissions import Permission

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/components", tags=["components"])
Reader = Annotated[RepositoryRequest, Depends(asks(Permission.RUN_READ))]


@router.get("", summary="Components of the newest run", response_model=ComponentList, responses=CACHED)
def list_components(asked: Reader, branch: Branch = "", after: After = "", limit: Limit = 50) -> Response:
    """From the branch's newest clean run, whether it passed or not. A later page shows
    the run that is newest then."""
    size = asked.page(limit)
    with asked.open() as here:
        name = here.branch(branch)
        listing = asked.listing("components", name)
        last = paging.decode(listing, after, str)
        stored = here.newest(name)
        row = None if stored is None else here.row(stored)
        verdict = None if stored is None else history_reading.verdict(here.view, stored)
    rows = sorted(verdict.rows, key=lambda row: row.name) if verdict else []
    found = rows if last is None else rows[bisect_right(rows, last, key=lambda row: row.name) :]
    following = paging.encode(listing, found[size - 1].name) if len(found) > size else None
    wire = ComponentList(
        branch=name,
        run=None if row is None else wire_runs.listed(row),
        components=found[:size],
        project=verdict.project if verdict else None,
        next=following,
    )
    return answer(asked.request, wire, headers=paging.link(asked.request, following))


@router.get("/{component}/trend", summary="A component over time", response_model=TrendPage, responses=CACHED)
def get_trend(
    asked: Reader, component: ComponentName, branch: Branch = "", after: After = "", limit: Limit = 50
) -> Response:
    """Its figure in each run of the branch, newest first."""
    size = asked.page(limit)
    with asked.open() as here:
        name = here.branch(branch)
        listing = asked.listing("trend", component, name)
        last = paging.decode(listing, after, int)
        found = here.figures(component, name, after=last, limit=size + 1)
    if not found and last is None:
        raise ApiProblem(404, "component-unknown", f"no run of {name} has a component {component}")
    following = paging.encode(listing, found[size - 1].run.sequence) if len(found) > size else None
    items = [wire_trend.point(one) for one in found[:size]]
    wire = TrendPage(component=component, branch=name, items=items, next=following)
    return answer(asked.request, wire, headers=paging.link(asked.request, following))
