"""`.../compare`: two runs compared, with the twelve categories and the attribution."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.history.format.reader import RunReader
from covgov.hub.api import comparing
from covgov.hub.api.http import paging
from covgov.hub.api.http.conditional import CACHED, answer
from covgov.hub.api.http.paging import After, Limit
from covgov.hub.api.http.parameters import Counting, FilterComponent, Revision, Suite
from covgov.hub.api.reading import RepositoryRequest, asks
from covgov.hub.api.wire import compare as wire_compare
from covgov.hub.api.wire import runs as wire_runs
from covgov.hub.api.wire.compare import ComparisonSides, RunComparison
from covgov.hub.auth_service.permissions import Permission
from covgov.model.change import FileDelta

router = APIRouter(prefix="/v1/repositories/{owner}/{name}", tags=["coverage"])
Reader = Annotated[RepositoryRequest, Depends(asks(Permission.COVERAGE_READ))]


@router.get("/compare", summary="Two runs unit by unit", response_model=RunComparison, responses=CACHED)
def compare_runs(  # noqa: PLR0913 - one parameter per parameter of the request
    asked: Reader,
    base: Revision,
    head: Revision,
    suite: Suite = "",
    component: FilterComponent = "",
    metric: Counting = None,
    after: After = "",
    limit: Limit = 50,
) -> Response:
    """Every unit of both in one of twelve categories, per file and in total, and why the ratio changed.

    The hub has no git, so a changed file counts as deleted and new. A run holds the comparison that CI made with git.
    """
    with asked.open() as here:
        old, new = here.revision(base), here.revision(head)
        last = paging.decode(asked.listing("compare", old.id, new.id, suite, component), after, tuple[str, bool])
        part = comparing.part_of(here.policy() if component else None, suite, component)
        rows = [here.row(stored) for stored in (old, new)]
        reader = RunReader(here.view)
        records = [reader.record(stored) for stored in (old, new)]
    found = comparing.compared(records[0], records[1], part, metric)
    size = asked.page(limit)
    start = 0 if last is None else bisect_right(found.changed, last, key=_place)
    page = found.changed[start : start + size]
    following = None
    if start + size < len(found.changed):
        following = paging.encode(asked.listing("compare", old.id, new.id, suite, component), _place(page[-1]))
    sides = ComparisonSides(
        base=wire_runs.listed(rows[0]),
        head=wire_runs.listed(rows[1]),
        suite=part.suite or None,
        component=component or None,
    )
    wire = wire_compare.compared(sides, found, page, following)
    return answer(asked.request, wire, headers=paging.link(asked.request, following))


def _place(file: FileDelta) -> tuple[str, bool]:
    """What the files of a comparison are sorted by."""
    return (file.head_path or file.base_path or "", file.head_path is None)
