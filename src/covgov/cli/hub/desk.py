"""What the commands of `covgov hub` share: the database, who is acting, the extra that must be installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from covgov.cli.world import World
from covgov.errors import InputError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from covgov.hub.eventlog.vocabulary import AuditEvent, FieldValue
    from covgov.hub.store.work import UnitOfWork

PARTS = ("alembic", "fastapi", "httpx2", "joserfc", "prometheus_client", "sqlalchemy", "structlog", "uvicorn")
"""What the extra `hub` brings, as it is imported."""

DATABASE = click.option(
    "--database", metavar="URL", help="Default: $COVGOV_HUB_DATABASE, else covgov-hub.sqlite in the current directory."
)


def require_extra(find: Callable[[str], object] = importlib.util.find_spec) -> None:
    """Raises UsageError (`hub-extra-missing`) naming what is not installed and the command that installs it."""
    missing = [part for part in PARTS if not _found(find, part)]
    if missing:
        raise UsageError(
            "hub-extra-missing",
            f"the hub needs packages that are not installed: {', '.join(missing)}",
            hint="pip install 'covgov[hub]'",
        )


def _found(find: Callable[[str], object], part: str) -> bool:
    try:
        return find(part) is not None
    except ModuleNotFoundError:
        return False


def database_url(world: World, option: str | None) -> str:
    """The option, else the environment's, else a SQLite file in the current directory."""
    named = option or world.env.get("COVGOV_HUB_DATABASE")
    return named or f"sqlite:///{world.cwd / 'covgov-hub.sqlite'}"


def actor(world: World) -> str:
    """How the audit trail names who works on the host: `host:` and the name of the login."""
    names = (world.env.get(name) for name in ("SUDO_USER", "LOGNAME", "USER"))
    return f"host:{next((name for name in names if name), 'unknown')}"[:200]


@contextmanager
def engine(world: World, option: str | None, *, create: bool = False) -> Iterator[Engine]:
    """The hub's database at this version's schema, closed when the block ends.

    create: a new database gets its tables. Raises InputError: `hub-database-absent`, `hub-database-outdated`, and what
    covgov.hub.store.engine raises.
    """
    require_extra()
    from covgov.hub.store import engine as database

    url = database_url(world, option)
    path = database.file_of(url)
    if not create and not path.exists():
        raise InputError(
            "hub-database-absent",
            f"no hub database at {path}",
            hint="name it with --database URL or COVGOV_HUB_DATABASE; `covgov hub serve` makes a new one",
        )
    opened = database.open_engine(url)
    try:
        revision = database.current(opened)
        if revision == "" and create:
            database.migrate(opened)
        elif revision != database.newest():
            raise InputError(
                "hub-database-outdated",
                f"the database {path} is at schema revision {revision or 'none'}, this covgov needs another",
                hint="`covgov hub backup`, then `covgov hub migrate`; if it is of a newer covgov, upgrade this one",
            )
        yield opened
    finally:
        opened.dispose()


@contextmanager
def work(world: World, option: str | None, *, create: bool = False) -> Iterator[UnitOfWork]:
    """One writing transaction of the person at the host; committed when the block ends."""
    with engine(world, option, create=create) as opened:
        from covgov.hub.store.work import UnitOfWork, transaction

        with transaction(opened, write=True) as connection:
            yield UnitOfWork(connection, world.now(), actor(world), "cli")


def account(world: World, opened: Engine, event: AuditEvent, fields: Mapping[str, FieldValue]) -> None:
    """An audit entry in a transaction of its own, for what is no change of the database."""
    from covgov.hub.store.work import transaction

    with transaction(opened, write=True) as connection:
        account_in(world, connection, event, fields)


def account_in(world: World, connection: Connection, event: AuditEvent, fields: Mapping[str, FieldValue]) -> None:
    """An audit entry of the person at the host. Raises DeliveryFailed (`audit-unwritable`)."""
    from covgov.hub.eventlog import audit

    audit.write(connection, event, at=world.now(), actor=actor(world), request_id="cli", fields=fields)
