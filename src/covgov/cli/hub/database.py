"""`covgov hub migrate|backup|restore|sweep|repository`: the database, on its host."""

from __future__ import annotations

import hashlib
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import FAILED, OK
from covgov.cli.hub import desk as hub_desk
from covgov.cli.hub.audit import print_faults
from covgov.cli.hub.desk import DATABASE
from covgov.cli.world import World
from covgov.errors import InputError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from covgov.hub.eventlog.verification import AuditFault
    from covgov.hub.eventlog.vocabulary import FieldValue
    from covgov.hub.store.engine import Account
    from covgov.hub.store.work import UnitOfWork

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("migrate")
@DATABASE
@click.option("--revision", default="head", show_default=True, help="An older one goes back; what it lacks is lost.")
@click.option("--yes", is_flag=True, help="Without it the database is not taken back to an older revision.")
@click.option("--histories", is_flag=True, help="Also write every history anew in this format: its runs get other ids.")
@click.pass_obj
def migrate_command(world: World, database: str | None, revision: str, yes: bool, histories: bool) -> int:
    """Migrate the database to a schema revision, all or nothing.

    Going back needs --yes and first makes a backup beside the database; its name is printed. Make one yourself before
    going forwards.

    \b
    Example: covgov hub migrate
    """
    hub_desk.require_extra()
    from covgov.hub.store import engine as store

    url = hub_desk.database_url(world, database)
    opened = store.open_engine(url)
    try:
        before = store.current(opened)
        kept = _kept(world, opened, store.file_of(url), before, yes=yes) if store.goes_back(opened, revision) else ""
        store.migrate(opened, revision, _migrated(world, kept))
        world.say(f"schema revision {before or 'none'} -> {store.current(opened) or 'none'}")
        if histories:
            _migrate_histories(world, opened)
    finally:
        opened.dispose()
    return OK


def _migrate_histories(world: World, engine: Engine) -> None:
    """Repository by repository, each whole or not at all."""
    from covgov.history.format.layout import VERSION
    from covgov.history.migrate import migrate
    from covgov.hub.eventlog.vocabulary import AuditEvent
    from covgov.hub.store import repositories
    from covgov.hub.store.history_files import SqlHistory
    from covgov.hub.store.work import transaction

    with transaction(engine, write=False) as connection:
        every = repositories.list_(connection, limit=sys.maxsize)
    for repository in every:
        with transaction(engine, write=True) as connection:
            count = migrate(SqlHistory(connection, repository))
            if count:
                details: dict[str, FieldValue] = {"repository": repository.full_name, "runs": count, "version": VERSION}
                hub_desk.account_in(world, connection, AuditEvent.HISTORY_MIGRATED, details)
        world.say(f"{repository.full_name}: {count} runs migrated to history format {VERSION}")


def _kept(world: World, opened: Engine, file: Path, revision: str, *, yes: bool) -> str:
    """A backup from before going back; its path. Raises UsageError (`hub-not-confirmed`)."""
    from covgov.hub.store.backup import backup

    if not yes:
        raise UsageError(
            "hub-not-confirmed",
            f"{file} was not migrated back from schema revision {revision}: newer data would be lost",
            hint="add --yes; a backup is made first",
        )
    target = file.with_name(f"{file.name}.{revision}-{world.now():%Y%m%dT%H%M%SZ}")
    backup(opened, target)
    world.say(f"backup: {target}")
    return str(target)


def _migrated(world: World, kept: str) -> Account:
    """Accounts for a migration, where there was a database before and still is an audit trail."""
    from sqlalchemy import inspect

    from covgov.hub.eventlog.vocabulary import AuditEvent

    def account(connection: Connection, before: str, after: str) -> None:
        if before and inspect(connection).has_table("audit"):
            details = {"before": before, "after": after, **({"backup": kept[-250:]} if kept else {})}
            hub_desk.account_in(world, connection, AuditEvent.DATABASE_MIGRATED, details)

    return account


@click.command("backup")
@click.argument("target", type=FILE)
@DATABASE
@click.pass_obj
def backup_command(world: World, target: Path, database: str | None) -> int:
    """Back up the database to a new file, and verify that file.

    The hub may keep running. Exit 10 when the audit trail is damaged; the backup is made all the same.

    \b
    Example: covgov hub backup /var/backups/hub-2026-11-22.sqlite
    """
    with hub_desk.engine(world, database) as engine:
        from covgov.hub.eventlog import audit
        from covgov.hub.eventlog.vocabulary import AuditEvent
        from covgov.hub.store.backup import backup
        from covgov.hub.store.work import transaction

        with transaction(engine, write=False) as connection:
            faults = audit.verify(connection)
        made = backup(engine, world.cwd / target)
        digest = _sha256(world.cwd / target)
        hub_desk.account(world, engine, AuditEvent.DATABASE_BACKED_UP, {"target": str(target), "sha256": digest})
    world.say(f"{target}: {made.repositories} repositories, {made.runs} runs, verified, sha256 {digest}")
    print_faults(world, faults)
    return FAILED if faults else OK


