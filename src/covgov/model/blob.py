"""The id that git gives content."""

from __future__ import annotations

import hashlib


def blob_id(data: bytes) -> str:
    """SHA-1 of `blob SIZE\\0` and the bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
