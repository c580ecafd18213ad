"""The hub's tables under what a machine does to them: kill -9, many processes, large runs. The contract of all stores
is tests/contracts/test_run_store.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, Engine, func, select

from covgov import errors
from covgov.errors import InputError
from covgov.hub.store import repositories
from covgov.hub.store.engine import erase, structure_faults
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.schema import BLOBS, HISTORY_FILES, RUNS
from covgov.hub.store.work import transaction
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub import database as hub_database
from covgov_testing.hub.database import bytes_on_disk, database, get, history

SOURCES = os.pathsep.join([str(Path(hub_database.__file__).parents[2]), str(Path(errors.__file__).parents[1])])

BIG_APPENDS = """
import sys
from datetime import timedelta
from pathlib import Path
from covgov.hub.store.engine import open_engine
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub.database import history, url
store = history(open_engine(url(Path(sys.argv[1]))))
print("ready", flush=True)
for number in range(100):
    files = {f"{sys.argv[2]}/{number}/{n}.py": "+" * (n % 900 + number + 1) for n in range(1500)}
    record = run(f"{sys.argv[2]}{number}", at=NOON + timedelta(seconds=number), snapshots={"api": snap(files)})
    print(store.append(record).id, flush=True)
"""

ERASING = """
import sys
from pathlib import Path
from covgov.hub.store.engine import erase, open_engine
from covgov_testing.hub.database import url
engine = open_engine(url(Path(sys.argv[1])))
print("ready", flush=True)
while True:
    erase(engine)
"""


def spawn(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": SOURCES},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def killed(process: subprocess.Popen[str], after: float) -> list[str]:
    """What it had printed when it was killed, `after` seconds past its first line."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=30)
    return rest.split("\n")[:-1]


def count(engine: Engine, column: ColumnElement[int] | ColumnElement[str] = HISTORY_FILES.c.name) -> int:
    with transaction(engine, write=False) as connection:
        return connection.execute(select(func.count(column))).scalar_one()


@pytest.mark.reliability
def test_a_run_of_ten_thousand_files_is_kept_whole_and_the_next_costs_what_changed(tmp_path: Path) -> None:
    pictures = {f"src/package{n % 97}/module{n}.py": "+-" * (n % 40) + "+" * (n // 40) for n in range(10_000)}
    record = run("c1", snapshots={"api": snap(pictures)})
    with database(tmp_path / "hub.db") as engine:
        store = history(engine)
        began = time.monotonic()
        first = store.append(record)
        took = time.monotonic() - began
        assert store.fetch(first.id) == record
        before = count(engine)
        pictures["src/package0/module0.py"] = "+++---"
        store.append(run("c2", at=NOON + timedelta(hours=1), snapshots={"api": snap(pictures)}))
        assert count(engine) - before == 2, "a manifest, and the edits of its texts"
        assert (list(store.verify()), structure_faults(engine)) == ([], [])
    assert took < 30, f"{took:.1f} s"


@pytest.mark.reliability
def test_a_process_killed_in_a_large_append_leaves_whole_runs_only(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    confirmed: list[str] = []
    with database(path) as engine:
        store = history(engine)
        for number in range(4):
            confirmed += killed(spawn(BIG_APPENDS, str(path), f"k{number}"), after=0.25 * number + 0.1)
            assert (list(store.verify()), structure_faults(engine)) == ([], [])
        store.append(run("after"))
        recorded = [found.id for found in store.list()]
        assert set(confirmed) <= set(recorded)
        assert count(engine, RUNS.c.id) == len(recorded)
        assert count(engine, BLOBS.c.id) == count(engine, HISTORY_FILES.c.blob_id.distinct())


@pytest.mark.reliability
def test_a_process_killed_while_erasing_leaves_the_database_sound(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with database(path) as engine:
        store = history(engine)
        files = {f"planted-{number}.py": "+" * (number % 300) for number in range(2000)}
        kept = history(engine, "acme/kept").append(run())
        store.append(run(snapshots={"api": snap(files)}))
        with transaction(engine, write=True) as connection:
            found = repositories.get(connection, "acme", "shop")
            assert found is not None
            repositories.delete(connection, found)
        for number in range(3):
            killed(spawn(ERASING, str(path)), after=0.03 * number)
            assert structure_faults(engine) == []
        erase(engine)
        assert b"planted-" not in bytes_on_disk(path)
        assert history(engine, "acme/kept").fetch(kept.id) == run()


@pytest.mark.reliability
def test_deleting_while_others_append_leaves_nothing_dangling(tmp_path: Path) -> None:
    """Repositories of one owner share blobs: a deletion must never take one that an append has just come to use."""
    with database(tmp_path / "hub.db") as engine:
        faults: list[BaseException] = []

        def append(name: str) -> None:
            store = history(engine, f"acme/{name}")
            for number in range(25):
                try:
                    store.append(run(f"c{number % 5}", at=NOON + timedelta(seconds=number)))
                except InputError as error:
                    if error.code != "repository-unknown":
                        faults.append(error)
                    store = history(engine, f"acme/{name}")

        def delete() -> None:
            for _ in range(12):
                with transaction(engine, write=True) as connection:
                    found = repositories.get(connection, "acme", "going")
                    if found is not None:
                        repositories.delete(connection, found)

        threads = [threading.Thread(target=append, args=(name,)) for name in ("going", "staying")]
        threads.append(threading.Thread(target=delete))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert structure_faults(engine) == []
        staying = SqlHistory(engine, get(engine, "acme/staying"))
        assert (len(staying.list()), list(staying.verify())) == (25, [])
        assert count(engine, BLOBS.c.id) == count(engine, HISTORY_FILES.c.blob_id.distinct())
