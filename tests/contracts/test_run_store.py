"""What every store of runs does, whatever it keeps them in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from covgov.errors import CovgovError, InputError
from covgov.history import saved_run
from covgov.history.format import layout
from covgov.history.interface import HistoryFault, RunStore
from covgov.history.stores.registry import STORES, open_store
from covgov.model import snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import Outcome
from covgov_testing import appender
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub import database as hub_database
from covgov_testing.hub import sql_appender
from covgov_testing.hub.server import HubServer, running
from covgov_testing.projects import unmeasured
from covgov_testing.repos import Repo

URLS = {"git": "git:coverage-history", "dir": "dir:history", "hub": "hub:"}
SOURCES = [str(Path(appender.__file__).parents[1]), str(Path(layout.__file__).parents[3])]


class Place:
    """A store and the means to look at it from outside. bulky: whether it keeps artifacts at all."""

    url: str
    bulky = True

    def __init__(self, root: Path) -> None:
        self.repo = Repo(root)
        self.repo.commit({"a.py": "1\n"})

    @property
    def env(self) -> dict[str, str]:
        return dict(os.environ)

    def open(self) -> RunStore:
        return open_store(self.url, self.repo.root, env=self.env, remote=None, fetch=False)

    def command(self, name: str, count: int) -> list[str]:
        return [appender.__file__, self.url, str(self.repo.root), name, str(count)]

    def spawn(self, name: str, count: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *self.command(name, count)],
            env={**unmeasured(self.env), "PYTHONPATH": os.pathsep.join(SOURCES)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def names(self) -> list[str]:
        raise NotImplementedError

    def read(self, name: str) -> bytes:
        raise NotImplementedError

    def write(self, name: str, data: bytes | None) -> None:
        """Put other bytes in a file's place (None = remove it), behind the store's back."""
        raise NotImplementedError

    def settle_elsewhere(self) -> None:
        """Let somebody else's files be where the history would be."""
        self.write("thesis.tex", b"years of work")


class GitPlace(Place):
    url = URLS["git"]
    bulky = False

    def names(self) -> list[str]:
        return self.repo.git("ls-tree", "-r", "--name-only", "coverage-history").splitlines()

    def read(self, name: str) -> bytes:
        shown = subprocess.run(
            ["git", "cat-file", "blob", f"coverage-history:{name}"],
            cwd=self.repo.root,
            capture_output=True,
            check=True,
        )
        return shown.stdout

    def write(self, name: str, data: bytes | None) -> None:
        index = {**os.environ, "GIT_INDEX_FILE": str(self.repo.root / ".git" / "forged-index")}
        self.repo.git("read-tree", "coverage-history", env=index)
        if data is None:
            self.repo.git("update-index", "--force-remove", name, env=index)
        else:
            forged = self.repo.root / ".git" / "forged"
            forged.write_bytes(data)
            blob = self.repo.git("hash-object", "-w", "--no-filters", str(forged))
            self.repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", env=index)
        tree = self.repo.git("write-tree", env=index)
        self.repo.git("update-ref", "refs/heads/coverage-history", self.repo.git("commit-tree", tree, "-m", "forged"))

    def settle_elsewhere(self) -> None:
        self.repo.git("branch", "coverage-history")


class DirPlace(Place):
    url = URLS["dir"]

    def names(self) -> list[str]:
        root = self.repo.root / "history"
        found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        return sorted(name for name in found if name != "lock")

    def read(self, name: str) -> bytes:
        return (self.repo.root / "history" / name).read_bytes()

    def write(self, name: str, data: bytes | None) -> None:
        path = self.repo.root / "history" / name
        path.parent.mkdir(exist_ok=True)
        path.unlink() if data is None else path.write_bytes(data)


class SqlPlace(Place):
    """A repository of its own in the tables of a hub, without the server that stands before them."""

    def __init__(self, root: Path, engine: Engine, full_name: str) -> None:
        super().__init__(root)
        self.engine = engine
        self.full_name = full_name

    def open(self) -> RunStore:
        return hub_database.history(self.engine, self.full_name)

    def command(self, name: str, count: int) -> list[str]:
        return [sql_appender.__file__, str(self.engine.url.database), self.full_name, name, str(count)]

    def names(self) -> list[str]:
        return list(hub_database.history(self.engine, self.full_name).view().names())

    def read(self, name: str) -> bytes:
        return hub_database.history(self.engine, self.full_name).view().read([name])[name]

    def write(self, name: str, data: bytes | None) -> None:
        hub_database.forge(self.engine, hub_database.get(self.engine, self.full_name), name, data)


