"""A hub in a process of its own on loopback, and what a test needs to know of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_bytes

import httpx2

import covgov
from covgov.hub.auth_service import tokens
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE
from covgov.hub.auth_service.tokenrequest import TokenRequest
from covgov.hub.store.engine import migrate, open_engine
from covgov.hub.store.work import Work, transaction
from covgov_testing import hub_database, serve_hub

SOURCES = [str(Path(serve_hub.__file__).parents[1]), str(Path(covgov.__file__).parents[1])]
PLENTY = {"requests_per_minute": 10_000_000}
NUMBERS = count(1)


class HubServer:
    """The process listens on one port for as long as this object lives, also when it is killed and started again."""

    def __init__(self, root: Path, limits: dict[str, float] | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.path = root / "hub.db"
        self._limits = {**PLENTY, **(limits or {})}
        self._log = (root / "hub.log").open("ab")
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.base = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.engine = open_engine(hub_database.url(self.path))
        migrate(self.engine)
        self.token = self.issue()
        self.process = self._spawn()

    def issue(self) -> str:
        """The text of a new admin token."""
        wanted = TokenRequest("test", Role.ADMIN, EVERYWHERE, timedelta(days=1))
        with transaction(self.engine, write=True) as connection:
            return str(tokens.issue(Work(connection, datetime.now(UTC), "test", ""), wanted, token_bytes).secret.text)

    def repository(self) -> str:
        """A new repository of a new owner: `owner/name`."""
        made = hub_database.make(self.engine, f"owner{os.getpid()}-{next(NUMBERS)}/shop")
        return made.full_name

    def client(self, token: str | None = None) -> httpx2.Client:
        """A plain HTTP client that is the admin."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return httpx2.Client(base_url=self.base, headers=headers, timeout=30)

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
        self.engine.dispose()
        self.socket.close()
        self._log.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        descriptor = self.socket.fileno()
        process = subprocess.Popen(
            [
                sys.executable,
                serve_hub.__file__,
                hub_database.url(self.path),
                str(descriptor),
                json.dumps(self._limits),
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES)},
            pass_fds=[descriptor],
            stdout=self._log,
            stderr=self._log,
        )
        self._await(process)
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
        raise AssertionError(f"the hub did not start; see {self._log.name}")


@contextmanager
def running(root: Path, limits: dict[str, float] | None = None) -> Iterator[HubServer]:
    """A server for as long as the block runs."""
    server = HubServer(root, limits)
    try:
        yield server
    finally:
        server.stop()
