"""The database: open, migrate, erase and copy it; and everything that is specific to SQLite.

SQLite runs in WAL mode: readers see the state of their first statement, one writer at a time. `synchronous=FULL` lets a
commit survive a power cut, `secure_delete=ON` overwrites deleted data. No other module uses a PRAGMA.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from covgov.errors import DeliveryFailed, InputError, Undetermined, UsageError
from covgov.hub.store import faults
from covgov.hub.store.work import PATIENCE, WRITE, transaction

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

Account = Callable[[Connection, str, str], None]
MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 15.0
"""How long a writer waits for another, unless the transaction sets its own limit."""

_LOGIN = re.compile(r"^(\w[\w+.-]*://)?.*@", re.DOTALL)
WAITS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Seconds between the attempts to configure a new connection."""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)


def open_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """The database at a SQLAlchemy URL; a new SQLite file is created, readable by its owner only.

    Raises UsageError (`hub-database-unsupported`) for anything but a SQLite file, Undetermined
    (`hub-database-unavailable`) when it cannot be opened.
    """
    path = file_of(url)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Undetermined(
            "hub-database-unavailable",
            f"the database {path} cannot be opened: {error.strerror}",
            hint="create its directory, or make it writable",
        ) from error
    address = URL.create("sqlite", database=str(path))
    engine = create_engine(address, connect_args={"timeout": busy_seconds}, pool_size=10, max_overflow=40)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def file_of(url: str) -> Path:
    """The file that a database URL names. Raises UsageError (`hub-database-unsupported`)."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: an invalid port
        raise _unsupported(url) from None
    database = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or database.startswith((":memory:", "file:")) or not database:
        raise _unsupported(url)
    return Path(database).absolute()


def _unsupported(url: str) -> UsageError:
    """Shows the URL without possible passwords: the part before the last @, and everything after a question mark.

    When an @ follows a question mark, both can be part of a password, and only the scheme is shown.
    """
    place, asked, query = url.partition("?")
    shown = _LOGIN.sub(r"\1***@", f"{place}@" if "@" in query else place) + ("?***" if asked else "")
    return UsageError(
        "hub-database-unsupported",
        f"not the address of a database that the hub can use: {shown[:200]!r}",
        hint="the hub keeps one SQLite file: sqlite:///PATH, as in sqlite:////var/lib/covgov/hub.db",
    )


def migrate(engine: Engine, revision: str = "head", account: Account | None = None) -> None:
    """Migrate the tables to `revision`, up or down ("base": no tables), in one transaction.

    account: called in the same transaction after a change, with the revisions before and after.
    Raises InputError (`hub-database-newer`) when the database was written by a newer covgov, UsageError
    (`hub-revision-unknown`) when there is no such revision.
    """
    order, target = _route(revision)
    from alembic import command  # noqa: PLC0415 - a slow import that only migrations need

    with transaction(engine, write=True) as connection:
        present = _revision(connection)
        if present not in order:
            raise InputError(
                "hub-database-newer",
                f"the database is at schema revision {present}, which this covgov does not know",
                hint="upgrade covgov, or restore a backup of the older version",
            )
        config = _config()
        config.attributes["connection"] = connection
        forwards = order.index(target) >= order.index(present)
        (command.upgrade if forwards else command.downgrade)(config, target or "base")
        if account is not None and target != present:
            account(connection, present, target)


def goes_back(engine: Engine, revision: str) -> bool:
    """Whether `migrate` to this revision is a downgrade, which loses data of newer tables.

    Raises UsageError (`hub-revision-unknown`).
    """
    order, target = _route(revision)
    present = current(engine)
    return present in order and order.index(target) < order.index(present)


def _route(revision: str) -> tuple[list[str], str]:
    """All revisions from "" (no tables) on, and the target."""
    order = ["", *(step.revision for step in reversed(list(_scripts().walk_revisions())))]
    target = {"head": order[-1], "base": ""}.get(revision, revision)
    if target not in order:
        raise UsageError(
            "hub-revision-unknown", f"there is no schema revision {revision}", hint=f"there are: {', '.join(order[1:])}"
        )
    return order, target


def current(engine: Engine) -> str:
    """The schema revision of the database, "" when it has no tables yet."""
    with transaction(engine, write=False) as connection:
        return _revision(connection)


def newest() -> str:
    """The schema revision of this covgov."""
    return _scripts().get_current_head() or ""


def erase(engine: Engine) -> None:
    """Overwrite deleted data: rebuild the database without free pages and empty the write-ahead log.

    Raises DeliveryFailed (`hub-erase-incomplete`) while a reader is active; deleted rows stay deleted, and
    a later call completes it.
    """
    with _driver(engine) as driver:
        driver.execute("VACUUM")
        [busy, _, _] = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise DeliveryFailed(
            "hub-erase-incomplete",
            "the rows are deleted, but an active reader keeps their bytes in the write-ahead log",
            hint="repeat it when no request is running",
        )


def copy(engine: Engine, target: Path) -> None:
    """Copy the database consistently, while others write, to a new file."""
    with _driver(engine) as driver:
        driver.execute("VACUUM INTO ?", (str(target),))
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


def settle(engine: Engine) -> None:
    """Close a database that nothing else has open, so that its one file holds all data."""
    with _driver(engine) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()  # closing the last connection removes the log


def structure_faults(engine: Engine) -> list[str]:
    """Faults that SQLite finds in pages, indexes and references."""
    with transaction(engine, write=False) as connection:
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [fault for fault in found if fault != "ok"] + [f"{row[0]}: a row refers to nothing" for row in dangling]


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - what open_engine asked for
    connection.isolation_level = None  # `_begin` starts transactions, not the driver
    for pragma in PRAGMAS:
        _insist(connection, pragma)


def _insist(connection: sqlite3.Connection, pragma: str) -> None:
    """Retry: SQLite's busy timeout does not cover another process that switches the file to WAL."""
    for seconds in WAITS:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(seconds)
        else:
            return
    connection.execute(pragma)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    with _patient(connection, options.get(PATIENCE)):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITE, True) else "BEGIN")


@contextmanager
def _patient(connection: Connection, seconds: float | None) -> Iterator[None]:
    """Limit the wait for other writers inside the block; None for the default."""
    if seconds is None:
        yield
        return
    usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(seconds * 1000)}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={usual}")


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    """The driver's own connection, outside any transaction."""
    try:
        pooled = engine.raw_connection()
        try:
            driver = pooled.driver_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - what open_engine asked for
            yield driver
        finally:
            pooled.close()
    except faults.DRIVER_ERRORS as error:
        raise faults.translate(error, write=True) or error from error


def _revision(connection: Connection) -> str:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - see migrate

    return MigrationContext.configure(connection).get_current_revision() or ""


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see migrate

    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see migrate

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
