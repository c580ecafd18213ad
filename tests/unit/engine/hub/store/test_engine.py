from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, insert, inspect, select, text

from covgov.errors import CovgovError, DeliveryFailed, InputError, Undetermined, UsageError
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store import engine as database
from covgov.hub.store.engine import current, erase, goes_back, migrate, newest, open_engine, structure_faults
from covgov.hub.store.schema import METADATA, REPOSITORIES, TOKENS
from covgov.hub.store.work import transaction
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub.database import bytes_on_disk, history, url
from covgov_testing.hub.database import database as opened

TOKEN = {
    "id": "t1",
    "name": "ci",
    "sha256": "0" * 64,
    "role": "reader",
    "scope": "[]",
    "created_at": "2026-11-18T12:00:00Z",
    "expires_at": "2027-11-18T12:00:00Z",
}


def test_a_new_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    open_engine(url(path)).dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.reliability
def test_every_connection_is_durable_and_keeps_references(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine, transaction(engine, write=False) as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 15000,
    }


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://hub:hunter2@db/hub",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "nonsense",
        "",
    ],
)
def test_only_a_file_is_a_database_and_no_password_is_shown(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_engine(address)
    assert caught.value.code == "hub-database-unsupported"
    assert "hunter2" not in caught.value.message


@pytest.mark.security
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("foo", "'foo'"),
        ("/srv/hub.sqlite", "'/srv/hub.sqlite'"),
        ("postgresql://hub:hunter2@db:none/hub", "'postgresql://***@db:none/hub'"),
        ("postgresql://hub:hunt@hunter2@db/hub?password=hunter2", "'postgresql://***@db/hub?***'"),
        ("hub:hunter2@db", "'***@db'"),
        ("postgresql://hub:hunter2?x@db/hub", "'postgresql://***@?***'"),
        ("oracle:///hub?password=hunt@hunter2", "'oracle://***@?***'"),
    ],
)
def test_an_unsupported_database_url_is_shown_without_password(address: str, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_engine(address)
    assert caught.value.message.endswith(f": {shown}")
    assert "hunter2" not in caught.value.message
    assert "sqlite:///PATH" in caught.value.hint


def test_a_database_in_no_directory_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Undetermined, match="No such file") as caught:
        open_engine(url(tmp_path / "nowhere" / "hub.db"))
    assert caught.value.code == "hub-database-unavailable"


@pytest.mark.reliability
def test_a_file_that_is_not_a_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.write_bytes(b"years of work" * 1000)
    engine = open_engine(url(path))
    with pytest.raises(InputError) as caught:
        current(engine)
    engine.dispose()
    assert caught.value.code == "hub-database-damaged"
    assert path.read_bytes() == b"years of work" * 1000


def test_a_new_database_has_no_revision_until_it_is_migrated(tmp_path: Path) -> None:
    engine = open_engine(url(tmp_path / "hub.db"))
    assert current(engine) == ""
    migrate(engine)
    assert current(engine) == newest() != ""
    engine.dispose()


def test_the_revisions_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine, transaction(engine, write=False) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        migrated = look(connection)
    assert differences == []
    beside = open_engine(url(tmp_path / "beside.db"))
    with transaction(beside, write=True) as connection:
        METADATA.create_all(connection)
        assert migrated == look(connection)
    beside.dispose()


def look(connection: Connection) -> dict[str, list[object]]:
    """All that the database says about the tables, also what Alembic does not compare."""
    ask = inspect(connection)
    found: dict[str, list[object]] = {}
    for name in METADATA.tables:
        lists = (ask.get_unique_constraints, ask.get_foreign_keys, ask.get_indexes, ask.get_check_constraints)
        found[name] = [str(column) for column in ask.get_columns(name)]
        found[name].append(str(ask.get_pk_constraint(name)))
        found[name] += [sorted(str(item) for item in told(name)) for told in lists]
    return found


