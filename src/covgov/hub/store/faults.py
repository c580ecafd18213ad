"""Translates errors of the database driver into covgov's errors, so that clients never see SQLAlchemy's."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from covgov.errors import CovgovError, DeliveryFailed, InputError, Undetermined

DRIVER_ERRORS = (DBAPIError, PoolTimeout, sqlite3.Error)

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_UNAVAILABLE = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")


def translate(error: Exception, *, write: bool) -> CovgovError | None:
    """The covgov error for a driver's; None when the statement is wrong, which is a bug.

    A failed write, which was rolled back, is a DeliveryFailed; a failed read is Undetermined.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", "")
    if isinstance(error, PoolTimeout) or name.startswith(_BUSY):
        return _busy(write=write)
    if name == "SQLITE_FULL":
        return DeliveryFailed(
            "hub-storage-full",
            "the hub's disk is full; nothing of this request was stored",
            hint="free space on the database's disk, then send it again",
        )
    if name.startswith(_DAMAGED):
        return InputError(
            "hub-database-damaged", f"the hub's database is damaged: {cause}", hint="restore the latest backup"
        )
    return _unavailable(str(cause), write=write) if name.startswith(_UNAVAILABLE) else None


def _busy(*, write: bool) -> CovgovError:
    message, hint = "the hub's database was busy for too long; nothing of this request was stored", "send it again"
    if write:
        return DeliveryFailed("hub-database-busy", message, hint=hint)
    return Undetermined("hub-database-busy", message, hint=hint)


def _unavailable(cause: str, *, write: bool) -> CovgovError:
    message = f"the hub's database cannot be used: {cause}"
    hint = "make its file and directory readable and writable for the hub"
    if write:
        return DeliveryFailed("hub-database-unavailable", message, hint=hint)
    return Undetermined("hub-database-unavailable", message, hint=hint)
