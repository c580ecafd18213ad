"""`.../history`: the files of a repository's history, as the store `hub:URL` reads and adds them.

An addition names the newest head, so concurrent writers cannot overwrite each other. Every added file is verified
(`covgov.hub.store.verify.admission`) before the transaction that stores it, and again in it when the history or its
policy changed in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from covgov.errors import DeliveryFailed, InputError
from covgov.history.format import layout
from covgov.history.interface import Addition, HistoryView, RunSummary
from covgov.history.stores.hub.wire import (
    MAX_NAMES,
    AdditionResult,
    FileContents,
    FileNames,
    HistoryAddition,
    MissingFiles,
    NameListing,
    PruneRequest,
    PruneResult,
)
from covgov.hub.api import reading, recording
from covgov.hub.api.http import conditional, paging
from covgov.hub.api.http.bodies import answered, decoded, documented, json_response, raw_body, upload_body
from covgov.hub.api.http.metrics import metrics_of
from covgov.hub.api.http.parameters import Name, Owner
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.repository import named
from covgov.hub.auth_service import placement
from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.deps import settings_of, unit
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store.history_files import Admission, SqlHistory, SqlView
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.verify.admission import Judge
from covgov.hub.store.work import UnitOfWork

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/history", tags=["history"])

ANSWER_BYTES = 32 * 1024 * 1024
"""Limit of one answer with files; a larger file is sent alone. The client asks again for the rest."""

FOLDERS = "^(runs|objects|artifacts)?$"


@router.get(
    "/names",
    summary="Names of files",
    responses={
        **conditional.CACHED,
        200: {**answered(NameListing, "Names below the folder"), "headers": conditional.HEADERS},
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

    A client that reads several pages compares their heads, and starts again when they differ.
    """
    listing = ("history-names", owner, name, folder)
    begin = paging.decode(listing, after, str) or ""
    with unit(request, principal, write=False) as work:
        view = _history(work, owner, name).view()
        found, last = view.page(folder, begin, limit)
        head = view.read([layout.HEAD]).get(layout.HEAD)
    cursor = None if last is None else paging.encode(listing, last)
    body = msgspec.json.encode(NameListing(tuple(found), head, cursor))
    return conditional.answer(request, body, headers=paging.link(request, cursor))


@router.post(
    "/read",
    summary="Files",
    openapi_extra=documented(FileNames),
    responses={200: answered(FileContents, "The files' bytes")},
)
def read(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_READ))],
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """The contents of the named files, until the answer is full; `left` names the rest."""
    wanted = decoded(body, FileNames).names
    with unit(request, principal, write=False) as work:
        answer = fill(_history(work, owner, name).view(), wanted)
    return json_response(answer)


@router.post(
    "/missing",
    summary="Which files the hub lacks",
    openapi_extra=documented(FileNames),
    responses={200: answered(MissingFiles, "Names that this repository's history does not have")},
)
def missing(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_APPEND))],
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """Those of the named files that this repository does not have. Other repositories' files do not count."""
    wanted = decoded(body, FileNames).names
    with unit(request, principal, write=False) as work:
        known = _history(work, owner, name).view().present(wanted)
    return json_response(MissingFiles(tuple(one for one in wanted if one not in known)))


@router.post(
    "/additions",
    summary="Add files",
    status_code=201,
    openapi_extra=documented(HistoryAddition),
    responses={201: answered(AdditionResult, "All files are stored")},
)
def add(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_APPEND))],
    body: Annotated[bytes, Depends(upload_body)],
) -> Response:
    """All or nothing, and only while head.json is still the one expected (409 `history-contended` otherwise)."""
    proposal = decoded(body, HistoryAddition)
    most = settings_of(request).limits.files
    if len(proposal.files) > most:
        raise ApiProblem(413, "files-too-many", f"an addition holds at most {most} files", hint="send it in parts")
    quota = settings_of(request).limits.repository
    with unit(request, principal, write=False) as work:
        before = _admitted(work, named(work.connection, owner, name), proposal, quota)
    with unit(request, principal, write=True) as work:
        repository = named(work.connection, owner, name)
        runs = _append(work, repository, proposal, quota, before)
        placement.check(work, repository, principal, runs)
        head = _head_of(proposal)
        recording.account_files(work, repository, files=len(proposal.files), runs=len(runs), head=head)
        recording.account(work, repository, runs)
    for run in runs:
        metrics_of(request).run(run.outcome)
    return json_response(AdditionResult(head, tuple(run.id for run in runs)), 201)


