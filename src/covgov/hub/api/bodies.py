"""JSON bodies that are read fast and strictly: after the guard, within the limits, into frozen structs."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from fastapi import Request
from starlette.responses import Response

from covgov.hub.api.problems import Problem

T = TypeVar("T")


async def raw_body(request: Request) -> bytes:
    """The whole body; a dependency that stands after the guard, so that nobody who may not write is listened to."""
    return await request.body()


def decoded(body: bytes, kind: type[T]) -> T:
    """Raises Problem (`request-invalid`) naming the place of the first misfit."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise Problem(
            422, "request-invalid", f"the body does not fit: {error}", hint="see /openapi.json for its shape"
        ) from None


def json_response(value: object, status: int = 200) -> Response:
    """A struct as JSON; bytes become base64."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def documented(kind: type[object]) -> dict[str, object]:
    """`openapi_extra` of a route that reads its body by `decoded`."""
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(kind)}}},
    }


def answered(kind: type[object], description: str) -> dict[str, object]:
    """One entry of `responses` for a struct that `json_response` writes."""
    return {"description": description, "content": {"application/json": {"schema": schema_of(kind)}}}


def schema_of(kind: type[object]) -> dict[str, object]:
    """The JSON Schema of a struct, without references: it stands inside the route's own description."""
    _, components = msgspec.json.schema_components([kind], ref_template="{name}")
    return dict(components[kind.__name__])
