"""`.../uploads`: one suite's report or snapshot per request, from any HTTP client.

Idempotent by (repository, branch, tree, suite, name, attempt): repeated content gives the same answer, different
content is refused. When the last declared suite arrives, the run is composed and recorded in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from covgov.errors import RegisterInvalid
from covgov.history.interface import RunSummary
from covgov.hub.api import compose, intake, reading, recording
from covgov.hub.api.http.bodies import upload_body
from covgov.hub.api.http.metrics import metrics_of
from covgov.hub.api.http.parameters import NO_CONTROL, Name, Owner
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.repository import named
from covgov.hub.auth_service import placement
from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.deps import deps_of, settings_of, unit
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store import documents, projection, repositories, runs, uploads
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.runs import RunRow
from covgov.hub.store.uploads import Upload, UploadKey
from covgov.hub.store.verify.admission import Judge
from covgov.hub.store.verify.plausible import BRANCH
from covgov.hub.store.work import UnitOfWork
from covgov.model import snapshot_codec
from covgov.register import document
from covgov.register.entry import Register

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/uploads", tags=["uploads"])

WORD = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
OBJECT_ID = r"^([0-9a-f]{40}|[0-9a-f]{64})$"
Expected = Annotated[str, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")]


class UploadParameters(BaseModel):
    """Query parameters of an upload; the body is the report itself."""

    suite: Annotated[str, Query(pattern=WORD, description="The suite, as declared in the policy.")]
    commit: Annotated[str, Query(pattern=OBJECT_ID, description="Full id of the measured commit.")]
    tree: Annotated[str, Query(pattern=OBJECT_ID, description="That commit's tree: `git rev-parse 'HEAD^{tree}'`.")]
    branch: Annotated[
        str, Query(max_length=255, pattern=f"^{BRANCH.pattern}$", description="The branch of the commit.")
    ]
    name: Annotated[
        str, Query(pattern=WORD, description="Name of one of several jobs of a suite; their reports are merged.")
    ] = "default"
    attempt: Annotated[int, Query(ge=1, le=1_000_000, description="Attempt number; a repeated job counts up.")] = 1
    expected: Annotated[
        list[Expected],
        Query(
            max_length=200,
            description="Suites, or `suite/name`, that complete the run; by default those of the stored policy.",
        ),
    ] = []
    root: Annotated[
        str,
        Query(
            max_length=1000,
            pattern=NO_CONTROL,
            description="Directory of the repository during measurement, for reports with absolute paths.",
        ),
    ] = "/"
    exit_code: Annotated[
        int | None,
        Query(ge=-255, le=255, description="Exit code of the test command; leave out when unknown."),
    ] = None


class UploadResult(BaseModel):
    """state: `pending` while uploads are missing, then `complete`. run: id of the run. outcome: of its verdict."""

    suite: str
    name: str
    tree: str
    attempt: int
    sha256: str
    state: str
    missing: list[str]
    run: str | None
    outcome: str | None


@router.post(
    "",
    summary="Upload one suite's report or snapshot",
    status_code=201,
    response_model=UploadResult,
    responses={200: {"model": UploadResult, "description": "The same upload was received before"}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A report (coverage.py's JSON, Cobertura, LCOV), a snapshot, or a zip of several",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def upload(
    request: Request,
    response: Response,
    owner: Owner,
    name: Name,
    parameters: Annotated[UploadParameters, Query()],
    principal: Annotated[Principal, Depends(requires(Permission.UPLOAD_CREATE))],
    body: Annotated[bytes, Depends(upload_body)],
) -> UploadResult:
    """A report that cannot be read is refused, and nothing is stored."""
    limits = settings_of(request).limits
    files = intake.unpack(body, limits)
    claims = intake.UploadClaims(
        parameters.suite, parameters.commit, parameters.tree, parameters.root, parameters.exit_code
    )
    received = Upload(
        UploadKey(parameters.branch, parameters.tree, parameters.suite, parameters.name, parameters.attempt),
        parameters.commit,
        tuple(sorted(set(parameters.expected))),
        intake.digest(files, claims),
        snapshot_codec.encode(intake.snapshot_of(files, claims)),
        deps_of(request).now(),
    )
    with unit(request, principal, write=True) as work:
        repository = named(work.connection, owner, name)
        known = _known(work, repository, received)
        if known is None:
            placement.check(
                work,
                repository,
                principal,
                [placement.PendingRun(parameters.branch, parameters.commit, parameters.tree)],
            )
            repositories.take(work.connection, repository.id, len(received.snapshot), limits.repository)
        result = _repeated(work, repository, known) if known else _accept(work, repository, received)
    if known:
        response.status_code = 200
    else:
        metrics_of(request).upload(result.state)
    return result


def _known(work: UnitOfWork, repository: HubRepository, received: Upload) -> Upload | None:
    """The same upload if received before. Raises ApiProblem (`upload-differs`) when its content differs."""
    known = uploads.find(work.connection, repository.id, received.key)
    if known is not None and (known.sha256, known.expected) != (received.sha256, received.expected):
        raise ApiProblem(
            409,
            "upload-differs",
            f"suite {received.key.suite}, name {received.key.name}, attempt {received.key.attempt} of this tree was "
            "uploaded before with different content",
            hint="send a higher `attempt` for a repeated job",
        )
    return known


def _accept(work: UnitOfWork, repository: HubRepository, received: Upload) -> UploadResult:
    uploads.add(work.connection, repository.id, received)
    rules = _rules(work, repository)
    siblings = uploads.of_run(work.connection, repository.id, received.key)
    missing = compose.missing(siblings, rules.policy)
    run = None if missing else _record(work, repository, siblings, rules)
    fields: dict[str, str | int | bool] = {
        "repository": repository.full_name,
        "suite": received.key.suite,
        "name": received.key.name,
        "tree": received.key.tree,
        "attempt": received.key.attempt,
        "commit": received.commit,
        "branch": received.key.branch,
        "sha256": received.sha256,
        "run": run.id if run else "",
    }
    audit.account(work, AuditEvent.UPLOAD_ACCEPTED, fields)
    return _result(received, missing, run)


def _record(
    work: UnitOfWork, repository: HubRepository, siblings: Sequence[Upload], rules: compose.RepositoryRules
) -> RunSummary:
    history = SqlHistory(work.connection, repository, Judge(work.now, rules.policy))
    run = history.append(compose.compose(siblings, rules, work.now))
    uploads.settle(work.connection, repository.id, siblings[0].key, run.id)
    recording.account(work, repository, [run])
    return run


def _repeated(work: UnitOfWork, repository: HubRepository, known: Upload) -> UploadResult:
    """The state of the run of a repeated upload."""
    if known.run_id:
        return _result(known, (), runs.find(work.connection, repository.id, known.run_id))
    policy, _ = reading.stored_policy(work.connection, repository)
    siblings = uploads.of_run(work.connection, repository.id, known.key)
    return _result(known, compose.missing(siblings, policy), None)


def _result(received: Upload, missing: Sequence[str], run: RunSummary | RunRow | None) -> UploadResult:
    key = received.key
    return UploadResult(
        suite=key.suite,
        name=key.name,
        tree=key.tree,
        attempt=key.attempt,
        sha256=received.sha256,
        state="complete" if run else "pending",
        missing=list(missing),
        run=run.id if run else None,
        outcome=run.outcome if run else None,
    )


def _rules(work: UnitOfWork, repository: HubRepository) -> compose.RepositoryRules:
    policy, absent = reading.stored_policy(work.connection, repository)
    first = projection.newest(work.connection, repository.id) is None
    return compose.RepositoryRules(policy, absent, _register(work, repository), first=first)


def _register(work: UnitOfWork, repository: HubRepository) -> Register | None:
    """The stored register; None when it cannot be read, so that it waives nothing."""
    stored = documents.get(work.connection, documents.DocumentKind.REGISTER, repository.id)
    try:
        return document.parse(stored.text, stored.path) if stored else None
    except RegisterInvalid:
        return None
