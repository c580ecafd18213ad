"""JSON bodies: read after the guard, within the limits, parsed outside of the event loop.

FastAPI itself would read a body before any guard and on the event loop. So a body is a dependency that
follows the guard among the route's parameters; a test checks every route.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from covgov.hub.api.http.body_limits import BODY, BoundedBody
from covgov.hub.api.http.problems import ApiProblem

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


async def raw_body(request: Request) -> bytes:
    """The whole body, within `HubLimits.document`. Declare it after the guard."""
    return await request.body()


async def upload_body(request: Request) -> bytes:
    """The whole body of an upload or addition, within `HubLimits.body` and `unpacked`. Declare it after the guard."""
    body = request.scope[BODY]
    if not isinstance(body, BoundedBody):
        raise TypeError("the application was not made by create_app")
    body.widen()
    return await request.body()


def json_body(kind: type[M]) -> Callable[[bytes], M]:
    """A dependency that returns the body as a model, parsed in a worker thread. Raises RequestValidationError."""

    def read(body: Annotated[bytes, Depends(raw_body)]) -> M:
        try:
            return kind.model_validate_json(body)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in errors]) from None

    return read


def decoded(body: bytes, kind: type[T]) -> T:
    """Raises ApiProblem (`request-invalid`) naming the place of the first error."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise ApiProblem(
            422, "request-invalid", f"invalid body: {error}", hint="see /openapi.json for its schema"
        ) from None


def json_response(value: object, status: int = 200) -> Response:
    """A struct as JSON; bytes become base64."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def documented(kind: type[object]) -> dict[str, object]:
    """`openapi_extra` of a route that reads its body by `decoded` or `json_body`."""
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(kind)}}},
    }


def answered(kind: type[object], description: str) -> dict[str, object]:
    """One entry of `responses` for a struct that `json_response` writes."""
    return {"description": description, "content": {"application/json": {"schema": schema_of(kind)}}}


def schema_of(kind: type[object]) -> dict[str, object]:
    """The JSON Schema of a struct or a flat model, without references, for use inside a route's description."""
    if issubclass(kind, BaseModel):
        return kind.model_json_schema()
    _, components = msgspec.json.schema_components([kind], ref_template="{name}")
    return dict(components[kind.__name__])
