"""`.../register` and `.../policy`: the stored exception register and policy.

A file is stored only if covgov can read all of it, together with an audit entry.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from covgov.errors import PolicyInvalid, RegisterInvalid
from covgov.hub.api.http.bodies import documented, json_body
from covgov.hub.api.http.conditional import CACHED, IfMatch, answer, unchanged
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.reading import RepositoryReader, RepositoryRequest, asks, parsed
from covgov.hub.api.wire import documents as wire_documents
from covgov.hub.api.wire.documents import PolicyDocument, RegisterDocument, StoredFile
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store import documents
from covgov.hub.store.documents import DocumentKind, StoredDocument
from covgov.hub.store.work import UnitOfWork
from covgov.register import document

router = APIRouter(prefix="/v1/repositories/{owner}/{name}", tags=["policy"])
PolicyReader = Annotated[RepositoryRequest, Depends(asks(Permission.POLICY_READ))]
RegisterReader = Annotated[RepositoryRequest, Depends(asks(Permission.REGISTER_READ))]
PolicyWriter = Annotated[RepositoryRequest, Depends(asks(Permission.POLICY_WRITE))]
RegisterWriter = Annotated[RepositoryRequest, Depends(asks(Permission.REGISTER_WRITE))]
Sent = Annotated[StoredFile, Depends(json_body(StoredFile))]


@router.get("/register", summary="The exception register", response_model=RegisterDocument, responses=CACHED)
def get_register(asked: RegisterReader) -> Response:
    """Every entry, open and resolved, with its state today."""
    with asked.open() as here:
        found = _register(here, _stored(here, DocumentKind.REGISTER))
    return answer(asked.request, found)


@router.get("/policy", summary="The policy in force", response_model=PolicyDocument, responses=CACHED)
def get_policy(asked: PolicyReader) -> Response:
    """The stored policy with defaults filled in."""
    with asked.open() as here:
        found = _policy(here, _stored(here, DocumentKind.POLICY))
    return answer(asked.request, found)


@router.put(
    "/register",
    summary="Store the exception register",
    response_model=RegisterDocument,
    openapi_extra=documented(StoredFile),
)
def put_register(asked: RegisterWriter, body: Sent, if_match: IfMatch = "") -> RegisterDocument:
    """Replaces the stored register. An ambiguous file is refused."""
    document.parse(body.text, body.path)
    with asked.work() as work:
        here = asked.reading(work)
        unchanged(if_match, _before(here, DocumentKind.REGISTER, _register))
        return _register(here, _put(work, here, DocumentKind.REGISTER, AuditEvent.REGISTER_PUT, body))


@router.put("/policy", summary="Store the policy", response_model=PolicyDocument, openapi_extra=documented(StoredFile))
def put_policy(asked: PolicyWriter, body: Sent, if_match: IfMatch = "") -> PolicyDocument:
    """Replaces the stored policy. An invalid file is refused with all its faults, in `faults`."""
    parsed(body.path, body.text)
    with asked.work() as work:
        here = asked.reading(work)
        unchanged(if_match, _before(here, DocumentKind.POLICY, _policy))
        return _policy(here, _put(work, here, DocumentKind.POLICY, AuditEvent.POLICY_PUT, body))


def _register(here: RepositoryReader, stored: StoredDocument) -> RegisterDocument:
    today = here.now.astimezone(UTC).date()
    found = document.parse(stored.text, stored.path)
    return wire_documents.register(found, stored.updated_at, today, _longest_term(here))


def _policy(_: RepositoryReader, stored: StoredDocument) -> PolicyDocument:
    return wire_documents.policy(parsed(stored.path, stored.text), stored.path, stored.text, stored.updated_at)


def _before(
    here: RepositoryReader, kind: DocumentKind, render: Callable[[RepositoryReader, StoredDocument], BaseModel]
) -> BaseModel | None:
    """The document as `GET` shows it; None when there is none, or this version cannot read it."""
    stored = here.document(kind)
    try:
        return None if stored is None else render(here, stored)
    except (PolicyInvalid, RegisterInvalid):
        return None


def _put(
    work: UnitOfWork, here: RepositoryReader, kind: DocumentKind, event: AuditEvent, body: StoredFile
) -> StoredDocument:
    before = here.document(kind)
    stored = documents.put(work.connection, kind, here.repository.id, path=body.path, text=body.text, at=work.now)
    fields: dict[str, str | int | bool] = {
        "repository": here.repository.full_name,
        "path": body.path,
        "bytes": len(body.text.encode()),
        "sha256": _sha256(body.text),
    }
    if before is not None:
        fields["previous"] = _sha256(before.text)
    audit.account(work, event, fields)
    return stored


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _stored(here: RepositoryReader, kind: DocumentKind) -> StoredDocument:
    found = here.document(kind)
    if found is None:
        raise ApiProblem(404, f"{kind.value}-missing", f"no {kind.value} is stored for {here.repository.full_name}")
    return found


def _longest_term(here: RepositoryReader) -> int | None:
    """None without a readable policy; `/policy` reports its faults."""
    try:
        policy = here.policy()
    except PolicyInvalid:
        return None
    return None if policy is None else policy.exceptions.max_term_days
