"""Create, find, change and delete repositories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update
from sqlalchemy import delete as delete_from

from covgov.errors import DeliveryFailed, InputError
from covgov.hub.store import blobs
from covgov.hub.store.schema import HISTORY_FILES, REPOSITORIES, RUNS
from covgov.hub.store.verify.plausible import BRANCH
from covgov.hub.store.work import moment, stamp

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
"""Names of owners and repositories, as on the forges, so that `owner/name` is a path of two segments."""


@dataclass(frozen=True, slots=True)
class HubRepository:
    """id: in this database; a repository that is deleted and created again gets a new one."""

    id: int
    owner: str
    name: str
    default_branch: str
    private: bool
    created_at: datetime

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True)
class Deletion:
    """Number of deleted runs, history files and blobs; `shared` blobs are used elsewhere and stay."""

    repository: HubRepository
    runs: int
    files: int
    blobs: int
    shared: int


def create(
    connection: Connection,
    owner: str,
    name: str,
    *,
    at: datetime,
    default_branch: str = "main",
    private: bool = True,
) -> HubRepository:
    """Raises InputError: `repository-name-invalid`, `repository-exists`."""
    if not NAME.fullmatch(owner) or not NAME.fullmatch(name) or not BRANCH.fullmatch(default_branch):
        raise InputError(
            "repository-name-invalid",
            f"not a repository's name or branch: {owner!r} / {name!r}, {default_branch!r}",
            hint="an owner and a name have 1 to 100 letters, digits, dots, dashes or underscores",
        )
    if get(connection, owner, name) is not None:
        raise InputError("repository-exists", f"the repository {owner}/{name} already exists")
    values = {"owner": owner, "name": name, "default_branch": default_branch, "private": private}
    connection.execute(insert(REPOSITORIES).values(**values, created_at=stamp(at)))
    made = get(connection, owner, name)
    assert made is not None  # noqa: S101 - this transaction has just inserted it
    return made


def get(connection: Connection, owner: str, name: str) -> HubRepository | None:
    """The repository, None when there is none. Names are case-sensitive."""
    mine = (REPOSITORIES.c.owner == owner) & (REPOSITORIES.c.name == name)
    row = connection.execute(select(REPOSITORIES).where(mine)).one_or_none()
    return None if row is None else _repository(row)


def list_(connection: Connection, *, after: str = "", limit: int = 100) -> Sequence[HubRepository]:
    """By owner and name. after: last `owner/name` of the previous page."""
    query = select(REPOSITORIES).order_by(REPOSITORIES.c.owner, REPOSITORIES.c.name).limit(limit)
    if after:
        owner, _, name = after.partition("/")
        query = query.where(tuple_(REPOSITORIES.c.owner, REPOSITORIES.c.name) > tuple_(owner, name))
    return [_repository(row) for row in connection.execute(query)]


def change(connection: Connection, repository: HubRepository, *, default_branch: str, private: bool) -> HubRepository:
    """Raises InputError (`repository-name-invalid`, `repository-unknown`)."""
    if not BRANCH.fullmatch(default_branch):
        raise InputError("repository-name-invalid", f"not the name of a branch: {default_branch!r}")
    connection.execute(
        update(REPOSITORIES)
        .where(REPOSITORIES.c.id == repository.id)
        .values(default_branch=default_branch, private=private)
    )
    changed = get(connection, repository.owner, repository.name)
    if changed is None:
        raise unknown(repository.full_name)
    return changed


def delete(connection: Connection, repository: HubRepository) -> Deletion:
    """Delete all its rows, and all blobs that no other repository of its owner uses.

    Raises InputError (`repository-unknown`).
    `engine.erase` overwrites the bytes in the file after this transaction. Audit entries, which hold no coverage, and
    older backups remain.
    """
    lock(connection, repository)
    mine = HISTORY_FILES.c.repository_id == repository.id
    used = set(connection.execute(select(HISTORY_FILES.c.blob_id).where(mine).distinct()).scalars())
    files = connection.execute(select(func.count()).select_from(HISTORY_FILES).where(mine)).scalar_one()
    runs = connection.execute(
        select(func.count()).select_from(RUNS).where(RUNS.c.repository_id == repository.id)
    ).scalar_one()
    connection.execute(delete_from(REPOSITORIES).where(REPOSITORIES.c.id == repository.id))
    dropped = blobs.drop_unused(connection, sorted(used))
    return Deletion(repository, runs, files, dropped, len(used) - dropped)


def take(connection: Connection, repository_id: int, size: int, quota: int | None = None) -> None:
    """Add `size` (can be negative) to the bytes that it stores. quota: the limit; None for no limit.

    Raises DeliveryFailed (`repository-full`), with nothing changed.
    """
    mine = REPOSITORIES.c.id == repository_id
    kept = connection.execute(select(REPOSITORIES.c.bytes).where(mine)).scalar_one()
    if quota is not None and size > 0 and kept + size > quota:
        raise DeliveryFailed(
            "repository-full",
            f"the repository stores {kept} bytes of its quota of {quota}; {size} more do not fit",
            hint="prune artifacts of old runs, or ask the hub's administrator for more (COVGOV_HUB_LIMIT_REPOSITORY)",
        )
    connection.execute(update(REPOSITORIES).where(mine).values(bytes=max(0, kept + size)))


def lock(connection: Connection, repository: HubRepository) -> None:
    """Serialise the writers of one owner, which share blobs. Raises InputError (`repository-unknown`)."""
    query = (
        select(REPOSITORIES.c.id, REPOSITORIES.c.name)
        .where(REPOSITORIES.c.owner == repository.owner)
        .order_by(REPOSITORIES.c.id)
        .with_for_update()
    )
    if (repository.id, repository.name) not in {(row.id, row.name) for row in connection.execute(query)}:
        raise unknown(repository.full_name)


def unknown(full_name: str) -> InputError:
    """The error for a missing repository."""
    return InputError("repository-unknown", f"the hub has no repository {full_name}")


def _repository(row: Row[tuple[object, ...]]) -> HubRepository:
    return HubRepository(row.id, row.owner, row.name, row.default_branch, row.private, moment(row.created_at))