def test_going_back_and_forth_keeps_what_the_older_schema_knows(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        ledger = history(engine)
        summary = ledger.append(run())
        with transaction(engine, write=True) as connection:
            connection.execute(insert(TOKENS).values(**TOKEN))
        migrate(engine, "0001")
        assert current(engine) == "0001"
        with transaction(engine, write=False) as connection:
            assert not inspect(connection).has_table("tokens")
        migrate(engine)
        assert list(ledger.list()) == [summary]
        assert (ledger.fetch(summary.id), list(ledger.verify())) == (run(), [])
        with transaction(engine, write=False) as connection:
            assert connection.execute(select(TOKENS)).all() == []
        assert structure_faults(engine) == []


@pytest.mark.security
def test_going_back_keeps_the_audit_trail_and_forth_continues_it(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        with transaction(engine, write=True) as connection:
            entry(connection)
        migrate(engine, "0001")
        migrate(engine)
        with transaction(engine, write=True) as connection:
            entry(connection)
            assert (audit.head(connection).sequence, audit.verify(connection)) == (2, [])
            assert inspect(connection).get_check_constraints("audit") != []


def entry(connection: Connection) -> None:
    fields = {"repository": "acme/shop"}
    audit.write(connection, AuditEvent.REPOSITORY_CREATED, at=NOON, actor="host:ada", request_id="cli", fields=fields)


def test_only_an_older_revision_is_a_downgrade(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        assert [goes_back(engine, to) for to in ("head", newest(), "0001", "base")] == [False, False, True, True]
        with pytest.raises(UsageError, match="9999"):
            goes_back(engine, "9999")


def test_a_migration_that_changes_something_is_audited(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def account(_: Connection, before: str, after: str) -> None:
        told.append((before, after))
        if len(told) > 1:
            raise InputError("audit-unwritable", "full")

    with opened(tmp_path / "hub.db") as engine:
        migrate(engine, account=account)
        migrate(engine, "0001", account)
        with pytest.raises(InputError, match="full"):
            migrate(engine, "base", account)
        assert (current(engine), told) == ("0001", [(newest(), "0001"), ("0001", "")])


def test_going_back_to_the_base_leaves_no_table(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        history(engine).append(run())
        migrate(engine, "base")
        with transaction(engine, write=False) as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        assert current(engine) == ""
        migrate(engine)
        assert not history(engine).exists()


def test_migrating_to_the_current_revision_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        summary = history(engine).append(run())
        migrate(engine)
        assert list(history(engine).list()) == [summary]


def test_an_unknown_revision_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        with pytest.raises(UsageError, match="9999") as caught:
            migrate(engine, "9999")
        assert (caught.value.code, current(engine)) == ("hub-revision-unknown", newest())
        assert "0001, 0002" in caught.value.hint


def test_a_newer_database_is_refused_by_name_and_not_touched(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine:
        with transaction(engine, write=True) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(InputError, match="9999") as caught:
            migrate(engine)
        assert (caught.value.code, current(engine)) == ("hub-database-newer", "9999")


@pytest.mark.reliability
def test_a_migration_that_fails_half_way_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    engine = open_engine(url(path))
    migrate(engine, "0001")
    with transaction(engine, write=True) as connection:
        connection.execute(text("CREATE TABLE uploads (id INTEGER)"))  # in the way of the last table of 0002
    with pytest.raises(Exception, match="uploads"):
        migrate(engine)
    with transaction(engine, write=False) as connection:
        assert not inspect(connection).has_table("tokens")
    assert current(engine) == "0001"
    engine.dispose()


@pytest.mark.reliability
def test_two_processes_that_migrate_at_once_follow_one_another(tmp_path: Path) -> None:
    engines = [open_engine(url(tmp_path / "hub.db")) for _ in range(2)]
    threads = [threading.Thread(target=migrate, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [current(engine) for engine in engines] == [newest()] * 2
    for engine in engines:
        engine.dispose()


@pytest.mark.reliability
def test_a_file_being_created_by_another_process_is_awaited(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.2, other.close)
    release.start()
    engine = open_engine(url(path), busy_seconds=0.0)
    migrate(engine)
    assert current(engine) == newest()
    engine.dispose()
    release.join()


@pytest.mark.reliability
def test_a_file_that_stays_locked_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        engine = open_engine(url(path), busy_seconds=0.0)
        with pytest.raises(DeliveryFailed) as caught:
            migrate(engine)
        assert caught.value.code == "hub-database-busy"
        engine.dispose()


@pytest.mark.security
def test_erased_data_is_in_no_file(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with opened(path) as engine:
        with transaction(engine, write=True) as connection:
            row = {"owner": "acme", "name": "planted-7f3a", "created_at": "2026-11-18T12:00:00Z"}
            connection.execute(insert(REPOSITORIES).values(**row))
        assert b"planted-7f3a" in bytes_on_disk(path)
        with transaction(engine, write=True) as connection:
            connection.execute(text("DELETE FROM repositories"))
        erase(engine)
        assert b"planted-7f3a" not in bytes_on_disk(path)


@pytest.mark.reliability
def test_erasing_reports_a_blocking_reader(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with opened(path) as engine:
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM repositories").fetchone()
        impatient(engine)
        with pytest.raises(DeliveryFailed) as caught:
            erase(engine)
        assert caught.value.code == "hub-erase-incomplete"
        reader.close()
        erase(engine)


@pytest.mark.reliability
def test_erasing_while_somebody_writes_says_that_the_database_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with opened(path) as engine:
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        impatient(engine)
        with pytest.raises(DeliveryFailed) as caught:
            erase(engine)
        writer.close()
        assert caught.value.code == "hub-database-busy"


@pytest.mark.reliability
def test_a_row_that_refers_to_nothing_is_found(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with opened(path) as engine:
        assert structure_faults(engine) == []
        raw = sqlite3.connect(path)
        raw.execute("INSERT INTO policies VALUES (77, 'p', 't', 'now')")
        raw.commit()
        raw.close()
        assert structure_faults(engine) == ["policies: a row refers to nothing"]


def impatient(engine: Engine) -> None:
    """The next connection waits for nobody."""
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0"))


def test_settling_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with opened(path) as engine:
        history(engine).append(run())
        database.settle(engine)
        assert [file.name for file in tmp_path.iterdir()] == ["hub.db"]


def test_storage_errors_become_covgov_errors(tmp_path: Path) -> None:
    with opened(tmp_path / "hub.db") as engine, pytest.raises(CovgovError) as caught:
        database.copy(engine, tmp_path / "nowhere" / "copy.db")
    assert caught.value.code == "hub-database-unavailable"
