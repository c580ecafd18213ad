"""Streams, values and databases for the tests of the hub's event log."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from covgov.hub.eventlog import audit
from covgov.hub.eventlog.diagnostics import configure
from covgov.hub.eventlog.vocabulary import SHAPES, AuditEvent, FieldValue
from covgov.hub.store.schema import AUDIT, AUDIT_HEAD

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ACTOR = "token:abcdefghijklmnopqrstuvwxyz"
SAMPLES: dict[type, Callable[[int], FieldValue]] = {
    str: lambda n: f"value {n}",
    int: lambda n: n,
    bool: lambda n: n % 2 == 0,
}


class FullDisk(io.StringIO):
    """A stream that takes nothing while `full`."""

    full = True

    def write(self, text: str, /) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr today")


@contextmanager
def diagnostics(level: str = "info", stream: io.StringIO | None = None) -> Iterator[io.StringIO]:
    """The diagnostics written inside the block, with the clock standing at NOON; silence again after it."""
    target = io.StringIO() if stream is None else stream
    configure(target, level, now=lambda: NOON)
    try:
        yield target
    finally:
        configure(None)


def lines_of(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@contextmanager
def trail() -> Iterator[Connection]:
    """A connection to an empty audit trail in memory, inside a transaction."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    AUDIT.create(engine)
    AUDIT_HEAD.create(engine)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def fields_for(event: AuditEvent, n: int = 1, *, optional: bool = False) -> dict[str, FieldValue]:
    """Fields that the event accepts, different for different n."""
    shape = SHAPES[event]
    wanted = {**shape.required, **(shape.optional if optional else {})}
    return {name: SAMPLES[kind](n) for name, kind in wanted.items()}


def write(connection: Connection, n: int = 1, event: AuditEvent = AuditEvent.RUN_APPENDED, actor: str = ACTOR) -> None:
    """One valid entry."""
    audit.write(connection, event, at=NOON, actor=actor, request_id=f"request-{n}", fields=fields_for(event, n))
