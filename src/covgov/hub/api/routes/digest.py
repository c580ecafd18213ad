"""`.../digest`: the digest of some weeks, made from history."""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.history.digest import Digest
from covgov.hub.api import accounting
from covgov.hub.api.http.conditional import CACHED, answer
from covgov.hub.api.http.parameters import Branch, Until, Weeks
from covgov.hub.api.reading import RepositoryRequest, asks
from covgov.hub.api.wire import digest as wire_digest
from covgov.hub.api.wire.digest import DigestDocument
from covgov.hub.auth_service.permissions import Permission
from covgov.publish.digest.markdown import digest_markdown

MARKDOWN = "text/markdown; charset=utf-8"

router = APIRouter(prefix="/v1/repositories/{owner}/{name}", tags=["digest"])
Reader = Annotated[RepositoryRequest, Depends(asks(Permission.RUN_READ))]


@router.get("/digest", summary="The digest", response_model=DigestDocument, responses=CACHED)
def get_digest(asked: Reader, branch: Branch = "", until: Until = None, weeks: Weeks = 1) -> Response:
    """What moved and why, suites, exceptions and open gates of the branch's last ISO weeks."""
    name, digest = _account(asked, branch, until, weeks)
    return answer(asked.request, wire_digest.document(digest, name))


@router.get(
    "/digest.md",
    summary="The digest as a page",
    response_class=Response,
    responses={**CACHED, 200: {**CACHED[200], "content": {"text/markdown": {"schema": {"type": "string"}}}}},
)
def get_digest_page(asked: Reader, branch: Branch = "", until: Until = None, weeks: Weeks = 1) -> Response:
    """The same as Markdown, for a wiki page, an issue or a mail."""
    _, digest = _account(asked, branch, until, weeks)
    return answer(asked.request, digest_markdown(digest).encode(), media_type=MARKDOWN)


def _account(asked: RepositoryRequest, branch: str, until: date | None, weeks: int) -> tuple[str, Digest]:
    with asked.open() as here:
        name = here.branch(branch)
        last = until or here.now.astimezone(UTC).date()
        since = accounting.first_day(last, weeks)
        rows = accounting.wanted(here.walk(branch=name), since, last)
        return name, accounting.account(here.view, [here.stored(row) for row in rows], since, last)
