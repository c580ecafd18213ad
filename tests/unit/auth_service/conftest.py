"""A fresh hub database for each test, copied from one that is made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from covgov_testing.fakes.auth import AuthDesk, Clock, LocalIssuer, auth_desk, prepared_database


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_database(tmp_path_factory.mktemp("auth"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(clock: Clock) -> LocalIssuer:
    return LocalIssuer(clock)


@pytest.fixture
def desk(template: Path, tmp_path: Path, clock: Clock) -> Iterator[AuthDesk]:
    with auth_desk(template, tmp_path, clock) as made:
        yield made
