"""The hub's OpenAPI document on standard output: `make openapi` keeps it in docs/openapi.json."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from sqlalchemy import create_engine

from covgov.hub.api.openapi import document
from covgov.hub.app import create_app
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubSettings

if __name__ == "__main__":
    deps = HubDeps(create_engine("sqlite://"), lambda: datetime.now(UTC), fetch_jwks=str.encode)
    sys.stdout.buffer.write(document(create_app(HubSettings("sqlite://"), deps)))
