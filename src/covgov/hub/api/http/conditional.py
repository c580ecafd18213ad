"""Conditional requests: strong ETags, 304 for unchanged answers, 412 for changes of an outdated state."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from covgov.hub.api.http.problems import ApiProblem

JSON = "application/json"
GZIP = "-gzip"

IfMatch = Annotated[
    str,
    Header(
        max_length=1000,
        description="The ETag of the document to replace; empty replaces any.",
    ),
]

CURRENT = "private, no-cache"
"""For answers that change with the next run: cache, but revalidate each time."""

FIXED = "private, max-age=86400, immutable"
"""For recorded data, which never changes; private, because access rights can change."""


HEADERS: dict[str, object] = {
    "ETag": {"description": "Strong; send it as If-None-Match in the next request.", "schema": {"type": "string"}},
    "Cache-Control": {"schema": {"type": "string"}},
}
CACHED: dict[int | str, dict[str, object]] = {
    200: {"headers": HEADERS},
    304: {"description": "The answer still has the ETag in If-None-Match."},
}
"""OpenAPI responses of a route that returns `answer`."""


def answer(
    request: Request,
    body: BaseModel | bytes,
    *,
    caching: str = CURRENT,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """200 with the body, or 304 when If-None-Match has its ETag.

    The ETag is the hash of the bytes, with a suffix for clients that accept gzip: their answer can be compressed.
    """
    content = body.model_dump_json(by_alias=True).encode() if isinstance(body, BaseModel) else body
    etag = _etag(content, GZIP if "gzip" in request.headers.get("accept-encoding", "") else "")
    fields = {"ETag": etag, "Cache-Control": caching, "Vary": "Authorization", **(headers or {})}
    if matches(request.headers.getlist("if-none-match"), etag):
        return Response(status_code=304, headers={**fields, "Vary": "Authorization, Accept-Encoding"})
    return Response(content, media_type=media_type, headers=fields)


def unchanged(if_match: str, body: BaseModel | None) -> None:
    """Raises ApiProblem (`document-changed`) when If-Match does not name the current answer. body: None for none."""
    if not if_match.strip():
        return
    content = None if body is None else body.model_dump_json(by_alias=True).encode()
    current = {"*", _etag(content, ""), _etag(content, GZIP)} if content is not None else set()
    if current.isdisjoint(tag.strip() for tag in if_match.split(",")):  # weak tags never match (RFC 9110, 13.1.1)
        raise ApiProblem(
            412,
            "document-changed",
            "it changed since you read it; nothing was changed",
            hint="read it again, redo your change, and send it with the new ETag",
        )


def _etag(content: bytes, coded: str) -> str:
    return f'"{sha256(content).hexdigest()[:32]}{coded}"'


def matches(asked: list[str], etag: str) -> bool:
    """Whether If-None-Match has the tag, by weak comparison (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for line in asked for tag in line.split(",")]
    return "*" in tags or etag in tags
