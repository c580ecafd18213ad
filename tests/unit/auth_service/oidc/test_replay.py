from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from covgov.hub.auth_service.oidc import replay
from covgov.hub.store.schema import OIDC_SEEN
from covgov.hub.store.work import transaction
from covgov_testing.fakes.auth import DAY, NOON, AuthDesk

SOON = NOON + timedelta(minutes=6)


def first(
    desk: AuthDesk, token_id: str, *, issuer: str = "https://a", until: datetime = SOON, now: datetime = NOON
) -> bool:
    with desk.work() as work:
        return replay.first_use(work.connection, issuer, token_id, expires_at=until, now=now)


def remembered(desk: AuthDesk) -> int:
    with transaction(desk.engine, write=False) as connection:
        return connection.execute(select(func.count()).select_from(OIDC_SEEN)).scalar_one()


@pytest.mark.security
def test_a_token_can_be_used_once(desk: AuthDesk) -> None:
    assert first(desk, "1")
    assert not first(desk, "1")
    assert not first(desk, "1", until=SOON + DAY)
    assert first(desk, "2")


def test_two_issuers_may_give_the_same_id(desk: AuthDesk) -> None:
    assert first(desk, "1")
    assert first(desk, "1", issuer="https://b")


@pytest.mark.security
def test_a_token_id_is_forgotten_a_day_after_its_expiry(desk: AuthDesk) -> None:
    first(desk, "1")
    first(desk, "2", now=SOON + DAY, until=SOON + 2 * DAY)
    assert remembered(desk) == 2
    first(desk, "3", now=SOON + DAY + timedelta(seconds=1), until=SOON + 2 * DAY)
    assert remembered(desk) == 2
    assert not first(desk, "2", now=SOON + DAY)


@pytest.mark.security
@pytest.mark.reliability
def test_a_jumping_clock_allows_no_replay(desk: AuthDesk) -> None:
    first(desk, "1")
    first(desk, "2", now=NOON + DAY, until=NOON + 2 * DAY)
    assert not first(desk, "1", now=NOON)


def test_a_rolled_back_use_does_not_count(desk: AuthDesk) -> None:
    with desk.work() as work:
        assert replay.first_use(work.connection, "https://a", "1", expires_at=SOON, now=NOON)
        work.connection.rollback()
    assert first(desk, "1")


@pytest.mark.security
def test_the_table_itself_refuses_a_second_use(desk: AuthDesk) -> None:
    first(desk, "1")
    row = {"issuer": "https://a", "token_id": "1", "expires_at": "2026-11-22T12:06:00Z"}
    with pytest.raises(IntegrityError), desk.work() as work:
        work.connection.execute(OIDC_SEEN.insert().values(row))
    with transaction(desk.engine, write=False) as connection:
        assert connection.execute(select(OIDC_SEEN)).one() == ("https://a", "1", "2026-11-22T12:06:00Z")
