"""A CI token is good once: the ids of those already shown, kept until nobody could accept them any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from covgov.hub.store.schema import OIDC_SEEN
from covgov.hub.store.work import stamp

#: Ids are kept this much longer than needed, so that a clock which jumps ahead and back lets nothing in twice.
MARGIN: Final = timedelta(days=1)


def first_use(connection: Connection, issuer: str, token_id: str, *, expires_at: datetime, now: datetime) -> bool:
    """Whether this token was not shown before; from now on it was. Needs a writing transaction.

    Two transactions that show the same token at once: the primary key lets only one of them commit.
    """
    connection.execute(delete(OIDC_SEEN).where(OIDC_SEEN.c.expires_at < stamp(now - MARGIN)))
    seen = select(OIDC_SEEN.c.token_id).where(OIDC_SEEN.c.issuer == issuer, OIDC_SEEN.c.token_id == token_id)
    if connection.execute(seen).first() is not None:
        return False
    connection.execute(insert(OIDC_SEEN).values(issuer=issuer, token_id=token_id, expires_at=stamp(expires_at)))
    return True
