"""Uploads of single suites; they are kept after their run is complete, to recognise repeated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert, select, update

from covgov.hub.store.schema import UPLOADS
from covgov.hub.store.work import moment, stamp


@dataclass(frozen=True, slots=True)
class UploadKey:
    """Identity of an upload within a repository.

    branch: included so that a job cannot complete or block another branch's run of the same tree.
    """

    branch: str
    tree: str
    suite: str
    name: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Upload:
    """sha256: of the content. snapshot: as `snapshot_codec` encodes it. run_id: "" until the run is recorded."""

    key: UploadKey
    commit: str
    expected: tuple[str, ...]
    sha256: str
    snapshot: bytes
    received_at: datetime
    run_id: str = ""


def find(connection: Connection, repository_id: int, key: UploadKey) -> Upload | None:
    """The upload with this key, None when there is none."""
    wanted = (UPLOADS.c.suite == key.suite) & (UPLOADS.c.name == key.name)
    row = connection.execute(_of(repository_id, key).where(wanted)).one_or_none()
    return None if row is None else _upload(row)


def of_run(connection: Connection, repository_id: int, run: UploadKey) -> Sequence[Upload]:
    """All uploads of the same branch, tree and attempt as `run`, by suite and name."""
    query = _of(repository_id, run).order_by(UPLOADS.c.suite, UPLOADS.c.name)
    return [_upload(row) for row in connection.execute(query)]


def add(connection: Connection, repository_id: int, upload: Upload) -> None:
    """Add an upload. Raises IntegrityError when its key exists."""
    connection.execute(
        insert(UPLOADS).values(
            repository_id=repository_id,
            commit_id=upload.commit,
            tree=upload.key.tree,
            branch=upload.key.branch,
            suite=upload.key.suite,
            name=upload.key.name,
            attempt=upload.key.attempt,
            expected=msgspec.json.encode(upload.expected).decode(),
            sha256=upload.sha256,
            snapshot=upload.snapshot,
            received_at=stamp(upload.received_at),
        )
    )


def settle(connection: Connection, repository_id: int, run: UploadKey, run_id: str) -> None:
    """Mark all uploads of the same branch, tree and attempt as `run` as part of the run."""
    connection.execute(update(UPLOADS).where(_together(repository_id, run)).values(run_id=run_id))


def _of(repository_id: int, run: UploadKey) -> Select[*tuple[object, ...]]:
    return select(UPLOADS).where(_together(repository_id, run))


def _together(repository_id: int, run: UploadKey) -> ColumnElement[bool]:
    return and_(
        UPLOADS.c.repository_id == repository_id,
        UPLOADS.c.branch == run.branch,
        UPLOADS.c.tree == run.tree,
        UPLOADS.c.attempt == run.attempt,
    )


def _upload(row: Row[*tuple[object, ...]]) -> Upload:
    return Upload(
        UploadKey(row.branch, row.tree, row.suite, row.name, row.attempt),
        row.commit_id,
        msgspec.json.decode(row.expected, type=tuple[str, ...]),
        row.sha256,
        row.snapshot,
        moment(row.received_at),
        row.run_id or "",
    )
