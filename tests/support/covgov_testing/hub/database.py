"""A hub's database in a temporary directory, its repositories, and what lies in its files byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, delete, insert, select, update

from covgov.history.format import layout
from covgov.hub.store import repositories
from covgov.hub.store.engine import migrate, open_engine, settle
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import BLOBS, HISTORY_FILES
from covgov.hub.store.work import transaction
from covgov_testing.builders.run import NOON


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    """An empty database at the newest revision: migrating one for each test would take longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        engine = open_engine(url(path))
        migrate(engine)
        settle(engine)
        return path.read_bytes()


@contextmanager
def database(path: Path) -> Iterator[Engine]:
    """Opened, at the newest revision when it is new, closed at the end."""
    if not path.exists():
        path.write_bytes(_migrated())
    engine = open_engine(url(path))
    try:
        yield engine
    finally:
        engine.dispose()


def make(engine: Engine, full_name: str = "acme/shop") -> HubRepository:
    owner, _, name = full_name.partition("/")
    with transaction(engine, write=True) as connection:
        return repositories.create(connection, owner, name, at=NOON)


def get(engine: Engine, full_name: str = "acme/shop") -> HubRepository:
    """The repository, which is made when there is none."""
    owner, _, name = full_name.partition("/")
    with transaction(engine, write=True) as connection:
        found = repositories.get(connection, owner, name)
        return found or repositories.create(connection, owner, name, at=NOON)


def history(engine: Engine, full_name: str = "acme/shop") -> SqlHistory:
    """The history of a repository, which is made when there is none."""
    return SqlHistory(engine, get(engine, full_name))


def forge(engine: Engine, repository: HubRepository, name: str, data: bytes | None) -> None:
    """Put other bytes in the place of a file's (None = remove it), behind the store's back."""
    mine = (HISTORY_FILES.c.repository_id == repository.id) & (HISTORY_FILES.c.name == name)
    with transaction(engine, write=True) as connection:
        if data is None:
            connection.execute(delete(HISTORY_FILES).where(mine))
            return
        digest = layout.digest_of(data)
        same = (BLOBS.c.owner == repository.owner) & (BLOBS.c.sha256 == digest)
        blob = connection.execute(select(BLOBS.c.id).where(same)).scalar()
        if blob is None:
            row = {"owner": repository.owner, "sha256": digest, "data": data}
            connection.execute(insert(BLOBS).values(**row))
            blob = connection.execute(select(BLOBS.c.id).where(same)).scalar_one()
        if not connection.execute(update(HISTORY_FILES).where(mine).values(blob_id=blob)).rowcount:
            connection.execute(insert(HISTORY_FILES).values(repository_id=repository.id, name=name, blob_id=blob))


def bytes_on_disk(path: Path) -> bytes:
    """Everything that the database's files hold: the file itself, its write-ahead log, its shared memory."""
    files = (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))
    return b"".join(file.read_bytes() for file in files if file.exists())
