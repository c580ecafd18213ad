"""A hub's server process: `python serve_hub.py DATABASE SOCKET_FD LIMITS_JSON`; serves until it is ended."""

from __future__ import annotations

import json
import socket
import sys
from datetime import UTC, datetime

import uvicorn

from covgov.hub.app import create_app
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubSettings, Limits
from covgov.hub.store.engine import migrate, open_engine


def no_keys(url: str) -> bytes:
    raise OSError(f"{url} is not reachable from here")


def main(database: str, descriptor: int, limits: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    settings = HubSettings(database, limits=Limits(**json.loads(limits)))
    app = create_app(settings, HubDeps(engine, lambda: datetime.now(UTC), no_keys))
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
