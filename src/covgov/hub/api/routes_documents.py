"""`.../register` and `.../policy`: the two files that people decide in, as last stored."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.errors import PolicyInvalid
from covgov.hub.api import wire_documents
from covgov.hub.api.conditional import CACHED, answer
from covgov.hub.api.problems import Problem
from covgov.hub.api.reading import Asked, Reading, parsed, reads
from covgov.hub.api.wire_documents import PolicyDocument, RegisterDocument
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.store.documents import Document, Kind
from covgov.policy.register import document

router = APIRouter(prefix="/v1/repositories/{owner}/{name}", tags=["policy"])
PolicyReader = Annotated[Asked, Depends(reads(Permission.POLICY_READ))]
RegisterReader = Annotated[Asked, Depends(reads(Permission.REGISTER_READ))]


@router.get("/register", summary="The exception register", response_model=RegisterDocument, responses=CACHED)
def get_register(asked: RegisterReader) -> Response:
    """Every entry, open and resolved, with its standing today."""
    with asked.open() as here:
        stored = _stored(here, Kind.REGISTER)
        term, today = _longest_term(here), here.now.astimezone(UTC).date()
    found = document.parse(stored.text, stored.path)
    return answer(asked.request, wire_documents.register(found, stored.updated_at, today, term))


@router.get("/policy", summary="The policy in force", response_model=PolicyDocument, responses=CACHED)
def get_policy(asked: PolicyReader) -> Response:
    """What the stored file says, with defaults filled in."""
    with asked.open() as here:
        stored = _stored(here, Kind.POLICY)
    return answer(asked.request, wire_documents.policy(parsed(stored), stored.path, stored.text, stored.updated_at))


def _stored(here: Reading, kind: Kind) -> Document:
    found = here.document(kind)
    if found is None:
        raise Problem(404, f"{kind.value}-missing", f"no {kind.value} is stored for {here.repository.full_name}")
    return found


def _longest_term(here: Reading) -> int | None:
    """A policy that cannot be read sets no term; `/policy` says what is wrong with it."""
    try:
        policy = here.policy()
    except PolicyInvalid:
        return None
    return None if policy is None else policy.register.max_term_days
