"""What may go, and when: bulk artifacts, the leavings of pushes that were never completed, uploads long past.

Manifests, verdicts and coverage that a run refers to never go, except with the whole repository.
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
    """How much went: artifacts and unreferenced files of the history, old uploads."""

    artifacts: int
    unreferenced: int
    expired: int


UNFINISHED = timedelta(days=1)
"""How long files that no run refers to are left alone: a push in parts names them in its last one."""


def sweep(
    connection: Connection, repository: HubRepository, *, keep: int, before: datetime, now: datetime
) -> SweepResult:
    """Keep the artifacts of the newest `keep` runs. before: uploads received earlier go."""
    history = SqlHistory(connection, repository)
    return SweepResult(
        artifacts=len(history.prune(keep)),
        unreferenced=len(history.collect(now - UNFINISHED)),
        expired=expire(connection, repository, before=before),
    )


def expire(connection: Connection, repository: HubRepository, *, before: datetime) -> int:
    """Delete uploads received before a moment, whether they became part of a run or still wait for one; how many.

    What a run was made of is in its history. The same upload, sent again after this, counts as a new attempt.
    """
    old = (UPLOADS.c.repository_id == repository.id) & (UPLOADS.c.received_at < stamp(before))
    size = connection.execute(select(func.coalesce(func.sum(func.length(UPLOADS.c.snapshot)), 0)).where(old))
    repositories.take(connection, repository.id, -size.scalar_one())
    return connection.execute(delete(UPLOADS).where(old)).rowcount
