"""What every reading route begins with: one repository, as of one moment, for someone who may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from fastapi import Depends, Request
from sqlalchemy import Connection

from covgov.errors import PolicyInvalid
from covgov.history.interface import View
from covgov.history.layout import Stored
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
"""How the whole project is asked for."""

BATCH = 100
"""Runs that are looked at in one step of a search."""


@dataclass(frozen=True, slots=True)
class RepositoryReader:
    """One repository within one transaction: everything that is read belongs together. now: aware, UTC."""

    connection: Connection
    repository: HubRepository
    view: View
    now: datetime

    def branch(self, asked: str) -> str:
        """The branch that was asked for, else the default one."""
        return asked or self.repository.default_branch

    def run(self, run_id: str) -> Stored:
        """The run's manifest. Raises InputError (`run-unknown`, `history-damaged`)."""
        return self.stored(runs.find(self.connection, self.repository.id, run_id))

    def revision(self, asked: str) -> Stored:
        """A run by its id, or the newest complete one of a commit. Raises ApiProblem (`run-not-recorded`)."""
        found = runs.get(self.connection, self.repository.id, asked)
        if found is None:
            found = next((row for row in self.walk(commit=asked) if row.complete and not row.dirty), None)
        if found is None:
            raise ApiProblem(
                404,
                "run-not-recorded",
                f"{self.repository.full_name} has no run {asked}, and no complete run of such a commit",
                hint="`covgov history push` brings a run that was judged and not recorded",
            )
        return self.stored(found)

    def newest(self, branch: str) -> Stored | None:
        """The newest run of a clean tree, None when there is none."""
        found = next((row for row in self.walk(branch=branch) if not row.dirty), None)
        return None if found is None else self.stored(found)

    def walk(self, *, branch: str | None = None, commit: str | None = None) -> Iterator[RunRow]:
        """Runs, newest first, as many as are taken."""
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
        """What the branch's runs say of a component, newest first; `project` is the project where none is so named."""
        found = runs.trend(self.connection, self.repository.id, component, branch=branch, after=after, limit=limit)
        if found or component != WHOLE:
            return found
        return runs.trend(self.connection, self.repository.id, PROJECT, branch=branch, after=after, limit=limit)

    def figure(self, component: str, branch: str) -> ComponentRun | None:
        """What the newest run of a clean tree that tells of the component says."""
        after: int | None = None
        while page := self.figures(component, branch, after=after, limit=BATCH):
            clean = next((point for point in page if not point.run.dirty), None)
            if clean is not None:
                return clean
            after = page[-1].run.sequence
        return None

    def stored(self, row: RunRow) -> Stored:
        """The manifest of a listed run. Raises InputError (`history-damaged`)."""
        return history_reading.manifest(self.view, row.sequence, row.id)

    def row(self, stored: Stored) -> RunRow:
        """How a run is listed. Raises InputError (`run-unknown`)."""
        return runs.find(self.connection, self.repository.id, stored.id)

    def policy(self) -> Policy | None:
        """The stored policy, None when there is none. Raises PolicyInvalid."""
        found = self.document(documents.DocumentKind.POLICY)
        return None if found is None else parsed(found.path, found.text)

    def document(self, kind: documents.DocumentKind) -> StoredDocument | None:
        """What was put, None when nothing was."""
        return documents.get(self.connection, kind, self.repository.id)


def stored_policy(connection: Connection, repository: HubRepository) -> tuple[Policy | None, str]:
    """The policy that the repository stored, or why there is none to judge by."""
    found = documents.get(connection, documents.DocumentKind.POLICY, repository.id)
    if found is None:
        return None, f"{repository.full_name} has stored no policy in the hub"
    try:
        return parsed(found.path, found.text), ""
    except PolicyInvalid as error:
        return None, f"the stored policy cannot be read: {error.message}"


def parsed(path: str, text: str) -> Policy:
    """The policy in a stored file; in a pyproject.toml it stands below [tool.covgov]. Raises PolicyInvalid."""
    prefix = config.SHARED_PREFIX if path.rpartition("/")[2] == config.SHARED_FILE else ()
    return config.parse(text, path, prefix)


@dataclass(frozen=True, slots=True)
class RepositoryRequest:
    """A request about a repository whose sender may do what the route requires."""

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
        """A transaction that is kept when the block ends and undone when it raises."""
        with unit(self.request, self.principal, write=True) as work:
            yield work

    def reading(self, work: UnitOfWork) -> RepositoryReader:
        """The repository as the transaction sees it. Raises InputError (`repository-unknown`)."""
        found = named(work.connection, self.owner, self.name)
        return RepositoryReader(work.connection, found, SqlHistory(work.connection, found).view(), work.now)

    def page(self, limit: int) -> int:
        """How many items a page has: what was asked for, within the hub's own limit."""
        return min(limit, settings_of(self.request).limits.page)

    def listing(self, *parts: str) -> tuple[str, ...]:
        """What a cursor of this request belongs to."""
        return (self.owner, self.name, *parts)


def asks(permission: Permission) -> Callable[..., RepositoryRequest]:
    """A dependency that lets pass who holds the permission in the path's repository."""
    guard = Depends(requires(permission))

    def asked(request: Request, owner: Owner, name: Name, principal: Principal = guard) -> RepositoryRequest:
        return RepositoryRequest(request, principal, owner, name)

    return asked
