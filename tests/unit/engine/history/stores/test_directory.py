from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from covgov.errors import DeliveryFailed, InputError, Undetermined
from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.interface import Addition, HistoryView
from covgov.history.stores.directory import BULK, DirStore
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_artifacts_are_kept_and_pruned_from_the_oldest(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    for number in range(3):
        bulk = {"api.xml": str(number).encode(), "logo.svg": b"same in all"}
        store.append(run(f"c{number}", at=NOON + timedelta(hours=number)), bulk)
    first, second, _ = store.list()
    assert list(store.prune(1)) == [f"{first.id}: api.xml", f"{second.id}: api.xml"]
    left = {name for name in files(tmp_path) if name.startswith("artifacts/")}
    assert left == {layout.artifact_name(layout.digest_of(data)) for data in (b"2", b"same in all")}
    assert list(store.prune(1)) == []
    assert len(store.prune(0)) == 4
    assert list(store.verify()) == []


@pytest.mark.security
def test_an_artifact_s_name_never_becomes_a_path(tmp_path: Path) -> None:
    DirStore(tmp_path / "store").append(run(), {"../../escape.xml": b"x"})
    assert not (tmp_path.parent / "escape.xml").exists()
    assert not (tmp_path / "escape.xml").exists()


@pytest.mark.reliability
def test_scraps_of_a_killed_append_are_swept_up_and_never_read(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "0").write_bytes(b"half")
    assert list(store.verify()) == []
    store.append(run("c2"))
    assert not (tmp_path / "tmp").exists()
    assert len(store.list()) == 2


@pytest.mark.reliability
def test_a_manifest_without_its_head_is_the_new_state(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    before = (tmp_path / layout.HEAD).read_bytes()
    store.append(run("c2"))
    (tmp_path / layout.HEAD).write_bytes(before)
    assert list(store.verify()) == []
    store.append(run("c3"))
    assert [found.sequence for found in store.list()] == [1, 2, 3]
    assert list(store.verify()) == []


@pytest.mark.reliability
def test_a_first_manifest_without_any_head_is_the_new_state(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    (tmp_path / layout.HEAD).unlink()
    assert store.exists()
    assert list(store.verify()) == []


@pytest.mark.reliability
def test_objects_alone_are_no_run_yet(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    for name in files(tmp_path):
        if not name.startswith("objects/"):
            (tmp_path / name).unlink()
    assert not store.exists()
    store.append(run("c1"))
    assert list(store.verify()) == []


@pytest.mark.reliability
def test_a_head_that_is_two_runs_behind_is_a_fault(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    before = (tmp_path / layout.HEAD).read_bytes()
    store.append(run("c2"))
    store.append(run("c3"))
    (tmp_path / layout.HEAD).write_bytes(before)
    assert [fault.where for fault in store.verify()] == [layout.HEAD]


@pytest.mark.reliability
def test_a_missing_head_of_several_runs_is_a_fault(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    store.append(run("c2"))
    (tmp_path / layout.HEAD).unlink()
    assert [(fault.where, fault.what) for fault in store.verify()] == [(layout.HEAD, "it is missing")]


@pytest.mark.reliability
def test_a_place_that_is_no_directory_is_unreachable_not_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = DirStore(tmp_path / "file")
    with pytest.raises(Undetermined) as caught:
        store.exists()
    assert caught.value.code == "history-unreachable"


@pytest.mark.reliability
def test_a_place_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DeliveryFailed) as caught:
        DirStore(tmp_path / "file" / "below").append(run())
    assert caught.value.code == "history-unwritable"
    assert "below" in caught.value.message


@pytest.mark.reliability
def test_a_full_disk_leaves_the_runs_before(tmp_path: Path) -> None:
    DirStore(tmp_path).append(run("c1"))
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from covgov.history.stores.directory import BULK, DirStore\n"
        "from covgov_testing.builders.run import run\n"
        "from covgov.errors import DeliveryFailed\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "try: DirStore(Path(sys.argv[1])).append(run('c2'))\n"
        "except DeliveryFailed as error: sys.exit(0 if error.code == 'history-unwritable' else 3)\n"
        "sys.exit(4)"
    )
    support = str(Path(sys.modules["covgov_testing"].__path__[0]).parent)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": support},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(DirStore(tmp_path).list()) == 1
    assert list(DirStore(tmp_path).verify()) == []


def test_a_directory_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    store = DirStore(tmp_path / "absent")
    assert (store.exists(), list(store.list()), list(store.prune(0)), list(store.verify())) == (False, [], [], [])
    assert not (tmp_path / "absent").exists()


def test_a_first_run_of_many_files_is_recorded_like_any_other(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    many = {"api": snap({f"{number}.py": "+" * number for number in range(BULK + 20)})}
    found = store.append(run(snapshots=many))
    assert store.fetch(found.id).snapshots == many
    assert list(store.verify()) == []


def test_a_repeated_append_writes_nothing(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    first = store.append(run(), {"api.xml": b"1"})
    before = files(tmp_path)
    assert store.append(run(), {"api.xml": b"2"}) == first
    assert store.fetch(first.id) == run()
    assert files(tmp_path) == before


@pytest.mark.reliability
def test_nothing_is_appended_to_a_damaged_history(tmp_path: Path) -> None:
    store = DirStore(tmp_path)
    store.append(run("c1"))
    next((tmp_path / "runs").rglob("*.json")).write_bytes(b"{}")
    before = files(tmp_path)
    with pytest.raises(InputError):
        store.append(run("c2"))
    assert files(tmp_path) == before


def test_a_history_without_a_lock_file_can_be_read_and_verified(tmp_path: Path) -> None:
    DirStore(tmp_path).append(run())
    (tmp_path / "lock").unlink()
    assert list(DirStore(tmp_path).verify()) == []
    assert "lock" not in files(tmp_path)


def test_an_update_that_wants_nothing_writes_nothing(tmp_path: Path) -> None:
    def nothing(view: HistoryView) -> Addition | None:
        assert not ledger.recorded(view)
        return None

    DirStore(tmp_path).update(nothing)
    assert files(tmp_path) == {"lock"}
