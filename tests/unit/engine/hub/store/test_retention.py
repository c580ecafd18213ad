from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from covgov.errors import DeliveryFailed
from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.interface import Addition
from covgov.hub.store import repositories, retention
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.retention import SweepResult
from covgov.hub.store.schema import BLOBS, HISTORY_FILES, REPOSITORIES, UPLOADS
from covgov.hub.store.verify.admission import Judge
from covgov.hub.store.work import stamp, transaction
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub.database import database, make


def upload(connection: Connection, repository_id: int, name: str, *, hours: int, run_id: str | None = None) -> None:
    values = {
        "commit_id": "c",
        "tree": "t",
        "branch": "main",
        "suite": "api",
        "name": name,
        "attempt": 1,
        "expected": "[]",
        "sha256": "0" * 64,
        "snapshot": b"bulk",
        "received_at": stamp(NOON + timedelta(hours=hours)),
    }
    connection.execute(insert(UPLOADS).values(repository_id=repository_id, run_id=run_id, **values))


def test_a_sweep_drops_expired_files_only(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        shop, other = make(engine), make(engine, "acme/other")
        with transaction(engine, write=True) as connection:
            store = SqlHistory(connection, shop)
            for number in range(3):
                store.append(run(f"c{number}"), {"api.xml": b"%d" % number})
            leaving = layout.object_name(layout.digest_of(b"lost"))
            store.update(lambda _: Addition({leaving: b"lost"}, NOON, "objects first"))
            for repository in (shop, other):
                upload(connection, repository.id, "old", hours=-1)
                upload(connection, repository.id, "old-used", hours=-1, run_id="r1")
                upload(connection, repository.id, "new", hours=0)
            told = retention.sweep(connection, shop, keep=1, before=NOON, now=NOON)
            again = retention.sweep(connection, shop, keep=1, before=NOON, now=NOON)
            left = connection.execute(select(UPLOADS.c.repository_id, UPLOADS.c.name, UPLOADS.c.snapshot)).all()
        assert told == SweepResult(artifacts=2, unreferenced=1, expired=2)
        assert again == SweepResult(0, 0, 0)
        mine = {(row.name, row.snapshot) for row in left if row.repository_id == shop.id}
        assert mine == {("new", b"bulk")}
        assert len(left) - len(mine) == 3
        found = SqlHistory(engine, shop)
        assert (len(found.list()), list(found.verify())) == (3, [])
        with transaction(engine, write=False) as connection:
            assert set(connection.execute(select(BLOBS.c.id)).scalars()) == used(connection), "no byte is left behind"


def used(connection: Connection) -> set[int]:
    return set(connection.execute(select(HISTORY_FILES.c.blob_id)).scalars())


def test_a_sweep_of_one_repository_touches_no_other_owner_s_bytes(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        shop = make(engine)
        with transaction(engine, write=True) as connection:
            connection.execute(insert(BLOBS).values(owner="rival", sha256="0" * 64, data=b"theirs"))
            assert retention.sweep(connection, shop, keep=0, before=NOON, now=NOON) == SweepResult(0, 0, 0)
            assert connection.execute(select(BLOBS.c.data)).scalars().all() == [b"theirs"]


@pytest.mark.reliability
def test_a_sweep_keeps_the_files_of_an_unfinished_push(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        shop = make(engine)
        added, _ = ledger.addition(SqlHistory(engine, shop).view(), run(), {})
        assert added is not None
        ahead = {name: data for name, data in added.files.items() if name.startswith("objects/")}
        last = {name: data for name, data in added.files.items() if name not in ahead}
        with transaction(engine, write=True) as connection:
            store = SqlHistory(connection, shop, Judge(NOON))
            store.update(lambda _: Addition(ahead, NOON, "objects first"))
            soon = retention.sweep(connection, shop, keep=1, before=NOON, now=NOON + retention.UNFINISHED)
            store.update(lambda _: Addition(last, NOON, "the run"))
            store.update(lambda _: Addition({LOST: b"lost"}, NOON, "objects of no run"))
            late = NOON + retention.UNFINISHED + timedelta(seconds=1)
            later = retention.sweep(connection, shop, keep=1, before=NOON, now=late)
        assert (soon.unreferenced, later.unreferenced) == (0, 1)
        assert list(SqlHistory(engine, shop).verify()) == []


LOST = layout.object_name(layout.digest_of(b"lost"))


def test_sweeping_an_empty_history_drops_nothing(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        shop = make(engine)
        with transaction(engine, write=True) as connection:
            assert retention.sweep(connection, shop, keep=0, before=NOON, now=NOON) == SweepResult(0, 0, 0)
            assert repositories.get(connection, "acme", "shop") == shop
            assert connection.execute(select(func.count()).select_from(BLOBS)).scalar_one() == 0


def test_a_repositorys_size_is_counted(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        shop = make(engine)
        with transaction(engine, write=True) as connection:
            store = SqlHistory(connection, shop)
            store.append(run("c1"), {"api.xml": b"x" * 1000})
            with_bulk = kept(connection)
            assert with_bulk == sum(store.view().sizes(store.view().names()).values())
            upload(connection, shop.id, "old", hours=-1)
            repositories.take(connection, shop.id, len(b"bulk"), with_bulk + 4)
            with pytest.raises(DeliveryFailed) as caught:
                repositories.take(connection, shop.id, 1, with_bulk + 4)
            assert (caught.value.code, kept(connection)) == ("repository-full", with_bulk + 4)
            retention.sweep(connection, shop, keep=0, before=NOON, now=NOON)
            assert kept(connection) == with_bulk - 1000


def kept(connection: Connection) -> int:
    return int(connection.execute(select(REPOSITORIES.c.bytes)).scalar_one())
