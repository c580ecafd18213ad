from __future__ import annotations

import pytest
from sqlalchemy.event import listen

from covgov.hub.auth_service.visibility import is_public
from covgov.hub.store.work import WRITE
from covgov_testing.fakes.auth import AuthDesk


@pytest.mark.security
def test_only_an_existing_repository_that_is_not_private_is_public(desk: AuthDesk) -> None:
    assert is_public(desk.engine, "acme/open")
    for name in ("acme/shop", "acme/none", "other/open", "acme", "acme/", "", "acme/open/x", "ACME/open", "acme/%"):
        assert not is_public(desk.engine, name)


@pytest.mark.reliability
def test_reading_does_not_block_writers(desk: AuthDesk) -> None:
    begun: list[object] = []
    listen(desk.engine, "begin", lambda connection: begun.append(connection.get_execution_options()[WRITE]))
    is_public(desk.engine, "acme/open")
    assert begun == [False]