@click.command("restore")
@click.argument("source", type=FILE)
@click.option("--keep-tokens", is_flag=True, help="Do not revoke the backup's tokens.")
@DATABASE
@click.pass_obj
def restore_command(world: World, source: Path, database: str | None, keep_tokens: bool) -> int:
    """Restore the database from a backup, where none exists yet.

    Exit 10 when the backup's audit trail is damaged.

    Its tokens are revoked, because the backup does not know which of them were revoked after it was made.

    \b
    Example: covgov hub restore /var/backups/hub-2026-11-22.sqlite
    """
    hub_desk.require_extra()
    from covgov.hub.eventlog import audit
    from covgov.hub.eventlog.vocabulary import AuditEvent
    from covgov.hub.store.backup import restore
    from covgov.hub.store.work import UnitOfWork, transaction

    faults: list[AuditFault] = []
    revoked: list[str] = []

    def prepare(engine: Engine) -> None:
        with transaction(engine, write=True) as connection:
            faults.extend(audit.verify(connection))
            details = {"source": str(source), "sha256": _sha256(world.cwd / source)}
            hub_desk.account_in(world, connection, AuditEvent.DATABASE_RESTORED, details)
            work = UnitOfWork(connection, world.now(), hub_desk.actor(world), "cli")
            revoked.extend([] if keep_tokens else _revoke_all(work))

    made = restore(world.cwd / source, hub_desk.database_url(world, database), prepare)
    world.say(f"restored {made.repositories} repositories, {made.runs} runs, verified; revoked {len(revoked)} tokens")
    print_faults(world, faults)
    return FAILED if faults else OK


def _revoke_all(work: UnitOfWork) -> list[str]:
    """Every token, also those that expired: a clock that jumps back would make them good again; their ids."""
    from covgov.hub.auth_service.tokens import tokens

    return [tokens.revoke(work, one.id).id for one in tokens.list_(work.connection) if one.revoked_at is None]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@click.command("sweep")
@click.option(
    "--keep", type=click.IntRange(min=0), default=10, show_default=True, help="Number of newest runs to keep whole."
)
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True, help="Days to keep uploads.")
@DATABASE
@click.pass_obj
def sweep_command(world: World, keep: int, days: int, database: str | None) -> int:
    """Delete bulky artifacts of older runs, and old uploads.

    In every repository. Runs and their coverage stay.

    \b
    Example: covgov hub sweep --keep 10 --days 90
    """
    with hub_desk.engine(world, database) as engine:
        from covgov.hub.eventlog.vocabulary import AuditEvent
        from covgov.hub.store import repositories
        from covgov.hub.store.retention import sweep
        from covgov.hub.store.work import transaction

        with transaction(engine, write=False) as connection:
            every = repositories.list_(connection, limit=sys.maxsize)
        for repository in every:
            with transaction(engine, write=True) as connection:
                now = world.now()
                gone = sweep(connection, repository, keep=keep, before=now - timedelta(days=days), now=now)
                files, uploads = gone.artifacts + gone.unreferenced, gone.expired
                if files or uploads:
                    details: dict[str, FieldValue] = {"repository": repository.full_name, "files": files, "keep": keep}
                    hub_desk.account_in(world, connection, AuditEvent.HISTORY_PRUNED, details)
            world.say(f"{repository.full_name}: dropped {files} files and {uploads} uploads")
    return OK


@click.group("repository")
def repository_command() -> None:
    """Manage the repositories of the hub.

    \b
    Example: covgov hub repository delete acme/shop --yes
    """


@repository_command.command("delete")
@click.argument("repository")
@click.option("--yes", is_flag=True, help="Confirm the deletion.")
@DATABASE
@click.pass_obj
def delete_command(world: World, repository: str, yes: bool, database: str | None) -> int:
    """Delete a repository with its history.

    Data shared with other repositories, the audit trail and backups stay.

    \b
    Example: covgov hub repository delete acme/shop --yes
    """
    with hub_desk.work(world, database) as work:
        from covgov.hub.auth_service.removal import remove
        from covgov.hub.store import repositories

        owner, _, name = repository.partition("/")
        found = repositories.get(work.connection, owner, name)
        if found is None:
            raise InputError("repository-unknown", f"the hub has no repository {repository}")
        if not yes:
            raise UsageError("hub-not-confirmed", f"{repository} was not deleted", hint="add --yes to delete it")
        gone = remove(work, found)
    world.say(f"deleted {repository}: {gone.runs} runs, {gone.files} files, {gone.blobs} blobs")
    return _erase(world, database)


@click.command("erase")
@DATABASE
@click.pass_obj
def erase_command(world: World, database: str | None) -> int:
    """Overwrite deleted data in the database file.

    `repository delete` does this by itself; use this when it reported that it could not.

    \b
    Example: covgov hub erase
    """
    return _erase(world, database)


def _erase(world: World, database: str | None) -> int:
    with hub_desk.engine(world, database) as engine:
        from covgov.hub.store import engine as store

        store.erase(engine)
    world.say("what was deleted is overwritten in the database file")
    return OK
