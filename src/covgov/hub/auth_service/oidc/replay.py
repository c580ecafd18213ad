"""Replay protection: ids of used CI tokens, kept until they have expired."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from covgov.hub.store.schema import OIDC_SEEN
from covgov.hub.store.work import stamp

#: Ids are kept this much longer, so that a clock that jumps ahead and back allows no replay.
MARGIN: Final = timedelta(days=1)


def first_use(connection: Connection, issuer: str, token_id: str, *, expires_at: datetime, now: datetime) -> bool:
    """Record the token; False if it was used before. Needs a writing transaction.

    Of two concurrent transactions with the same token, the primary key lets only one commit.
    """
    connection.execute(delete(OIDC_SEEN).where(OIDC_SEEN.c.expires_at < stamp(now - MARGIN)))
    seen = select(OIDC_SEEN.c.token_id).where(OIDC_SEEN.c.issuer == issuer, OIDC_SEEN.c.token_id == token_id)
    if connection.execute(seen).first() is not None:
        return False
    connection.execute(insert(OIDC_SEEN).values(issuer=issuer, token_id=token_id, expires_at=stamp(expires_at)))
    return True
