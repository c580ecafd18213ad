"""Which files of a history are there, without their bytes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from covgov.hub.store.blobs import batches
from covgov.hub.store.repositories import Repository
from covgov.hub.store.schema import HISTORY_FILES


def present(connection: Connection, repository: Repository, names: Sequence[str]) -> frozenset[str]:
    """Those of `names` that are files of this repository's history; no other repository is looked at."""
    mine = select(HISTORY_FILES.c.name).where(HISTORY_FILES.c.repository_id == repository.id)
    found: set[str] = set()
    for batch in batches(names):
        found |= set(connection.execute(mine.where(HISTORY_FILES.c.name.in_(batch))).scalars())
    return frozenset(found)
