from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from covgov.history.format.layout import digest_of
from covgov.hub.store import blobs
from covgov.hub.store.schema import BLOBS
from covgov.hub.store.work import transaction
from covgov_testing.hub.database import database


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with database(tmp_path / "hub.db") as engine, transaction(engine, write=True) as opened:
        yield opened


def held(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(BLOBS)).scalar_one()


def test_equal_content_is_kept_once_however_often_it_comes(connection: Connection) -> None:
    first = blobs.keep(connection, "acme", [b"one", b"two", b"one"])
    assert first.keys() == {digest_of(b"one"), digest_of(b"two")}
    assert blobs.keep(connection, "acme", [b"two", b"one"]) == first
    assert blobs.keep(connection, "acme", [b"three"]).keys() == {digest_of(b"three")}
    assert blobs.keep(connection, "acme", []) == {}
    assert held(connection) == 3


@pytest.mark.security
def test_another_owner_s_blob_is_never_used(connection: Connection) -> None:
    mine, theirs = (blobs.keep(connection, owner, [b"same"])[digest_of(b"same")] for owner in ("acme", "rival"))
    assert mine != theirs


def test_batches_larger_than_one_statement_work(connection: Connection) -> None:
    many = [b"%d" % number for number in range(2 * blobs.BATCH + 1)]
    ids = blobs.keep(connection, "acme", many)
    assert (len(ids), held(connection)) == (len(many), len(many))
    assert blobs.drop_unused(connection, list(ids.values())) == len(many)
    assert held(connection) == 0
