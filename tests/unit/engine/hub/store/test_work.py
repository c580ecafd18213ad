from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from covgov.errors import CovgovError, DeliveryFailed, InputError, Undetermined
from covgov.hub.store import faults
from covgov.hub.store.engine import open_engine
from covgov.hub.store.schema import REPOSITORIES
from covgov.hub.store.work import moment, stamp, transaction
from covgov_testing.hub.database import database, url

ROW = {"owner": "acme", "name": "shop", "created_at": "2026-11-18T12:00:00Z"}
MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)).map(
    lambda naive: naive.replace(tzinfo=UTC, microsecond=0)
)


def count(engine: Engine) -> int:
    with transaction(engine, write=False) as connection:
        return connection.execute(select(func.count()).select_from(REPOSITORIES)).scalar_one()


def test_a_finished_transaction_is_committed(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        with transaction(engine, write=True) as connection:
            connection.execute(insert(REPOSITORIES).values(**ROW))
        assert count(engine) == 1


@pytest.mark.reliability
def test_a_failed_transaction_is_rolled_back(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        with pytest.raises(RuntimeError, match="half-way"):
            insert_and_raise(engine)
        assert count(engine) == 0


def insert_and_raise(engine: Engine) -> None:
    with transaction(engine, write=True) as connection:
        connection.execute(insert(REPOSITORIES).values(**ROW))
        raise RuntimeError("half-way")


def test_a_reader_sees_a_consistent_state(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine, transaction(engine, write=False) as reader:
        before = reader.execute(select(func.count()).select_from(REPOSITORIES)).scalar_one()
        with transaction(engine, write=True) as writer:
            writer.execute(insert(REPOSITORIES).values(**ROW))
        assert reader.execute(select(func.count()).select_from(REPOSITORIES)).scalar_one() == before
        assert count(engine) == before + 1


@pytest.mark.reliability
def test_two_writers_are_serialised(tmp_path: Path) -> None:
    """Each reads and then writes what it read plus one: without exclusion, updates would be lost."""

    def bump(engine: Engine) -> None:
        for _ in range(20):
            with transaction(engine, write=True) as connection:
                found = int(connection.execute(select(REPOSITORIES.c.default_branch)).scalar_one())
                connection.execute(text("UPDATE repositories SET default_branch = :n"), {"n": str(found + 1)})

    with database(tmp_path / "hub.db") as engine:
        with transaction(engine, write=True) as connection:
            connection.execute(insert(REPOSITORIES).values(**ROW, default_branch="0"))
        threads = [threading.Thread(target=bump, args=(engine,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with transaction(engine, write=False) as connection:
            assert connection.execute(select(REPOSITORIES.c.default_branch)).scalar_one() == "60"


@pytest.mark.reliability
def test_a_writer_that_timed_out_is_asked_to_retry(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        engine.dispose()
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0"))
        with transaction(engine, write=True), pytest.raises(DeliveryFailed) as caught, transaction(engine, write=True):
            pass
        assert caught.value.code == "hub-database-busy"


@pytest.mark.reliability
def test_a_short_lock_timeout_ends_with_its_transaction(tmp_path: Path) -> None:
    told: list[int] = []
    with database(tmp_path / "hub.db") as engine:
        impatient = transaction(engine, write=True, patience=0.001)
        with transaction(engine, write=True), pytest.raises(DeliveryFailed) as caught, impatient:
            pass
        with transaction(engine, write=True, patience=0.001) as connection:
            told.append(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())
        with transaction(engine, write=False) as connection:
            told.append(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())
    assert caught.value.code == "hub-database-busy"
    assert told == [15000, 15000]


@pytest.mark.reliability
def test_how_long_writers_wait_is_a_setting(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db"):
        impatient = open_engine(url(tmp_path / "hub.db"), busy_seconds=0.25)
        with transaction(impatient, write=False) as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 250
        impatient.dispose()


@pytest.mark.reliability
def test_a_full_disk_loses_only_the_failed_request(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        with transaction(engine, write=True) as connection:
            connection.execute(insert(REPOSITORIES).values(**ROW))
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        engine.dispose()
        event.listen(engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages + 3}"))
        many = [{**ROW, "name": f"{number:0100d}"} for number in range(1000)]
        with pytest.raises(DeliveryFailed) as caught, transaction(engine, write=True) as connection:
            connection.execute(insert(REPOSITORIES), many)
        assert caught.value.code == "hub-storage-full"
        assert count(engine) == 1


def test_a_constraint_violation_is_no_storage_fault(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        with pytest.raises(IntegrityError), transaction(engine, write=True) as connection:
            connection.execute(insert(REPOSITORIES), [ROW, ROW])
        with pytest.raises(OperationalError, match="no such table"), transaction(engine, write=False) as connection:
            connection.execute(text("SELECT * FROM nowhere"))
        assert count(engine) == 0


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("name", "write", "kind", "code"),
    [
        ("SQLITE_BUSY_SNAPSHOT", True, DeliveryFailed, "hub-database-busy"),
        ("SQLITE_LOCKED", False, Undetermined, "hub-database-busy"),
        ("SQLITE_FULL", True, DeliveryFailed, "hub-storage-full"),
        ("SQLITE_IOERR_WRITE", True, DeliveryFailed, "hub-database-unavailable"),
        ("SQLITE_CANTOPEN", False, Undetermined, "hub-database-unavailable"),
        ("SQLITE_READONLY", True, DeliveryFailed, "hub-database-unavailable"),
        ("SQLITE_CORRUPT_VTAB", False, InputError, "hub-database-damaged"),
        ("SQLITE_NOTADB", True, InputError, "hub-database-damaged"),
    ],
)
def test_every_fault_of_storage_has_its_error(name: str, write: bool, kind: type[CovgovError], code: str) -> None:
    error = sqlite3.OperationalError("as the driver says it")
    error.sqlite_errorname = name
    told = faults.translate(error, write=write)
    assert isinstance(told, kind)
    assert told.code == code


@pytest.mark.reliability
def test_a_pool_without_a_free_connection_is_busy() -> None:
    told = faults.translate(PoolTimeout("no connection"), write=False)
    assert told is not None
    assert (told.code, told.exit_code) == ("hub-database-busy", 11)


def test_an_unexpected_error_is_not_translated() -> None:
    assert faults.translate(sqlite3.ProgrammingError("a defect"), write=True) is None


@given(MOMENTS, MOMENTS)
def test_moments_are_kept_exactly_and_sort_as_text(one: datetime, other: datetime) -> None:
    assert moment(stamp(one)) == one
    assert (stamp(one) < stamp(other)) == (one < other)


def test_times_are_stored_in_utc_and_whole_seconds() -> None:
    local = datetime(2026, 3, 29, 1, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(local) == "2026-03-28T23:30:00Z"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        stamp(datetime(2026, 3, 29))
