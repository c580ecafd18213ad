from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from covgov.errors import DeliveryFailed, InputError, UsageError
from covgov.hub.store.backup import BackupContents, backup, restore
from covgov.hub.store.engine import current, migrate, newest, open_engine, structure_faults
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.work import transaction
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub.database import database, forge, history, make, url


def listed(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_restored_database_holds_and_verifies_everything(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made = [history(engine, name).append(run(), {"x": b"1"}) for name in ("acme/shop", "acme/copy", "zeta/shop")]
        make(engine, "zeta/empty")
        assert backup(engine, tmp_path / "backup.db") == BackupContents(4, 3)
    assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600
    assert restore(tmp_path / "backup.db", url(tmp_path / "again.db")) == BackupContents(4, 3)
    assert listed(tmp_path) == ["again.db", "backup.db", "hub.db"]
    with database(tmp_path / "again.db") as engine:
        assert structure_faults(engine) == []
        for name in ("acme/shop", "acme/copy", "zeta/shop"):
            found = history(engine, name)
            assert (list(found.list()), found.fetch(made[0].id), list(found.verify())) == ([made[0]], run(), [])


@pytest.mark.reliability
def test_a_backup_during_writes_is_consistent(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        store, stop = history(engine), threading.Event()
        store.append(run("c0"))

        def write() -> None:
            for number in range(1, 500):
                if stop.is_set():
                    return
                files = {"api": snap({f"f{number}.py": "+" * number})}
                store.append(run(f"c{number}", at=NOON + timedelta(seconds=number), snapshots=files))

        writer = threading.Thread(target=write)
        writer.start()
        runs = [backup(engine, tmp_path / f"backup{number}.db").runs for number in range(4)]
        stop.set()
        writer.join()
        assert runs == sorted(runs)
        assert len(store.list()) > runs[0] >= 1
    for number, count in enumerate(runs):
        assert restore(tmp_path / f"backup{number}.db", url(tmp_path / f"again{number}.db")).runs == count


def test_a_backup_of_an_older_schema_is_migrated(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        history(engine).append(run())
        migrate(engine, "0001")
        backup(engine, tmp_path / "backup.db")
        assert current(engine) == "0001"
    restore(tmp_path / "backup.db", url(tmp_path / "again.db"))
    engine = open_engine(url(tmp_path / "again.db"))
    assert current(engine) == newest()
    engine.dispose()


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        backup(engine, tmp_path / "backup.db")
        with pytest.raises(UsageError) as twice:
            backup(engine, tmp_path / "backup.db")
        with pytest.raises(UsageError) as over:
            restore(tmp_path / "backup.db", url(tmp_path / "hub.db"))
    assert (twice.value.code, over.value.code) == ("backup-target-exists", "restore-target-exists")


@pytest.mark.security
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_leftovers_of_an_older_database_block_the_restore(tmp_path: Path, suffix: str) -> None:
    """SQLite would replay an old log over the restored database, and revoked tokens would be good again."""
    with database(tmp_path / "hub.db") as engine:
        backup(engine, tmp_path / "backup.db")
    left = tmp_path / f"again.db{suffix}"
    left.write_bytes(b"old")
    with pytest.raises(UsageError, match=left.name) as caught:
        restore(tmp_path / "backup.db", url(tmp_path / "again.db"))
    assert caught.value.code == "restore-target-exists"
    assert (listed(tmp_path), left.read_bytes()) == (sorted(["backup.db", "hub.db", left.name]), b"old")


def test_a_missing_backup_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        restore(tmp_path / "backup.db", url(tmp_path / "hub.db"))
    assert caught.value.code == "backup-absent"
    assert listed(tmp_path) == []


@pytest.mark.reliability
def test_an_unwritable_path_is_an_error(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        with pytest.raises(DeliveryFailed) as caught:
            backup(engine, tmp_path / "nowhere" / "backup.db")
        backup(engine, tmp_path / "backup.db")
    with pytest.raises(DeliveryFailed) as restoring:
        restore(tmp_path / "backup.db", url(tmp_path / "nowhere" / "hub.db"))
    assert {caught.value.code, restoring.value.code} == {"backup-unwritable"}


@pytest.mark.reliability
@pytest.mark.parametrize("damage", ["random", "cut", "flipped", "empty", "other"])
def test_a_damaged_backup_is_refused_and_leaves_nothing(tmp_path: Path, damage: str) -> None:
    with database(tmp_path / "hub.db") as engine:
        many = {f"f{number}.py": "+" * (number % 9 + 1) for number in range(200)}
        history(engine).append(run(snapshots={"api": snap(many)}))
        backup(engine, tmp_path / "backup.db")
    path = tmp_path / "backup.db"
    sound = path.read_bytes()
    if damage == "other":
        path.unlink()
        raw = sqlite3.connect(path)
        raw.execute("CREATE TABLE thesis (text)")
        raw.close()
    else:
        at = sound.index(b"covgov-run")
        flipped = sound[:at] + b"X" + sound[at + 1 :]
        path.write_bytes({"random": b"?" * 9000, "cut": sound[: len(sound) // 2], "flipped": flipped}.get(damage, b""))
    with pytest.raises(InputError) as caught:
        restore(path, url(tmp_path / "again.db"))
    assert caught.value.code == "backup-damaged"
    assert str(path) in caught.value.message
    assert [name for name in listed(tmp_path) if name not in ("backup.db", "hub.db")] == []


@pytest.mark.security
def test_a_backup_whose_history_was_altered_is_refused(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made = make(engine)
        SqlHistory(engine, made).append(run())
        forge(engine, made, "runs/00000001-" + "0" * 64 + ".json", b"{}")
        with pytest.raises(InputError, match="acme/shop") as caught:
            backup(engine, tmp_path / "backup.db")
    assert caught.value.code == "backup-damaged"
    assert listed(tmp_path) == ["hub.db"]


@pytest.mark.reliability
def test_a_row_that_refers_to_nothing_is_not_backed_up(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with database(path) as engine:
        raw = sqlite3.connect(path)
        raw.execute("INSERT INTO policies VALUES (77, 'p', 't', 'now')")
        raw.commit()
        raw.close()
        with pytest.raises(InputError, match="policies") as caught:
            backup(engine, tmp_path / "backup.db")
    assert caught.value.code == "backup-damaged"


def test_a_backup_of_a_newer_covgov_is_refused_by_name(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        backup(engine, tmp_path / "backup.db")
    engine = open_engine(url(tmp_path / "backup.db"))
    with transaction(engine, write=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(InputError) as caught:
        restore(tmp_path / "backup.db", url(tmp_path / "again.db"))
    assert caught.value.code == "hub-database-newer"
    assert "again.db" not in listed(tmp_path)
