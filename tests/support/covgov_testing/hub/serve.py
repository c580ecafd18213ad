"""A hub's server process: `python serve_hub.py DATABASE SOCKET_FD SETUP_JSON`; serves until it is ended."""

from __future__ import annotations

import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvicorn

from covgov.hub.app import create_app
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubLimits, HubSettings, OidcIssuer
from covgov.hub.store.engine import BUSY_SECONDS, migrate, open_engine


class Setup(msgspec.Struct, frozen=True):
    """busy_seconds: how long a writer waits for another. clock: a file with the seconds that the wall clock is off,
    which counts from the moment it is written. keys: a file that every issuer's key URL leads to.
    """

    limits: dict[str, int | float] = {}
    busy_seconds: float = BUSY_SECONDS
    clock: str = ""
    issuers: tuple[tuple[str, str], ...] = ()
    audience: str = "covgov"
    keys: str = ""

    def settings(self, database: str) -> HubSettings:
        issuers = tuple(OidcIssuer(kind, url, f"{url}/jwks") for kind, url in self.issuers)
        limits = HubLimits(**self.limits)  # type: ignore[arg-type]  # whole numbers stay whole in JSON
        return HubSettings(database, audience=self.audience, issuers=issuers, limits=limits)

    def fetch(self, url: str) -> bytes:
        if not self.keys:
            raise OSError(f"{url} is not reachable from here")
        return Path(self.keys).read_bytes()


def shift_wall_clock(offset: Path) -> None:
    """From now on `time.time` of this process tells the machine's time and what is in `offset`."""
    right = time.time
    time.time = lambda: right() + float(offset.read_text(encoding="ascii"))


def main(database: str, descriptor: int, setup: Setup) -> None:
    if setup.clock:
        shift_wall_clock(Path(setup.clock))
    engine = open_engine(database, busy_seconds=setup.busy_seconds)
    migrate(engine)
    deps = HubDeps(engine, lambda: datetime.fromtimestamp(time.time(), UTC), setup.fetch)
    app = create_app(setup.settings(database), deps)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), msgspec.json.decode(sys.argv[3], type=Setup))
