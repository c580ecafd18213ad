"""Requests and answers of a hub's history routes; the store `hub:URL` and the hub share these types.

File contents are base64 in JSON.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

MAX_NAMES = 5000
"""Names in one page of names, and in one request for files."""

FileName = Annotated[str, msgspec.Meta(max_length=200)]


class NameListing(msgspec.Struct, frozen=True):
    """head: the bytes of head.json (base64) at the same moment, null when nothing is recorded yet. next: the cursor of
    the next page, null on the last; pages with different heads show different states of the history.
    """

    names: tuple[str, ...]
    head: bytes | None
    next: str | None


class FileNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: Annotated[tuple[FileName, ...], msgspec.Meta(max_length=MAX_NAMES)]


class FileContents(msgspec.Struct, frozen=True):
    """files: name -> bytes (base64); a file that does not exist is absent. left: names to ask for again."""

    files: dict[str, bytes]
    left: tuple[str, ...]


class MissingFiles(msgspec.Struct, frozen=True):
    missing: tuple[str, ...]


class HistoryAddition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """expected_head: SHA-256 of the head.json that this continues, "" for none. files: name -> bytes (base64)."""

    expected_head: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
    files: dict[FileName, bytes]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    message: Annotated[str, msgspec.Meta(max_length=500)]


class AdditionResult(msgspec.Struct, frozen=True):
    """head: SHA-256 of the new head.json. runs: ids of the added runs."""

    head: str
    runs: tuple[str, ...]


class PruneRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class PruneResult(msgspec.Struct, frozen=True):
    dropped: tuple[str, ...]
