"""Histories of every format that a covgov has written, as files; no version may read them otherwise."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.migrate import migrate
from covgov.history.stores.directory import DirStore
from covgov.history.transfer import import_
from covgov.model.run import RunRecord
from covgov_testing.fakes.history import MemoryStore
from covgov_testing.golden_history import as_read, records
from covgov_testing.history_clones import BRANCH, bare_origin, clone, git_store

GOLDEN = Path(__file__).parents[4] / "golden"
IDS = {
    1: (
        "1e63e68b166eff38d10b35150eaa8b74ab1b8c4d2776a116fb3711aa962a4956",
        "9a2e10f1d276592ff48af229f466cc292d08e9715cd5447d33de14de9060c8e8",
        "22ff69a5fe7b1f1df6334eb5cf67967ebae81e9cdad06566c1aff3dadd1c1bca",
    ),
    2: (
        "87122e01ab7cea92912e41224c0f6dbfd13ca9ed9a3cf86ec754042437d3cb0f",
        "258241ff8537f1ee162152e2fc49412458b073fc843f145782061008832590cd",
        "2b70522e9894e526ea108a933676fd6d1806fdb71d654e85f796a3f6b00d9555",
    ),
}


@pytest.fixture(params=sorted(IDS))
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def store(version: int, tmp_path: Path) -> DirStore:
    shutil.copytree(GOLDEN / f"history-{version}", tmp_path / "history")
    return DirStore(tmp_path / "history")


AGAIN = replace(records()[0], recorded_at=records()[0].recorded_at + timedelta(days=1), attempt=2)
ONCE_MORE = replace(records()[1], recorded_at=records()[1].recorded_at + timedelta(days=2), attempt=3)


def expected() -> list[RunRecord]:
    return [as_read(record) for record in records()]


def test_every_format_has_a_golden_history() -> None:
    assert sorted(IDS) == list(range(1, layout.VERSION + 1))
    assert sorted(path.name for path in GOLDEN.glob("history-*")) == [f"history-{version}" for version in sorted(IDS)]


@pytest.mark.reliability
def test_a_golden_history_is_read_as_it_was_recorded(store: DirStore, version: int) -> None:
    runs = store.list()
    assert tuple(found.id for found in runs) == IDS[version]
    assert [store.fetch(found.id) for found in runs] == expected()
    assert list(store.verify()) == []
    assert {stored.manifest.version for stored in ledger.chain(store.view())} == {version}


@pytest.mark.reliability
def test_a_run_that_is_there_in_an_older_format_is_not_recorded_again(store: DirStore) -> None:
    before = store.list()
    assert [store.append(record) for record in records()] == list(before)
    assert store.list() == before


@pytest.mark.reliability
def test_new_runs_continue_an_older_format(store: DirStore) -> None:
    store.append(AGAIN)
    store.append(ONCE_MORE)
    runs = store.list()
    assert [store.fetch(found.id) for found in runs] == [*expected(), as_read(AGAIN), as_read(ONCE_MORE)]
    assert [found.sequence for found in runs] == [1, 2, 3, 4, 5]
    assert list(store.verify()) == []


@pytest.mark.security
def test_any_changed_byte_of_a_golden_history_is_a_fault(store: DirStore, tmp_path: Path) -> None:
    for path in sorted((tmp_path / "history").rglob("*")):
        if path.is_file():
            sound = path.read_bytes()
            path.write_bytes(bytes([*sound[:-2], sound[-2] ^ 1, sound[-1]]))
            assert store.verify(), path
            path.write_bytes(sound)
    assert list(store.verify()) == []


@pytest.mark.security
def test_any_lost_file_of_a_golden_history_is_a_fault(store: DirStore, tmp_path: Path) -> None:
    for path in sorted((tmp_path / "history").rglob("*")):
        if path.is_file() and "artifacts" not in path.parts:
            sound = path.read_bytes()
            path.unlink()
            assert store.verify(), path
            path.write_bytes(sound)


def test_a_golden_history_is_migrated_in_place(store: DirStore, version: int) -> None:
    store.append(AGAIN)
    before = [store.fetch(found.id) for found in store.list()]
    old = [found.id for found in store.list()]
    assert migrate(store) == (0 if version == layout.VERSION else 4)
    assert migrate(store) == 0
    runs = ledger.chain(store.view())
    assert {stored.manifest.version for stored in runs} == {layout.VERSION}
    assert [store.fetch(found.id) for found in store.list()] == before
    assert [store.fetch(run_id) for run_id in old] == before, "a run is found by its old id as well"
    assert list(store.verify()) == []
    kept = {layout.HEAD, *(name for name in store.view().names(layout.ARTIFACTS))}
    made = {stored.name for stored in runs} | {layout.object_name(stored.manifest.edits) for stored in runs}
    assert set(store.view().names()) == kept | made, "nothing of the older format is left"


def test_a_branch_is_migrated_by_one_commit_that_others_follow(version: int, tmp_path: Path) -> None:
    origin = bare_origin(tmp_path)
    clones = [git_store(clone(origin, name)) for name in ("one", "two")]
    import_(GOLDEN / f"history-{version}", clones[0])
    clones[0].push()
    clones[1].fetch_remote()
    clones[1].append(AGAIN)
    commits = int(origin.git("rev-list", "--count", BRANCH))
    assert migrate(clones[0]) == (0 if version == layout.VERSION else 3)
    clones[0].push()
    assert int(origin.git("rev-list", "--count", BRANCH)) == commits + (version != layout.VERSION)
    clones[1].push()
    clones[0].fetch_remote()
    for store in clones:
        assert [store.fetch(found.id) for found in store.list()] == [*expected(), as_read(AGAIN)]
        assert list(store.verify()) == []


def test_an_import_of_an_older_format_keeps_its_bytes(version: int) -> None:
    store = MemoryStore()
    folder = GOLDEN / f"history-{version}"
    assert import_(folder, store) == 3
    assert {name: (folder / name).read_bytes() for name in store.files} == store.files


@pytest.mark.reliability
def test_a_migration_that_is_killed_after_any_file_leaves_the_old_history_or_the_new_one() -> None:
    whole = MemoryStore()
    import_(GOLDEN / "history-1", whole)
    whole.append(AGAIN)
    before = [*expected(), as_read(AGAIN)]
    assert migrate(whole) == 4
    assert len(whole.steps) > 20
    for files in whole.steps:
        store = MemoryStore()
        store.files = dict(files)
        assert [store.fetch(found.id) for found in store.list()] == before
        assert list(store.verify()) == []
        assert store.fetch(store.append(ONCE_MORE).id) == as_read(ONCE_MORE)
        assert list(store.verify()) == []
        migrate(store)
        assert {stored.manifest.version for stored in ledger.chain(store.view())} == {2}
        assert len(store.list()) == 5
        assert list(store.verify()) == []
        assert layout.superseded(store.view()) == []
