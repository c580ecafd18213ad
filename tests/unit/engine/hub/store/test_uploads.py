from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from covgov.hub.store import repositories, uploads
from covgov.hub.store.uploads import Key, Upload
from covgov.hub.store.work import transaction
from covgov_testing.builders_run import NOON
from covgov_testing.hub_database import database

KEY = Key("main", "t" * 40, "api", "linux", 1)
UPLOAD = Upload(KEY, "c" * 40, ("api", "auth"), "0" * 64, b"snapshot", NOON)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with database(tmp_path / "hub.db") as engine, transaction(engine, write=True) as opened:
        for name in ("shop", "other"):
            repositories.create(opened, "acme", name, at=NOON)
        yield opened


def test_an_upload_is_found_by_its_whole_key_in_its_own_repository(connection: Connection) -> None:
    uploads.add(connection, 1, UPLOAD)
    assert uploads.find(connection, 1, KEY) == UPLOAD
    assert uploads.find(connection, 2, KEY) is None
    for other in (
        replace(KEY, branch="dev"),
        replace(KEY, tree="x"),
        replace(KEY, suite="auth"),
        replace(KEY, name="mac"),
        replace(KEY, attempt=2),
    ):
        assert uploads.find(connection, 1, other) is None


def test_a_second_upload_under_one_key_is_impossible(connection: Connection) -> None:
    uploads.add(connection, 1, UPLOAD)
    with pytest.raises(IntegrityError):
        uploads.add(connection, 1, replace(UPLOAD, sha256="1" * 64))


def test_the_uploads_of_one_attempt_are_settled_together(connection: Connection) -> None:
    keys = [
        KEY,
        replace(KEY, suite="auth"),
        replace(KEY, name="arm"),
        replace(KEY, attempt=2),
        replace(KEY, branch="dev"),
    ]
    for key in keys:
        uploads.add(connection, 1, replace(UPLOAD, key=key))
    uploads.add(connection, 2, UPLOAD)
    uploads.settle(connection, 1, KEY, "r1")
    together = uploads.of_run(connection, 1, replace(KEY, suite="any"))
    assert [(found.key.suite, found.key.name, found.run_id) for found in together] == [
        ("api", "arm", "r1"),
        ("api", "linux", "r1"),
        ("auth", "linux", "r1"),
    ]
    assert [found.run_id for found in uploads.of_run(connection, 1, replace(KEY, attempt=2))] == [""]
    assert [found.run_id for found in uploads.of_run(connection, 2, KEY)] == [""]
    assert [found.run_id for found in uploads.of_run(connection, 1, replace(KEY, branch="dev"))] == [""]
