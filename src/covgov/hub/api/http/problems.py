"""Error answers as RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from covgov.errors import (
    CovgovError,
    DeliveryFailed,
    InputError,
    PolicyInvalid,
    RegisterInvalid,
    Undetermined,
    UsageError,
)
from covgov.hub.auth_service.refusals import AccessRefusal
from covgov.hub.deps import request_id_of

MEDIA_TYPE = "application/problem+json"
CODE = "covgov.code"
"""Key in the request's scope: the error code, for the diagnostic line."""

WAIT: Mapping[str, int] = {"hub-database-busy": 2, "hub-storage-full": 60}
"""Retry-After in seconds: for another writer, and for an operator who frees space."""

BY_CODE: Mapping[str, int] = {
    "audit-unwritable": 500,
    "history-contended": 409,
    "history-damaged": 500,
    "history-unwritable": 503,
    "hub-database-busy": 503,
    "hub-database-damaged": 500,
    "hub-database-unavailable": 503,
    "hub-storage-full": 507,
    "repository-full": 507,
    "report-too-large": 413,
    "repository-exists": 409,
    "repository-unknown": 404,
    "run-ambiguous": 400,
    "run-unknown": 404,
}
BY_CLASS: Sequence[tuple[type[CovgovError], int]] = (
    (UsageError, 400),
    (PolicyInvalid, 422),
    (RegisterInvalid, 422),
    (InputError, 422),
    (DeliveryFailed, 503),
    (Undetermined, 422),
)
SCHEMA: Mapping[str, object] = {
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; docs/errors.md and docs/hub-faults.md list what each means.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "request_id": {"type": "string"},
        "hint": {"type": "string"},
        "faults": {"type": "array", "items": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}
_DOCUMENTED: dict[str, object] = {
    "description": "A problem document: what is wrong, where, and what to do next",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
RESPONSES: dict[int | str, dict[str, object]] = {422: _DOCUMENTED, "default": _DOCUMENTED}
"""Error responses of every route, for OpenAPI."""

ROUTING = {404: "route-unknown", 405: "method-not-allowed"}


class ApiProblem(HTTPException):
    """An error of the API without a class in covgov.errors. `code` is stable, as theirs."""

    def __init__(
        self, status: int, code: str, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, headers)
        self.code = code
        self.hint = hint


def document(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str,
    instance: str = "",
    hint: str = "",
    more: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The members of a problem document. `type` is a URN, not an address: docs/errors.md explains the codes."""
    return {
        "type": f"urn:covgov:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id,
        "hint": hint,
        **(more or {}),
    }


def status_of(error: CovgovError) -> int:
    """The HTTP status of one of covgov's own errors."""
    if isinstance(error, AccessRefusal):
        return error.status
    named = BY_CODE.get(error.code)
    return named or next((status for kind, status in BY_CLASS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Register the handlers that turn errors into problem documents."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(CovgovError, _own)
    app.add_exception_handler(RequestValidationError, _validation)


def answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """A problem document as the response to this request."""
    request.scope[CODE] = code
    content = document(
        status,
        code,
        detail,
        request_id=request_id_of(request),
        instance=request.url.path,
        hint=hint,
        more=more,
    )
    return JSONResponse(content, status, dict(headers or {}), MEDIA_TYPE)


def _http(request: Request, error: Exception) -> Response:
    if isinstance(error, ApiProblem):
        return answer(request, error.status_code, error.code, error.detail, hint=error.hint, headers=error.headers)
    if not isinstance(error, HTTPException):
        raise error
    code = ROUTING.get(error.status_code, "request-invalid")
    return answer(request, error.status_code, code, str(error.detail), headers=error.headers)


def _own(request: Request, error: Exception) -> Response:
    if not isinstance(error, CovgovError):
        raise error
    more = {"faults": list(error.faults)} if isinstance(error, PolicyInvalid) and error.faults else None
    return answer(
        request,
        status_of(error),
        error.code,
        error.message,
        hint=error.hint,
        more=more,
        headers=_headers_of(error),
    )


def _headers_of(error: CovgovError) -> dict[str, str]:
    headers = dict(error.headers) if isinstance(error, AccessRefusal) else {}
    if error.code in WAIT:
        headers["Retry-After"] = str(WAIT[error.code])
    return headers


def _validation(request: Request, error: Exception) -> Response:
    """Names the invalid parts of the request, without their values."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [
        {"where": "/".join(str(part) for part in one.get("loc", ())), "what": str(one.get("msg", ""))}
        for one in error.errors()
    ]
    first = f"{errors[0]['where']}: {errors[0]['what']}" if errors else "the request is invalid"
    return answer(request, 422, "request-invalid", first, hint="see /openapi.json", more={"errors": errors})
