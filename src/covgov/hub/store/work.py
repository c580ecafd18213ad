"""One request is one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from covgov.hub.store import faults

WRITE = "covgov_write"
"""Execution option: whether the transaction writes."""
PATIENCE = "covgov_patience"
"""Execution option: seconds to wait for another writer, instead of the engine's default."""


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """Connection, time and actor of a request. now: aware, UTC. actor: the principal's name in the audit trail."""

    connection: Connection
    now: datetime
    actor: str
    request_id: str


@contextmanager
def transaction(engine: Engine, *, write: bool, patience: float | None = None) -> Iterator[Connection]:
    """Commits when the block ends, rolls back when it raises.

    write: take the write lock at once, so that writers wait for each other instead of failing; otherwise the block sees
    the state of its first statement. patience: seconds to wait for a writer, None for the engine's: an optional
    write should not wait as long as a required one. Storage faults are raised as covgov's
    errors (`hub-storage-full`, `hub-database-busy`, `hub-database-unavailable`, `hub-database-damaged`).
    """
    try:
        with engine.connect() as connection:
            connection.execution_options(**{WRITE: write, PATIENCE: patience})
            with connection.begin():
                yield connection
    except faults.DRIVER_ERRORS as error:
        known = faults.translate(error, write=write)
        if known is None:
            raise
        raise known from error


def stamp(moment: datetime) -> str:
    """A time as stored in tables: UTC, ISO 8601, whole seconds; sortable as text. Raises ValueError."""
    if moment.utcoffset() is None:
        raise ValueError("a time must be aware")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment(text: str) -> datetime:
    """Inverse of `stamp`."""
    return datetime.fromisoformat(text)
