"""One request is one transaction: all of it is kept, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from covgov.hub.store import faults

WRITE = "covgov_write"
"""Execution option of a connection whose transaction is going to write."""
PATIENCE = "covgov_patience"
"""Execution option: seconds to wait for the writer before this one, where the engine's own patience is too long."""


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """What a request does its writing with. now: aware, UTC. actor: who is acting, as the audit trail names them."""

    connection: Connection
    now: datetime
    actor: str
    request_id: str


@contextmanager
def transaction(engine: Engine, *, write: bool, patience: float | None = None) -> Iterator[Connection]:
    """Commits when the block ends, undoes everything when it raises.

    write: taken at once, so that two writers follow one another instead of failing half-way; otherwise the block sees
    the state of its first statement throughout. patience: seconds to wait for another writer, None for the engine's: a
    note that may be lost must not make a reader wait as long as a write may. Storage faults are raised as covgov's
    errors (`hub-storage-full`, `hub-database-busy`, `hub-database-unavailable`, `hub-database-damaged`).
    """
    try:
        with engine.connect() as connection:
            connection.execution_options(**{WRITE: write, PATIENCE: patience})
            with connection.begin():
                yield connection
    except faults.DRIVER_ERRORS as error:
        known = faults.told(error, write=write)
        if known is None:
            raise
        raise known from error


def stamp(moment: datetime) -> str:
    """A moment as the tables keep it: UTC, ISO 8601, whole seconds; text order is time order. Raises ValueError."""
    if moment.utcoffset() is None:
        raise ValueError("a moment must be aware")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment(text: str) -> datetime:
    """Inverse of `stamp`."""
    return datetime.fromisoformat(text)
