"""The repository in a route's path."""

from __future__ import annotations

from sqlalchemy import Connection

from covgov.hub.store import repositories
from covgov.hub.store.repositories import HubRepository


def named(connection: Connection, owner: str, name: str) -> HubRepository:
    """Raises InputError (`repository-unknown`), which is a 404."""
    found = repositories.get(connection, owner, name)
    if found is None:
        raise repositories.unknown(f"{owner}/{name}")
    return found
