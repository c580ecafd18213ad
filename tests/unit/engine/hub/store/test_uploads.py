from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError

from covgov.hub.store import repositories, uploads
from covgov.hub.store.engine import migrate, structure_faults
from covgov.hub.store.schema import TOKENS
from covgov.hub.store.uploads import Upload, UploadKey
from covgov.hub.store.work import transaction
from covgov_testing.builders.run import NOON
from covgov_testing.hub.database import database

KEY = UploadKey("main", "t" * 40, "api", "linux", 1)
TOKEN = {
    "name": "ci",
    "role": "reader",
    "scope": "[]",
    "created_at": "2026-11-18T12:00:00Z",
    "expires_at": "2027-11-18T12:00:00Z",
}
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


@pytest.mark.reliability
def test_uploads_and_tokens_survive_the_migration_and_back(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        with transaction(engine, write=True) as connection:
            repositories.create(connection, "acme", "shop", at=NOON)
            for branch in ("main", "dev"):
                uploads.add(connection, 1, replace(UPLOAD, key=replace(KEY, branch=branch)))
            for number, ref in enumerate([None, "refs/heads/main"]):
                connection.execute(insert(TOKENS).values(**TOKEN, id=f"t{number}", sha256=str(number), ref=ref))
        migrate(engine, "0002")
        with transaction(engine, write=False) as connection:
            kept = connection.execute(text("SELECT id FROM tokens")).scalars().all()
            assert kept == ["t0"], "without its ref a CI job's token could write everywhere"
            assert connection.execute(text("SELECT branch FROM uploads")).scalars().all() == ["main"]
        migrate(engine)
        with transaction(engine, write=True) as connection:
            assert uploads.find(connection, 1, KEY) == UPLOAD
            uploads.add(connection, 1, replace(UPLOAD, key=replace(KEY, branch="dev")))
            with pytest.raises(IntegrityError):
                uploads.add(connection, 1, UPLOAD)
            connection.rollback()
        assert structure_faults(engine) == []