class HubPlace(SqlPlace):
    """A repository of its own in the server that all tests of this process share."""

    def __init__(self, root: Path, server: HubServer) -> None:
        super().__init__(root, server.engine, server.repository())
        self.server = server
        self.url = f"hub:{server.base}/{self.full_name}"

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "COVGOV_HUB_TOKEN": self.server.token}

    open, command = Place.open, Place.command


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with hub_database.database(tmp_path_factory.mktemp("sql") / "hub.db") as one:
        yield one


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    with running(tmp_path_factory.mktemp("hub")) as one:
        yield one


@pytest.fixture(params=[*STORES, "sql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    root = tmp_path / "checkout"
    match request.param:
        case "git":
            return GitPlace(root)
        case "dir":
            return DirPlace(root)
        case "sql":
            return SqlPlace(root, request.getfixturevalue("engine"), f"acme/{tmp_path.name}")
        case _:
            return HubPlace(root, request.getfixturevalue("server"))


def several(count: int) -> Iterator[RunRecord]:
    for number in range(count):
        files = {"same.py": "+-", f"f{number % 3}.py": "+" * (number + 1)}
        yield run(f"c{number}", at=NOON + timedelta(hours=number), snapshots={"api": snap(files)})


def varied(count: int) -> Iterator[RunRecord]:
    """Runs with verdicts that differ."""
    for number in range(count):
        yield run(f"c{number}", outcome=Outcome.FAIL if number % 2 else Outcome.PASS)


def test_every_known_store_stands_in_this_suite() -> None:
    assert set(STORES) == set(URLS)


def test_a_new_store_is_empty(place: Place) -> None:
    store = place.open()
    assert not store.exists()
    assert list(store.list()) == []
    assert list(store.verify()) == []
    assert list(store.prune(0)) == []


def test_what_was_appended_comes_back_equal(place: Place) -> None:
    records = list(several(3))
    summaries = [place.open().append(record) for record in records]
    store = place.open()
    assert store.exists()
    assert [store.fetch(summary.id) for summary in summaries] == records
    assert list(store.list()) == summaries


def test_runs_are_numbered_and_chained(place: Place) -> None:
    for record in several(3):
        place.open().append(record)
    runs = place.open().list()
    assert [found.sequence for found in runs] == [1, 2, 3]
    assert [found.previous for found in runs] == ["", runs[0].id, runs[1].id]


def test_a_summary_tells_what_the_record_says(place: Place) -> None:
    files = {"api": snap({"a.py": "-"}, tests=FAILED)}
    record = run(outcome=Outcome.FAIL, snapshots=files, expected=("api", "auth"))
    found = place.open().append(record)
    assert (found.commit, found.tree, found.branch) == (record.commit, record.tree, "main")
    assert (found.outcome, found.complete, found.expected) == (Outcome.FAIL, False, ("api", "auth"))
    assert [(suite.name, suite.tests) for suite in found.suites] == [("api", FAILED)]


def test_a_rerun_is_the_next_attempt(place: Place) -> None:
    first = place.open().append(run())
    again = place.open().append(run(at=NOON + timedelta(hours=1)))
    assert (first.attempt, again.attempt) == (1, 2)
    assert place.open().fetch(again.id).attempt == 2


def test_another_suite_of_the_same_tree_is_no_rerun(place: Place) -> None:
    place.open().append(run())
    auth: dict[str, Snapshot] = {"auth": snap({"b.py": "+"}, suite="auth")}
    assert place.open().append(run(snapshots=auth, at=NOON + timedelta(hours=1))).attempt == 1


def test_appending_the_same_record_again_changes_nothing(place: Place) -> None:
    first = place.open().append(run())
    place.open().append(run("c2"))
    before = place.names()
    assert place.open().append(run()) == first
    assert place.open().append(replace(run(), attempt=7)) == first
    assert place.names() == before


def test_a_run_that_was_kept_as_a_file_is_appended_as_the_same_run(place: Place) -> None:
    record = run(snapshots={"api": snap({"a.py": "+-"}), "auth": snap({"b.py": "+"}, suite="auth")})
    files = {f"coverage/{suite}.snapshot": snapshot_codec.encode(one) for suite, one in record.snapshots.items()}
    data = saved_run.encode(saved_run.SavedRun(record, None, "hash"))
    first = place.open().append(saved_run.decode(data, "verdict.record", files.get, "coverage").run)
    assert place.open().fetch(first.id) == record
    assert place.open().append(record) == first
    assert len(place.open().list()) == 1


def test_a_run_whose_files_did_not_change_adds_no_coverage(place: Place) -> None:
    place.open().append(run("c1"))
    before = set(place.names())
    place.open().append(run("c2"))
    added = sorted({name.partition("/")[0] for name in set(place.names()) - before})
    assert added in (["runs"], ["objects", "runs"])
    assert len(set(place.names()) - before) <= 2, "a manifest, and the edits that make its texts"


def test_an_unknown_run_is_refused_by_name(place: Place) -> None:
    place.open().append(run())
    with pytest.raises(InputError, match="0123abcd") as caught:
        place.open().fetch("0123abcd")
    assert caught.value.code == "run-unknown"


def test_pruning_drops_what_only_older_runs_have_and_keeps_every_run(place: Place) -> None:
    for record in several(3):
        place.open().append(record, {"api.xml": record.commit.encode(), "same.html": b"same"})
    runs, before = place.open().list(), set(place.names())
    older = runs[:2] if place.bulky else []
    assert list(place.open().prune(1)) == [f"{found.id}: api.xml" for found in older]
    gone = {layout.artifact_name(layout.digest_of(found.commit.encode())) for found in older}
    assert before - set(place.names()) == gone, "what a newer run has as well stays"
    assert place.open().list() == runs
    assert list(place.open().verify()) == []
    assert [place.open().fetch(found.id) for found in runs] == list(several(3))


def test_a_sound_history_has_no_faults(place: Place) -> None:
    for record in several(4):
        place.open().append(record)
    assert list(place.open().verify()) == []


@pytest.mark.security
def test_one_flipped_byte_in_any_file_is_found(place: Place) -> None:
    for record in several(2):
        place.open().append(record, {"api.xml": b"<coverage/>"})
    for name in place.names():
        sound = place.read(name)
        for at in (0, len(sound) // 2, len(sound) - 1):
            place.write(name, sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
            assert place.open().verify(), f"{name}: byte {at}"
        place.write(name, sound)
    assert list(place.open().verify()) == []


@pytest.mark.security
def test_one_lost_file_is_found(place: Place) -> None:
    for record in several(3):
        place.open().append(record)
    for name in place.names():
        sound = place.read(name)
        place.write(name, None)
        assert place.open().verify(), name
        place.write(name, sound)


@pytest.mark.security
def test_a_run_put_in_another_s_place_is_found(place: Place) -> None:
    for record in several(3):
        place.open().append(record)
    second, third = (name for name in place.names() if layout.number_of(name) in ("00000002", "00000003"))
    stolen = place.read(second)
    place.write(third, stolen)
    assert HistoryFault(third, "its content does not match its name") in place.open().verify()
    with pytest.raises(InputError) as caught:
        place.open().list()
    assert caught.value.code == "history-damaged"


@pytest.mark.security
def test_a_file_that_covgov_did_not_write_is_found(place: Place) -> None:
    place.open().append(run())
    place.write("notes.txt", b"hello")
    assert [fault.where for fault in place.open().verify()] == ["notes.txt"]


@pytest.mark.reliability
def test_a_lost_newest_run_is_never_read_over(place: Place) -> None:
    for record in several(2):
        place.open().append(record)
    place.write(next(name for name in place.names() if layout.number_of(name) == "00000002"), None)
    with pytest.raises(InputError, match="promises 2 runs"):
        place.open().list()


@pytest.mark.reliability
def test_damaged_coverage_is_refused_not_read(place: Place) -> None:
    found = place.open().append(run())
    for name in place.names():
        if name.startswith("objects/"):
            place.write(name, place.read(name) + b" ")
    with pytest.raises(InputError) as caught:
        place.open().fetch(found.id)
    assert caught.value.code == "history-damaged"


def test_verdicts_and_snapshots_come_in_the_order_asked_and_equal_what_is_fetched(place: Place) -> None:
    records = [replace(record, verdict=one.verdict) for record, one in zip(several(4), varied(4), strict=True)]
    ids = [place.open().append(record).id for record in records]
    for asked in ([0, 1, 2, 3], [3, 0, 0, 2], [1], []):
        wanted = [ids[number] for number in asked]
        assert list(place.open().verdicts(wanted)) == [records[number].verdict for number in asked]
        assert list(place.open().snapshots(wanted)) == [records[number].snapshots for number in asked]
    for read in (place.open().verdicts, place.open().snapshots):
        with pytest.raises(InputError, match="0123abcd") as caught:
            list(read([ids[0], "0123abcd"]))
        assert caught.value.code == "run-unknown"


@pytest.mark.parametrize("paths", [(), ("moved.py",), ("same.py", "moved.py")])
def test_changes_are_both_runs_without_the_files_that_are_the_same(place: Place, paths: Sequence[str]) -> None:
    auth = snap({"shared.py": "+"}, suite="auth")
    sides = [
        {"api": snap({"same.py": "+-", "moved.py": "++-", "shared.py": "+", "lost.py": marks}), "auth": auth}
        for marks in ("+", "-")
    ]
    base, head = (
        place.open().append(run(f"c{number}", snapshots=one, expected=("api", "auth")))
        for number, one in enumerate(sides)
    )
    found = place.open().changes(base.id, head.id, paths)
    folded = [path for path in ("same.py", "moved.py") if path not in paths]
    for part, whole in ((found.base, sides[0]), (found.head, sides[1])):
        assert part == {suite: one.restrict(lambda path: path not in folded) for suite, one in whole.items()}
    assert found.same == len(folded)
    if found.folded is None:
        assert not folded
    else:
        assert found.folded.ratio(Metric.COMBINED) == sides[0]["api"].restrict(folded.__contains__).ratio(
            Metric.COMBINED
        )


@pytest.mark.reliability
def test_damage_is_refused_whatever_part_of_a_run_is_read(place: Place) -> None:
    first, last = (place.open().append(record).id for record in several(2))
    damaged = next(name for name in place.names() if name.startswith("objects/"))
    place.write(damaged, place.read(damaged) + b" ")
    store = place.open()
    for read in (store.verdicts, store.snapshots, lambda ids: [store.changes(ids[0], ids[1], ())]):
        with pytest.raises(InputError) as caught:
            list(read([first, last]))
        assert caught.value.code == "history-damaged"


def test_an_open_store_sees_what_others_append(place: Place) -> None:
    store = place.open()
    for number, record in enumerate(several(3), 1):
        found = place.open().append(record)
        assert [run.sequence for run in store.list()] == list(range(1, number + 1))
        assert store.fetch(found.id) == record


def test_verifying_shows_how_many_runs_are_done(place: Place) -> None:
    for record in several(3):
        place.open().append(record)
    steps: list[tuple[int, int]] = []
    place.open().verify(lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.reliability
def test_files_of_somebody_else_are_left_alone(place: Place) -> None:
    place.settle_elsewhere()
    before = place.names()
    for call in (place.open().exists, lambda: place.open().append(run())):
        with pytest.raises(CovgovError) as caught:
            call()
        assert caught.value.code == "history-foreign"
    assert place.names() == before


@pytest.mark.reliability
def test_a_newer_format_is_refused_by_name(place: Place) -> None:
    place.open().append(run())
    name = next(name for name in place.names() if name.startswith("runs/"))
    newer = place.read(name).replace(b'"version":2,"sequence"', b'"version":3,"sequence"', 1)
    place.write(name, None)
    place.write(layout.manifest_name(1, layout.digest_of(newer)), newer)
    with pytest.raises(InputError, match="newer covgov") as caught:
        place.open().list()
    assert caught.value.code == "history-newer"


@pytest.mark.reliability
def test_eight_processes_appending_at_once_lose_nothing(place: Place) -> None:
    processes = [place.spawn(f"p{number}", 3) for number in range(8)]
    printed = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        printed += out.split()
    runs = place.open().list()
    assert len(runs) == 24
    assert sorted(found.id for found in runs) == sorted(printed)
    assert list(place.open().verify()) == []


@pytest.mark.reliability
def test_a_process_killed_at_any_point_leaves_the_old_state_or_the_new_one(place: Place) -> None:
    place.open().append(run("before"))
    confirmed: list[str] = []
    for number in range(8):
        with place.spawn(f"k{number}", 100) as process:
            assert process.stdout is not None
            confirmed.append(process.stdout.readline().strip())
            time.sleep(0.013 * number)
            os.killpg(process.pid, signal.SIGKILL)
            # not communicate(): that leaves what readline() has read ahead
            confirmed += [line for line in process.stdout.read().split("\n")[:-1] if line]
        place.repo.git("for-each-ref")
        for lock in (place.repo.root / ".git").glob("refs/heads/*.lock"):
            lock.unlink()  # git's own, killed with it; the store's error asks a person to do this
        assert list(place.open().verify()) == []
    place.open().append(run("after"))
    known = {found.id for found in place.open().list()}
    assert set(confirmed) <= known
    assert list(place.open().verify()) == []


@pytest.mark.reliability
def test_a_change_that_raises_leaves_nothing_behind(place: Place) -> None:
    place.open().append(run())
    before = place.names()
    naive = replace(run("c2"), recorded_at=NOON.replace(tzinfo=None))
    append: Callable[[], object] = lambda: place.open().append(naive)  # noqa: E731 - one call that must fail
    with pytest.raises(ValueError, match="aware"):
        append()
    assert place.names() == before
