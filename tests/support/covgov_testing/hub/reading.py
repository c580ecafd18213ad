"""A hub with recorded runs and a client of each kind, for tests of what it answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx2
from fastapi import FastAPI
from sqlalchemy import Engine, insert
from starlette.testclient import TestClient

from covgov.history.interface import RunSummary
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE, RepositoryScope
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.auth_service.tokens.request import TokenRequest
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubLimits, HubSettings
from covgov.hub.store import documents, repositories
from covgov.hub.store.documents import DocumentKind
from covgov.hub.store.engine import migrate, open_engine, settle
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import REPOSITORIES
from covgov.hub.store.work import UnitOfWork, stamp, transaction
from covgov.model.run import RunRecord
from covgov_testing.fakes.auth import NOON, Clock, CountedBytes
from covgov_testing.hub.app import app_of, no_keys

HUB = "http://hub.example"
SHOP = "/v1/repositories/acme/shop"
OPEN = "/v1/repositories/acme/open"
EMPTY = "/v1/repositories/acme/empty"
OURS = RepositoryScope(frozenset({"acme/shop", "acme/empty"}))

POLICY = """\
version = 1
[policy]
fail_under = 80
[suites.api]
tests = ["tests/api"]
[suites.auth]
tests = ["tests/auth"]
[components.api]
paths = ["src/api/**"]
suite = "api"
[components.auth]
paths = ["src/auth/**"]
suite = "auth"
metric = "line"
fail_under = 92
[register]
max_term_days = 90
[notify]
on_drop = ["https://hooks.example/s3cr3t"]
"""


@dataclass(frozen=True)
class ReadDesk:
    """acme/shop and acme/empty are private, acme/open is not. The reader's token reaches acme/shop only."""

    engine: Engine
    clock: Clock
    app: FastAPI
    client: TestClient
    admin: Mapping[str, str]
    reader: Mapping[str, str]

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **query: str | int) -> httpx2.Response:
        """As the reader, unless other headers are given."""
        return self.client.get(
            path, params=dict(query) or None, headers=dict(self.reader if headers is None else headers)
        )

    def record(self, record: RunRecord, repository: str = "acme/shop") -> RunSummary:
        return SqlHistory(self.engine, self.repository(repository)).append(record)

    def put(self, kind: DocumentKind, path: str, text: str, repository: str = "acme/shop") -> None:
        found = self.repository(repository)
        with transaction(self.engine, write=True) as connection:
            documents.put(connection, kind, found.id, path=path, text=text, at=self.clock.now)

    def repository(self, full_name: str = "acme/shop") -> HubRepository:
        owner, _, name = full_name.partition("/")
        with transaction(self.engine, write=False) as connection:
            found = repositories.get(connection, owner, name)
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Template:
    """A database file to be copied for each test. bearers: a header for somebody of each role. given: secrets so far."""

    path: Path
    bearers: Mapping[Role, Mapping[str, str]]
    given: int

    def copied(self, folder: Path) -> Path:
        return Path(shutil.copyfile(self.path, folder / "hub.db"))


def template(folder: Path) -> Template:
    """With the tables, the three repositories and a token per role; only the admin's reaches acme/open."""
    path, secrets = folder / "template.db", CountedBytes()
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    with transaction(engine, write=True) as connection:
        for name, private in (("shop", True), ("empty", True), ("open", False)):
            values = {"owner": "acme", "name": name, "private": private, "created_at": stamp(NOON)}
            connection.execute(insert(REPOSITORIES).values(values))
        work = UnitOfWork(connection, NOON, "local:root", "request-0")
        bearers = {role: _bearer(work, secrets, role) for role in Role}
    settle(engine)
    return Template(path, bearers, secrets.given)


@contextmanager
def read_desk(made: Template, folder: Path, *, page: int = 200) -> Iterator[ReadDesk]:
    """page: the hub's own limit of items."""
    url, clock, secrets = f"sqlite:///{made.copied(folder)}", Clock(), CountedBytes(made.given)
    engine = open_engine(url)
    limits = replace(HubLimits(), page=page, requests_per_minute=1_000_000)
    app = app_of(HubSettings(url, limits=limits), HubDeps(engine, clock.read, no_keys, secrets, clock.monotonic))
    everyone = TestClient(app, base_url=HUB, raise_server_exceptions=False)
    try:
        yield ReadDesk(engine, clock, app, everyone, admin=made.bearers[Role.ADMIN], reader=made.bearers[Role.READER])
    finally:
        everyone.close()
        engine.dispose()


def _bearer(work: UnitOfWork, secrets: CountedBytes, role: Role) -> dict[str, str]:
    scope = EVERYWHERE if role is Role.ADMIN else OURS
    issued = tokens.issue(work, TokenRequest(role.value, role, scope, timedelta(days=30)), secrets)
    return {"Authorization": f"Bearer {issued.secret.text}"}
