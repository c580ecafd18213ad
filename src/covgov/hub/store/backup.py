"""Backup of a running hub, and verified restore."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from covgov.errors import DeliveryFailed, InputError, UsageError
from covgov.hub.store import engine as database
from covgov.hub.store import projection, repositories
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.work import transaction


@dataclass(frozen=True, slots=True)
class BackupContents:
    """Number of verified repositories and runs in a database."""

    repositories: int
    runs: int


def backup(engine: Engine, target: Path) -> BackupContents:
    """Write a consistent, verified copy of the database to a new file, readable by its owner only, while others write.

    Raises UsageError (`backup-target-exists`), DeliveryFailed (`backup-unwritable`), InputError (`backup-damaged`);
    then no target is left.
    """
    if target.exists():
        raise UsageError("backup-target-exists", f"{target} exists already", hint="name a new file")
    with _scratch(target) as copy:
        database.copy(engine, copy)
        contents = _verified(copy, target)
        _publish(copy, target)
    return contents


def restore(source: Path, url: str, prepare: Callable[[Engine], None] | None = None) -> BackupContents:
    """Create the database at `url` from a backup, at this covgov's schema revision. `source` is not changed.

    prepare: runs in the database before it appears at `url`.
    Raises UsageError (`restore-target-exists`), InputError (`backup-absent`, `backup-damaged`, `hub-database-newer`),
    DeliveryFailed (`backup-unwritable`); then no database is left at `url`.
    """
    target = database.file_of(url)
    left = next((part for part in _parts(target) if part.exists()), None)
    if left is not None:
        raise UsageError(
            "restore-target-exists",
            f"{left} exists already",
            hint=f"stop the hub, move {target.name} and its -wal, -shm and -journal files away, then restore",
        )
    if not source.is_file():
        raise InputError("backup-absent", f"{source}: no such backup")
    with _scratch(target) as copy:
        shutil.copyfile(source, copy)
        contents = _verified(copy, source, prepare)
        _publish(copy, target)
    return contents


def _verified(copy: Path, told: Path, prepare: Callable[[Engine], None] | None = None) -> BackupContents:
    """Migrate the copy, check every page, file and chain, rebuild its projections."""
    engine = database.open_engine(f"sqlite:///{copy}")
    try:
        if not database.current(engine):
            raise _damaged(told, "it is not a database of a covgov hub")
        database.migrate(engine)
        faults = database.structure_faults(engine)
        if faults:
            raise _damaged(told, faults[0])
        contents = _histories(engine, told)
        if prepare is not None:
            prepare(engine)
        database.settle(engine)
    except InputError as error:
        if error.code == "hub-database-damaged":
            raise _damaged(told, error.message) from error
        raise
    finally:
        engine.dispose()
    return contents


def _histories(engine: Engine, told: Path) -> BackupContents:
    with transaction(engine, write=True) as connection:
        every = repositories.list_(connection, limit=sys.maxsize)
        runs = 0
        for repository in every:
            history = SqlHistory(connection, repository)
            faults = history.verify()
            if faults:
                raise _damaged(told, f"{repository.full_name}: {faults[0].where}: {faults[0].what}")
            runs += projection.rebuild(connection, repository.id, history.view()) if history.exists() else 0
    return BackupContents(len(every), runs)


def _parts(path: Path) -> list[Path]:
    """A database and its SQLite side files; SQLite would replay a leftover log into another database."""
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A temporary file beside `target`, removed at the end."""
    copy = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        yield copy
    except OSError as error:
        raise DeliveryFailed(
            "backup-unwritable",
            f"{target}: {error.strerror}",
            hint="check the directory's permissions and free space; nothing was written",
        ) from error
    finally:
        for part in _parts(copy):
            part.unlink(missing_ok=True)


def _publish(copy: Path, target: Path) -> None:
    """Move the copy to `target` durably and atomically; an existing file is not replaced."""
    with copy.open("rb") as stream:
        os.fsync(stream.fileno())
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    copy.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _damaged(source: Path, what: str) -> InputError:
    return InputError("backup-damaged", f"{source}: {what}", hint="use another backup")
