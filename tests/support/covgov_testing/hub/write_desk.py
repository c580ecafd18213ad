"""A hub to write to, in process: limits as a test wants them, a token per role, and its audit trail at hand."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.interface import HistoryView
from covgov.hub.auth_service.permissions import Role
from covgov.hub.deps import HubDeps
from covgov.hub.eventlog import audit
from covgov.hub.settings import HubLimits, HubSettings
from covgov.hub.store.engine import open_engine
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.work import transaction
from covgov.model.run import RunRecord
from covgov_testing.fakes.auth import Clock, CountedBytes
from covgov_testing.hub import database as hub_database
from covgov_testing.hub.app import app_of, no_keys
from covgov_testing.hub.reading import Template

SHOP = "/v1/repositories/acme/shop"
HISTORY = f"{SHOP}/history"
UPLOADS = f"{SHOP}/uploads"
COMMIT, TREE = "c" * 40, "d" * 40


@dataclass(frozen=True)
class WriteDesk:
    """acme/shop and acme/empty are private; acme/open is not and no token but the admin's reaches it."""

    engine: Engine
    clock: Clock
    app: FastAPI
    client: TestClient
    bearers: Mapping[Role, Mapping[str, str]]

    def ask(self, method: str, path: str, role: Role | None = Role.UPLOADER, **more: object) -> httpx2.Response:
        """As somebody of that role; None: as nobody. more: `json`, `content`, `headers`, `params`."""
        headers = {**(self.bearers[role] if role else {}), **_table(more.pop("headers", {}))}
        body = more.pop("json", None)
        content = json.dumps(body).encode() if body is not None else more.pop("content", None)
        if body is not None:
            headers["Content-Type"] = "application/json"
        params = more.pop("params", None)
        assert not more
        assert content is None or isinstance(content, bytes)
        return self.client.request(
            method, path, headers=headers, content=content, params=_table(params) if params else None
        )

    def pages(self, path: str, role: Role) -> list[httpx2.Response]:
        """A listing page after page, as its Link headers lead on."""
        found = [self.ask("GET", path, role)]
        while "next" in found[-1].links:
            found.append(self.ask("GET", found[-1].links["next"]["url"], role))
        return found

    def upload(self, body: bytes, role: Role | None = Role.UPLOADER, **about: object) -> httpx2.Response:
        """One suite's report at one commit; `about` says otherwise where it must."""
        said = {"suite": "api", "commit": COMMIT, "tree": TREE, "branch": "main", **about}
        return self.ask("POST", UPLOADS, role, content=body, params=said)

    def history(self, full_name: str = "acme/shop") -> SqlHistory:
        return hub_database.history(self.engine, full_name)

    def add(self, record: RunRecord, role: Role = Role.UPLOADER) -> httpx2.Response:
        """The run as the store `hub:` sends it, composed on what is there."""
        return self.ask("POST", f"{HISTORY}/additions", role, json=proposal(self.history().view(), record))

    def impatient(self) -> None:
        """From now on nobody waits for a lock."""
        self.engine.dispose()
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))

    def trail(self) -> list[tuple[str, str]]:
        """Event and actor of every audit entry that a request wrote, oldest first."""
        with transaction(self.engine, write=False) as connection:
            found = audit.entries(connection)
        return [(one.event, one.actor.split(":")[0]) for one in found if one.request_id != "request-0"]


def proposal(view: HistoryView, record: RunRecord) -> dict[str, object]:
    """The body of an addition."""
    added, _ = ledger.addition(view, record, {})
    assert added is not None
    head = view.read([layout.HEAD]).get(layout.HEAD)
    return {
        "expected_head": layout.digest_of(head) if head is not None else "",
        "files": {name: base64.b64encode(data).decode() for name, data in added.files.items()},
        "at": added.at.isoformat(),
        "message": added.message,
    }


def zipped(data: bytes) -> dict[str, object]:
    """`content` and `headers` of a compressed body."""
    return {"content": gzip.compress(data), "headers": {"Content-Encoding": "gzip", "Content-Type": "application/json"}}


@contextmanager
def write_desk(made: Template, folder: Path, **limits: float) -> Iterator[WriteDesk]:
    """limits: fields of HubLimits."""
    url, clock, secrets = hub_database.url(made.copied(folder)), Clock(), CountedBytes(made.given)
    engine = open_engine(url)
    wanted = replace(HubLimits(), **{"requests_per_minute": 1_000_000, **limits})  # type: ignore[arg-type]  # checked below
    assert all(isinstance(getattr(wanted, name), int | float) for name in limits)
    app = app_of(HubSettings(url, limits=wanted), HubDeps(engine, clock.read, no_keys, secrets, clock.monotonic))
    client = TestClient(app, base_url="http://hub.example", raise_server_exceptions=False)
    try:
        yield WriteDesk(engine, clock, app, client, made.bearers)
    finally:
        client.close()
        engine.dispose()


def _table(value: object) -> dict[str, str]:
    assert isinstance(value, Mapping)
    return {str(key): one for key, one in value.items()}
