"""Read access to one repository in one transaction, after a permission check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from fastapi import Depends, Request
from sqlalchemy import Connection

from covgov.errors import PolicyInvalid
from covgov.history.format.layout import StoredManifest
from covgov.history.interface import HistoryView
from covgov.hub.api import history_reading
from covgov.hub.api.http.parameters import Name, Owner
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.repository import named
from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.deps import settings_of, unit
from covgov.hub.store import documents, runs
from covgov.hub.store.documents import StoredDocument
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.projection import PROJECT
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.runs import ComponentRun, RunRow
from covgov.hub.store.work import UnitOfWork
from covgov.policy import config
from covgov.policy.policy import Policy

WHOLE = "project"
"""Component name of the whole project."""

BATCH = 100
"""Runs read in one step of a search."""


@dataclass(frozen=True, slots=True)
class RepositoryReader:
    """One repository within one transaction: all reads are consistent. now: aware, UTC."""

    connection: Connection
    repository: HubRepository
    view: HistoryView
    now: datetime

    def branch(self, asked: str) -> str:
        """The named branch, else the default branch."""
        return asked or self.repository.default_branch

    def run(self, run_id: str) -> StoredManifest:
        """The run's manifest. Raises InputError (`run-unknown`, `history-damaged`)."""
        return self.stored(runs.find(self.connection, self.repository.id, run_id))

    def revision(self, asked: str) -> StoredManifest:
        """A run by its id, or the newest complete clean one of a commit. Raises ApiProblem (`run-not-recorded`)."""
        found = runs.get(self.connection, self.repository.id, asked)
        if found is None:
            found = next((row for row in self.walk(commit=asked) if row.complete and not row.dirty), None)
        if found is None:
            raise ApiProblem(
                404,
                "run-not-recorded",
                f"{self.repository.full_name} has no run {asked}, and no complete run of such a commit",
                hint="upload a run that was not recorded with `covgov history push`",
            )
        return self.stored(found)

    def newest(self, branch: str) -> StoredManifest | None:
        """The newest clean run, None when there is none."""
        found = next((row for row in self.walk(branch=branch) if not row.dirty), None)
        return None if found is None else self.stored(found)

    def walk(self, *, branch: str | None = None, commit: str | None = None) -> Iterator[RunRow]:
        """Runs, newest first, read in batches."""
        after: int | None = None
        while True:
            page = runs.list_runs(
                self.connection, self.repository.id, branch=branch, commit=commit, after=after, limit=BATCH
            )
            yield from page
            if len(page) < BATCH:
                return
            after = page[-1].sequence

    def figures(self, component: str, branch: str, *, after: int | None, limit: int) -> Sequence[ComponentRun]:
        """A component's figures in the branch's runs, newest first; `project` can be the whole project."""
        found = runs.trend(self.connection, self.repository.id, component, branch=branch, after=after, limit=limit)
        if found or component != WHOLE:
            return found
        return runs.trend(self.connection, self.repository.id, PROJECT, branch=branch, after=after, limit=limit)

    def figure(self, component: str, branch: str) -> ComponentRun | None:
        """The component's figure in the newest clean run that has it."""
        after: int | None = None
        while page := self.figures(component, branch, after=after, limit=BATCH):
            clean = next((point for point in page if not point.run.dirty), None)
            if clean is not None:
                return clean
            after = page[-1].run.sequence
        return None

    def stored(self, row: RunRow) -> StoredManifest:
        """The manifest of a listed run. Raises InputError (`history-damaged`)."""
        return history_reading.manifest(self.view, row.sequence, row.id)

    def row(self, stored: StoredManifest) -> RunRow:
        """The row of a run. Raises InputError (`run-unknown`)."""
        return runs.find(self.connection, self.repository.id, stored.id)

    def policy(self) -> Policy | None:
        """The stored policy, None when there is none. Raises PolicyInvalid."""
        found = self.document(documents.DocumentKind.POLICY)
        return None if found is None else parsed(found.path, found.text)

    def document(self, kind: documents.DocumentKind) -> StoredDocument | None:
        """The stored document, None when there is none."""
        return documents.get(self.connection, kind, self.repository.id)


def stored_policy(connection: Connection, repository: HubRepository) -> tuple[Policy | None, str]:
    """The repository's stored policy, or the reason why there is none."""
    found = documents.get(connection, documents.DocumentKind.POLICY, repository.id)
    if found is None:
        return None, f"{repository.full_name} has no policy stored in the hub"
    try:
        return parsed(found.path, found.text), ""
    except PolicyInvalid as error:
        return None, f"the stored policy cannot be read: {error.message}"


def parsed(path: str, text: str) -> Policy:
    """The policy in a stored file, in a pyproject.toml below [tool.covgov]. Raises PolicyInvalid."""
    prefix = config.SHARED_PREFIX if path.rpartition("/")[2] == config.SHARED_FILE else ()
    return config.parse(text, path, prefix)


@dataclass(frozen=True, slots=True)
class RepositoryRequest:
    """A request about a repository, from a principal with the route's permission."""

    request: Request
    principal: Principal
    owner: str
    name: str

    @contextmanager
    def open(self) -> Iterator[RepositoryReader]:
        """The repository in a transaction that ends with the block. Raises InputError (`repository-unknown`)."""
        with unit(self.request, self.principal, write=False) as work:
            yield self.reading(work)

    @contextmanager
    def work(self) -> Iterator[UnitOfWork]:
        """A writing transaction: committed when the block ends, rolled back when it raises."""
        with unit(self.request, self.principal, write=True) as work:
            yield work

    def reading(self, work: UnitOfWork) -> RepositoryReader:
        """The repository as the transaction sees it. Raises InputError (`repository-unknown`)."""
        found = named(work.connection, self.owner, self.name)
        return RepositoryReader(work.connection, found, SqlHistory(work.connection, found).view(), work.now)

    def page(self, limit: int) -> int:
        """Items in a page: `limit`, within the hub's own limit."""
        return min(limit, settings_of(self.request).limits.page)

    def listing(self, *parts: str) -> tuple[str, ...]:
        """The listing that a cursor of this request belongs to."""
        return (self.owner, self.name, *parts)


def asks(permission: Permission) -> Callable[..., RepositoryRequest]:
    """A dependency that requires the permission in the path's repository."""
    guard = Depends(requires(permission))

    def asked(request: Request, owner: Owner, name: Name, principal: Principal = guard) -> RepositoryRequest:
        return RepositoryRequest(request, principal, owner, name)

    return asked
