"""`.../runs/{run_id}/files` and `/lines`: the coverage of one run, file by file and line by line."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.errors import InputError
from covgov.history.format.reader import RunReader
from covgov.hub.api import history_reading
from covgov.hub.api.http import paging
from covgov.hub.api.http.conditional import CACHED, FIXED, answer
from covgov.hub.api.http.paging import After, Limit
from covgov.hub.api.http.parameters import FilePath, RunId, Suite, Under
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.reading import RepositoryRequest, asks
from covgov.hub.api.wire import files as wire_files
from covgov.hub.api.wire.files import FileLines, FilePage, LineSets
from covgov.hub.auth_service.permissions import Permission
from covgov.ingest.merge import merge_files
from covgov.model.snapshot import MERGED, FileCoverage

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/runs/{run_id}", tags=["coverage"])
Reader = Annotated[RepositoryRequest, Depends(asks(Permission.COVERAGE_READ))]


@router.get("/files", summary="The files of a run", response_model=FilePage, responses=CACHED)
def list_files(
    asked: Reader, run_id: RunId, suite: Suite = "", under: Under = "", after: After = "", limit: Limit = 50
) -> Response:
    """Each file once per suite that measured it, with its figures."""
    listing, size = asked.listing("files", run_id, suite, under), asked.page(limit)
    with asked.open() as here:
        last = paging.decode(listing, after, tuple[str, str])
        reader, stored = RunReader(here.view), here.run(run_id)
        places = [
            place
            for place in history_reading.places(reader, stored)
            if suite in ("", place.suite) and place.path.startswith(under)
        ]
        start = 0 if last is None else bisect_right(places, last, key=lambda place: (place.suite, place.path))
        page = places[start : start + size]
        found = history_reading.coverage(reader, stored, page)
    following = paging.encode(listing, (page[-1].suite, page[-1].path)) if start + size < len(places) else None
    items = [wire_files.line(place.suite, place.path, one) for place, one in zip(page, found, strict=True)]
    wire = FilePage(run=run_id, items=items, next=following)
    return answer(asked.request, wire, caching=FIXED, headers=paging.link(asked.request, following))


@router.get("/lines", summary="The lines of one file", response_model=FileLines, responses=CACHED)
def get_lines(asked: Reader, run_id: RunId, path: FilePath, suite: Suite = "") -> Response:
    """Lines that count, ran, ran partly or are excluded, per suite and merged."""
    with asked.open() as here:
        reader, stored = RunReader(here.view), here.run(run_id)
        places = history_reading.places(reader, stored)
        mine = [place for place in places if place.path == path and suite in ("", place.suite)]
        if not mine:
            raise ApiProblem(
                404, "file-unknown", f"no suite of this run measured {path}" + (f" ({suite})" if suite else "")
            )
        found = history_reading.coverage(reader, stored, mine)
    by_suite = {place.suite: one for place, one in zip(mine, found, strict=True)}
    wire = FileLines(
        run=run_id,
        path=path,
        suites=[wire_files.sets(name, path, coverage) for name, coverage in by_suite.items()],
        merged=_merged(path, list(by_suite.values())),
    )
    return answer(asked.request, wire, caching=FIXED)


def _merged(path: str, files: list[FileCoverage]) -> LineSets | None:
    try:
        return wire_files.sets(MERGED, path, merge_files(files, path))
    except InputError:  # the suites measured different versions of the file
        return None
