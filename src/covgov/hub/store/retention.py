"""Deletes bulk artifacts, files of unfinished pushes, and old uploads.

Manifests, verdicts and coverage of a run are deleted only with the whole repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from covgov.hub.store import repositories
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import UPLOADS
from covgov.hub.store.work import stamp


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Number of deleted artifacts, unreferenced history files and expired uploads."""

    artifacts: int
    unreferenced: int
    expired: int


UNFINISHED = timedelta(days=1)
"""How long unreferenced files are kept: a push in parts refers to them in its last part."""


def sweep(
    connection: Connection, repository: HubRepository, *, keep: int, before: datetime, now: datetime
) -> SweepResult:
    """Keep the artifacts of the newest `keep` runs. before: uploads received earlier are deleted."""
    history = SqlHistory(connection, repository)
    return SweepResult(
        artifacts=len(history.prune(keep)),
        unreferenced=len(history.collect(now - UNFINISHED)),
        expired=expire(connection, repository, before=before),
    )


def expire(connection: Connection, repository: HubRepository, *, before: datetime) -> int:
    """Delete uploads received before a time, part of a run or not; returns their number.

    A run's history keeps its coverage. The same upload, sent again later, counts as a new attempt.
    """
    old = (UPLOADS.c.repository_id == repository.id) & (UPLOADS.c.received_at < stamp(before))
    size = connection.execute(select(func.coalesce(func.sum(func.length(UPLOADS.c.snapshot)), 0)).where(old))
    repositories.take(connection, repository.id, -size.scalar_one())
    return connection.execute(delete(UPLOADS).where(old)).rowcount
