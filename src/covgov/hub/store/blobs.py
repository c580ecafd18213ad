"""Content by its SHA-256, stored once per owner and never shared across owners, so that neither a stored byte nor the
time it takes reveals whether another owner has it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, delete, exists, insert, select

from covgov.history.format import layout
from covgov.hub.store.schema import BLOBS, HISTORY_FILES

BATCH = 500
"""Most values in one statement."""

T = TypeVar("T")


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in batches for one statement each."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def keep(connection: Connection, owner: str, contents: Sequence[bytes]) -> Mapping[str, int]:
    """Store `contents`: SHA-256 -> blob id. Needs the owner's lock (`repositories.lock`)."""
    by_digest = {layout.digest_of(data): data for data in contents}
    known = _ids(connection, owner, sorted(by_digest))
    new = sorted(set(by_digest) - set(known))
    if not new:
        return known
    for batch in batches(new):
        rows = [{"owner": owner, "sha256": digest, "data": by_digest[digest]} for digest in batch]
        connection.execute(insert(BLOBS), rows)
    return {**known, **_ids(connection, owner, new)}


def drop_unused(connection: Connection, ids: Sequence[int]) -> int:
    """Delete those of `ids` that no history refers to; returns their number."""
    used = exists().where(HISTORY_FILES.c.blob_id == BLOBS.c.id)
    return sum(connection.execute(delete(BLOBS).where(BLOBS.c.id.in_(batch), ~used)).rowcount for batch in batches(ids))


def _ids(connection: Connection, owner: str, digests: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches(digests):
        query = select(BLOBS.c.sha256, BLOBS.c.id).where(BLOBS.c.owner == owner, BLOBS.c.sha256.in_(batch))
        found |= {row.sha256: row.id for row in connection.execute(query)}
    return found
