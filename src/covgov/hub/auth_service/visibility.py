"""Whether a repository is public."""

from __future__ import annotations

from sqlalchemy import Engine, select

from covgov.hub.store.schema import REPOSITORIES
from covgov.hub.store.work import transaction


def is_public(engine: Engine, repository: str) -> bool:
    """Whether `owner/name` exists and is not private."""
    owner, _, name = repository.partition("/")
    query = select(REPOSITORIES.c.private).where(REPOSITORIES.c.owner == owner, REPOSITORIES.c.name == name)
    with transaction(engine, write=False) as connection:
        return connection.execute(query).scalar_one_or_none() is False
