"""The history of a repository, file by file: what the store `hub:URL` reads and adds.

Whoever adds must know the newest head, so two writers follow one another; and everything that is added proves itself
(`covgov.hub.store.verify.admission`) in the transaction that keeps it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from covgov.errors import DeliveryFailed, InputError
from covgov.history import layout
from covgov.history.interface import Addition, RunSummary, View
from covgov.hub.api import reading, recording
from covgov.hub.api.http import conditional, paging
from covgov.hub.api.http.bodies import answered, decoded, documented, json_response, raw_body, upload_body
from covgov.hub.api.http.metrics import metrics_of
from covgov.hub.api.http.parameters import Name, Owner
from covgov.hub.api.http.problems import Problem
from covgov.hub.api.repository import named
from covgov.hub.auth_service import placement
from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.deps import settings_of, unit
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import Event
from covgov.hub.store.history_files import SqlHistory, SqlView
from covgov.hub.store.repositories import Repository
from covgov.hub.store.verify.admission import Judge
from covgov.hub.store.work import Work

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/history", tags=["history"])

ANSWER_BYTES = 32 * 1024 * 1024
"""A reading answer holds no more than this, or one file that is larger; what is left is asked for again."""

MAX_NAMES = 5000
"""Of one page of names, and of one question for files."""

FOLDERS = "^(runs|objects|artifacts)?$"
FileName = Annotated[str, msgspec.Meta(max_length=200)]


class Listing(msgspec.Struct, frozen=True):
    """head: the bytes of head.json (base64) at the same moment, null when nothing was recorded yet. next: the cursor of
    the page after this one, null on the last; pages with different heads are of different moments.
    """

    names: tuple[str, ...]
    head: bytes | None
    next: str | None


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: Annotated[tuple[FileName, ...], msgspec.Meta(max_length=MAX_NAMES)]


class Files(msgspec.Struct, frozen=True):
    """files: name -> bytes (base64); a file that does not exist is absent. left: names to ask for again."""

    files: dict[str, bytes]
    left: tuple[str, ...]


class Missing(msgspec.Struct, frozen=True):
    missing: tuple[str, ...]


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """expected_head: SHA-256 of the head.json that this continues, "" for none. files: name -> bytes (base64)."""

    expected_head: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
    files: dict[FileName, bytes]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    message: Annotated[str, msgspec.Meta(max_length=500)]


class Added(msgspec.Struct, frozen=True):
    """head: SHA-256 of the head.json that there is now. runs: ids of those that were added."""

    head: str
    runs: tuple[str, ...]


class Keep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Dropped(msgspec.Struct, frozen=True):
    dropped: tuple[str, ...]


@router.get(
    "/names",
    summary="Names of files",
    responses={
        **conditional.CACHED,
        200: {**answered(Listing, "Names below the folder"), "headers": conditional.HEADERS},
    },
)
def names(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_READ))],
    folder: Annotated[str, Query(pattern=FOLDERS, description="Empty is everything.")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_NAMES, description="How many names at most.")] = MAX_NAMES,
    after: paging.After = "",
) -> Response:
    """Names below the folder, page by page, and head.json as of the same moment.

    Whoever reads several pages compares their heads: when they differ, a run came in between, and it begins again.
    """
    listing = ("history-names", owner, name, folder)
    begin = paging.decode(listing, after, str) or ""
    with unit(request, principal, write=False) as work:
        view = _history(work, owner, name).view()
        found, last = view.page(folder, begin, limit)
        head = view.read([layout.HEAD]).get(layout.HEAD)
    cursor = None if last is None else paging.encode(listing, last)
    body = msgspec.json.encode(Listing(tuple(found), head, cursor))
    return conditional.answer(request, body, headers=paging.link(request, cursor))


@router.post(
    "/read", summary="Files", openapi_extra=documented(Wanted), responses={200: answered(Files, "The files' bytes")}
)
def read(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_READ))],
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """The bytes of the files that were named, until the answer is full; `left` names the others."""
    wanted = decoded(body, Wanted).names
    with unit(request, principal, write=False) as work:
        answer = fill(_history(work, owner, name).view(), wanted)
    return json_response(answer)


@router.post(
    "/missing",
    summary="Which files the hub lacks",
    openapi_extra=documented(Wanted),
    responses={200: answered(Missing, "Those of the names that this repository's history does not have")},
)
def missing(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_APPEND))],
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """What must be sent. Only this repository's own files count: nothing is told of another's."""
    wanted = decoded(body, Wanted).names
    with unit(request, principal, write=False) as work:
        known = _history(work, owner, name).view().present(wanted)
    return json_response(Missing(tuple(one for one in wanted if one not in known)))


@router.post(
    "/additions",
    summary="Add files",
    status_code=201,
    openapi_extra=documented(Proposal),
    responses={201: answered(Added, "All of them are kept")},
)
def add(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_APPEND))],
    body: Annotated[bytes, Depends(upload_body)],
) -> Response:
    """All or nothing, and only while head.json is still the one expected (409 `history-contended` otherwise)."""
    proposal = decoded(body, Proposal)
    most = settings_of(request).limits.files
    if len(proposal.files) > most:
        raise Problem(413, "files-too-many", f"an addition holds at most {most} files", hint="send it in parts")
    with unit(request, principal, write=True) as work:
        repository = named(work.connection, owner, name)
        runs = _append(work, repository, proposal, settings_of(request).limits.repository)
        placement.check(work, repository, principal, runs)
        head = _head_of(proposal)
        recording.account_files(work, repository, files=len(proposal.files), runs=len(runs), head=head)
        recording.account(work, repository, runs)
    for run in runs:
        metrics_of(request).run(run.outcome)
    return json_response(Added(head, tuple(run.id for run in runs)), 201)


@router.post(
    "/prune",
    summary="Drop bulky artifacts of older runs",
    openapi_extra=documented(Keep),
    responses={200: answered(Dropped, "What went, `run: file name` each")},
)
def prune(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_PRUNE))],
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """Snapshots, verdicts and manifests stay."""
    keep = decoded(body, Keep).keep
    with unit(request, principal, write=True) as work:
        repository = named(work.connection, owner, name)
        gone = SqlHistory(work.connection, repository).prune(keep)
        counted = {"files": len(gone), "keep": keep}
        audit.account(work, Event.HISTORY_PRUNED, {"repository": repository.full_name, **counted})
    return json_response(Dropped(tuple(gone)))


def _history(work: Work, owner: str, name: str) -> SqlHistory:
    return SqlHistory(work.connection, named(work.connection, owner, name))


def fill(view: SqlView, wanted: Sequence[str], *, most: int = ANSWER_BYTES) -> Files:
    """As many of the files as `most` bytes hold, at least one that exists; what is left was not read."""
    sizes = view.sizes(wanted)
    reached = list(accumulate(sizes.get(name, 0) for name in wanted))
    first = next((size for size in reached if size), 0)
    count = bisect_right(reached, max(most, first))
    return Files(dict(view.read(wanted[:count])), tuple(wanted[count:]))


def _append(work: Work, repository: Repository, proposal: Proposal, quota: int) -> list[RunSummary]:
    """The runs that were new, oldest first. Raises DeliveryFailed (`history-contended`), and InputError for additions
    that are no proper continuation."""
    fresh: list[str] = []

    def change(view: View) -> Addition:
        head = view.read([layout.HEAD]).get(layout.HEAD)
        if (layout.digest_of(head) if head is not None else "") != proposal.expected_head:
            raise DeliveryFailed(
                "history-contended",
                f"{repository.full_name}: another run was recorded meanwhile; nothing was changed",
                hint="read the history again and compose the addition on top of it",
            )
        manifests = [name for name in proposal.files if name.startswith(f"{layout.RUNS}/")]
        known = SqlView(work.connection, repository).present(manifests)
        fresh[:] = sorted((name for name in manifests if name not in known), key=layout.number_of)
        return Addition(proposal.files, proposal.at, proposal.message)

    policy, _ = reading.stored_policy(work.connection, repository)
    try:
        SqlHistory(work.connection, repository, Judge(work.now, policy, quota)).update(change)
    except InputError as error:  # 422 whatever is wrong: it is what was sent that does not fit what is here
        raise Problem(422, error.code, error.message, hint=error.hint) from error
    return [layout.summary(layout.decode_manifest(proposal.files[name], name)) for name in fresh]


def _head_of(proposal: Proposal) -> str:
    """SHA-256 of head.json after the addition."""
    head = proposal.files.get(layout.HEAD)
    return proposal.expected_head if head is None else layout.digest_of(head)
