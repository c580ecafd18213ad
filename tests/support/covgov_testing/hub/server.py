"""A hub in a process of its own on loopback, and what a test needs to know of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_bytes
from typing import TypeVar

import httpx2
from msgspec.json import encode
from msgspec.structs import replace
from sqlalchemy import Engine

import covgov
from covgov.history.stores.hub.client import HubClient, parse
from covgov.history.stores.hub.store import HubStore
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.auth_service.tokens.request import TokenRequest
from covgov.hub.eventlog import audit
from covgov.hub.store.engine import migrate, open_engine, structure_faults
from covgov.hub.store.work import UnitOfWork, transaction
from covgov_testing.hub import database as hub_database
from covgov_testing.hub import serve as serve_hub
from covgov_testing.hub.serve import Setup
from covgov_testing.projects import unmeasured

SOURCES = [str(Path(serve_hub.__file__).parents[2]), str(Path(covgov.__file__).parents[1])]
PLENTY = {"requests_per_minute": 10_000_000}
NUMBERS = count(1)
T = TypeVar("T")
COMMIT, TREE = "c" * 40, "d" * 40
LCOV = b"TN:\nSF:src/a.py\nDA:1,1\nDA:2,0\nend_of_record\n"


class HubServer:
    """The process listens on one port for as long as this object lives, also when it is killed and started again.

    setup: how it is served; its clock is none of the machine's when it names a file for it.
    """

    def __init__(self, root: Path, setup: Setup | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.path = root / "hub.db"
        wanted = setup or Setup()
        self._setup = replace(wanted, limits={**PLENTY, **wanted.limits})
        self.log = root / "hub.log"
        self._log = self.log.open("ab")
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.base = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.engine = open_engine(hub_database.url(self.path))
        migrate(self.engine)
        self.token = self.issue()
        try:
            self.process = self._spawn()
        except BaseException:
            self._close()
            raise

    def issue(self) -> str:
        """The text of a new admin token."""
        wanted = TokenRequest("test", Role.ADMIN, EVERYWHERE, timedelta(days=1))
        with transaction(self.engine, write=True) as connection:
            return str(
                tokens.issue(UnitOfWork(connection, datetime.now(UTC), "test", ""), wanted, token_bytes).secret.text
            )

    def repository(self) -> str:
        """A new repository of a new owner: `owner/name`."""
        made = hub_database.make(self.engine, f"owner{os.getpid()}-{next(NUMBERS)}/shop")
        return made.full_name

    def client(self, token: str | None = None) -> httpx2.Client:
        """A plain HTTP client that is the admin."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return httpx2.Client(base_url=self.base, headers=headers, timeout=30)

    def upload(
        self, shop: str, body: bytes, headers: dict[str, str] | None = None, *, seconds: float = 30, **about: str
    ) -> httpx2.Response:
        """One suite's report, of one commit unless told otherwise."""
        said = {"suite": "api", "commit": COMMIT, "tree": TREE, "branch": "main", **about}
        with self.client() as client:
            address = f"/v1/repositories/{shop}/uploads"
            return client.post(address, params=said, content=body, headers=headers, timeout=seconds)

    def store(self, shop: str) -> HubStore:
        """The history of a repository, as another machine sees it."""
        return HubStore(HubClient(parse(f"{self.base}/{shop}"), self.token))

    def kill(self) -> None:
        """As a power cut would: no goodbye."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def start(self) -> None:
        """Start again after `kill`."""
        self.process = self._spawn()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=15)
        self._close()

    def _close(self) -> None:
        self.engine.dispose()
        self.socket.close()
        self._log.close()

    def command(self, descriptor: int, path: Path) -> list[str]:
        """What serves the database at `path`; it must become the process that it is started as."""
        told = encode(self._setup).decode()
        return [sys.executable, serve_hub.__file__, hub_database.url(path), str(descriptor), told]

    def _spawn(self) -> subprocess.Popen[bytes]:
        descriptor = self.socket.fileno()
        process = subprocess.Popen(
            self.command(descriptor, self.path),
            env={**unmeasured(os.environ), "PYTHONPATH": os.pathsep.join(SOURCES)},
            pass_fds=[descriptor],
            stdout=self._log,
            stderr=self._log,
        )
        try:
            self._await(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(300):
            try:
                if httpx2.get(f"{self.base}/readyz", timeout=30).is_success:
                    return
            except httpx2.TransportError:
                pass
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the hub did not start: {self.log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def running(root: Path, setup: Setup | None = None, kind: type[HubServer] = HubServer) -> Iterator[HubServer]:
    """A server for as long as the block runs."""
    server = kind(root, setup)
    try:
        yield server
    finally:
        server.stop()


def whole(engine: Engine, *shops: str) -> list[int]:
    """How many runs each repository has, once the database, every history and the audit trail prove to be whole."""
    assert structure_faults(engine) == []
    with transaction(engine, write=False) as connection:
        assert audit.verify(connection) == []
    histories = [hub_database.history(engine, shop) for shop in shops]
    assert [fault for history in histories for fault in history.verify()] == []
    return [len(history.list()) for history in histories]


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    """A problem document, complete, with this code."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["hint"] or status in (404, 409), answer.text


def at_once(*calls: Callable[[], T]) -> list[T]:
    """What the calls return, in their order; all of them begin together, in a thread each."""
    gate = threading.Barrier(len(calls))

    def call(one: Callable[[], T]) -> T:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def policy(bar: int, size: int = 0) -> dict[str, str]:
    """A policy to put, with at least `size` bytes of text."""
    suite = '[suites.api]\ntests = ["t"]\n[components.api]\npaths = ["src/**"]\nsuite = "api"\n'
    return {"path": "covgov.toml", "text": f"version = 1\n[policy]\nfail_under = {bar}\n{suite}{'#' * size}\n"}
