"""Cursors: opaque texts that continue a listing.

A cursor is base64url of `checksum + canonical JSON of (listing, key)`. It includes the listing (route, repository and
filters), so that another listing refuses it. It grants nothing: a page is read with the same permission as the first
one, so a checksum against mistakes is enough and no secret is needed.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import msgspec
from fastapi import Query
from starlette.requests import Request

from covgov.errors import UsageError

MOST = 200
"""Most items in a page; `limits.page` can be lower."""

CHECKSUM = 8
"""Bytes."""

LARGEST = 2**63
"""Databases have no numbers from here on."""

K = TypeVar("K")

Limit = Annotated[int, Query(ge=1, le=MOST, description="Most items in the page; the hub can have a lower limit.")]
After = Annotated[
    str, Query(max_length=2000, pattern=r"^[A-Za-z0-9_-]*$", description="The `next` of the previous page.")
]


def encode(listing: Sequence[str], key: object) -> str:
    """The cursor after the item `key` of `listing`."""
    body = msgspec.json.encode((tuple(listing), key))
    return urlsafe_b64encode(_sum(body) + body).decode().rstrip("=")


def decode(listing: Sequence[str], cursor: str, kind: type[K]) -> K | None:
    """The key in a cursor, None for "". Raises UsageError (`cursor-invalid`)."""
    if not cursor:
        return None
    try:
        data = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        head, body = data[:CHECKSUM], data[CHECKSUM:]
        if head != _sum(body):
            raise ValueError("checksum")
        named, key = msgspec.json.decode(body, type=tuple[tuple[str, ...], msgspec.Raw])
        if named != tuple(listing):
            raise ValueError("listing")
        found = msgspec.json.decode(key, type=kind)
        if isinstance(found, int) and not 0 <= found < LARGEST:
            raise ValueError("number")
        return found
    except (ValueError, RecursionError):  # binascii's and msgspec's errors are ValueErrors
        raise UsageError(
            "cursor-invalid",
            "after: not the `next` of a page of this listing",
            hint="leave out `after` to start again, and keep the other parameters unchanged",
        ) from None


def link(request: Request, cursor: str | None) -> dict[str, str]:
    """The Link header (RFC 8288) of a page that is not the last, relative to the host."""
    if cursor is None:
        return {}
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return {"Link": f'<{request.url.path}?{urlencode([*asked, ("after", cursor)])}>; rel="next"'}


def _sum(body: bytes) -> bytes:
    return sha256(b"covgov-cursor:" + body).digest()[:CHECKSUM]