@router.post(
    "/prune",
    summary="Drop bulky artifacts of older runs",
    openapi_extra=documented(PruneRequest),
    responses={200: answered(PruneResult, "The dropped files, as `run: file name`")},
)
def prune(
    request: Request,
    owner: Owner,
    name: Name,
    principal: Annotated[Principal, Depends(requires(Permission.HISTORY_PRUNE))],
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """Snapshots, verdicts and manifests stay."""
    keep = decoded(body, PruneRequest).keep
    with unit(request, principal, write=True) as work:
        repository = named(work.connection, owner, name)
        gone = SqlHistory(work.connection, repository).prune(keep)
        counted = {"files": len(gone), "keep": keep}
        audit.account(work, AuditEvent.HISTORY_PRUNED, {"repository": repository.full_name, **counted})
    return json_response(PruneResult(tuple(gone)))


def _history(work: UnitOfWork, owner: str, name: str) -> SqlHistory:
    return SqlHistory(work.connection, named(work.connection, owner, name))


def fill(view: SqlView, wanted: Sequence[str], *, most: int = ANSWER_BYTES) -> FileContents:
    """As many files as fit into `most` bytes, but at least one that exists."""
    sizes = view.sizes(wanted)
    reached = list(accumulate(sizes.get(name, 0) for name in wanted))
    first = next((size for size in reached if size), 0)
    count = bisect_right(reached, max(most, first))
    return FileContents(dict(view.read(wanted[:count])), tuple(wanted[count:]))


def _admitted(work: UnitOfWork, repository: HubRepository, proposal: HistoryAddition, quota: int) -> Admission | None:
    """Raises as `_append`, while no other writer waits."""
    with _proposed(work, repository, quota) as history:
        return history.admit(lambda view: _addition(repository, view, proposal))


def _append(
    work: UnitOfWork, repository: HubRepository, proposal: HistoryAddition, quota: int, before: Admission | None
) -> list[RunSummary]:
    """The new runs, oldest first. Raises DeliveryFailed (`history-contended`), and ApiProblem (422) for additions
    that do not continue the history."""
    manifests = [name for name in proposal.files if name.startswith(f"{layout.RUNS}/")]
    known = SqlView(work.connection, repository).present(manifests)
    fresh = sorted((name for name in manifests if name not in known), key=layout.number_of)
    with _proposed(work, repository, quota) as history:
        history.update(lambda view: _addition(repository, view, proposal), before)
    return [layout.summary(layout.decode_manifest(proposal.files[name], name)) for name in fresh]


@contextmanager
def _proposed(work: UnitOfWork, repository: HubRepository, quota: int) -> Iterator[SqlHistory]:
    policy, _ = reading.stored_policy(work.connection, repository)
    try:
        yield SqlHistory(work.connection, repository, Judge(work.now, policy, quota))
    except InputError as error:  # always 422: the request does not fit the stored history
        raise ApiProblem(422, error.code, error.message, hint=error.hint) from error


def _addition(repository: HubRepository, view: HistoryView, proposal: HistoryAddition) -> Addition:
    head = view.read([layout.HEAD]).get(layout.HEAD)
    if (layout.digest_of(head) if head is not None else "") != proposal.expected_head:
        raise DeliveryFailed(
            "history-contended",
            f"{repository.full_name}: another run was recorded in the meantime; nothing was changed",
            hint="read the history again and compose the addition on top of it",
        )
    return Addition(proposal.files, proposal.at, proposal.message)


def _head_of(proposal: HistoryAddition) -> str:
    """SHA-256 of head.json after the addition."""
    head = proposal.files.get(layout.HEAD)
    return proposal.expected_head if head is None else layout.digest_of(head)
