"""`/v1/audit`: export of the audit trail, one JSON object per line."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.deps import unit
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent

NDJSON = "application/x-ndjson"
MOST = 10_000
"""Entries in one answer."""

router = APIRouter(prefix="/v1", tags=["audit"])

Number = Annotated[int, Query(ge=0, le=2**31 - 1, description="Only entries with a number above this one.")]
Most = Annotated[int, Query(ge=1, le=MOST, description="How many entries at most.")]


@router.get(
    "/audit",
    summary="Export the audit trail",
    response_class=Response,
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
)
def export_audit(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.AUDIT_READ))],
    after: Number = 0,
    limit: Most = 1000,
) -> Response:
    """Entries as stored, oldest first: `fields` is the canonical text that `hash` covers. The last entry's number
    is the next `after`; an empty answer is the end. The export itself is audited.
    """
    with unit(request, principal, write=True) as work:
        found = audit.entries(work.connection, after, limit)
        audit.account(work, AuditEvent.AUDIT_EXPORTED, {"entries": len(found), "after": after})
    body = b"".join(msgspec.json.encode(entry) + b"\n" for entry in found)
    return Response(body, media_type=NDJSON, headers={"Cache-Control": "no-store"})
