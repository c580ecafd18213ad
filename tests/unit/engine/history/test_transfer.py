from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from covgov.errors import InputError, UsageError
from covgov.history.stores.directory import DirStore
from covgov.history.transfer import export, import_
from covgov_testing.builders.run import run
from covgov_testing.fakes.history import MemoryStore
from covgov_testing.history_clones import git_store
from covgov_testing.repos import Repo


def tree(folder: Path) -> Mapping[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def three_runs() -> MemoryStore:
    store = MemoryStore()
    for name in ("c1", "c2", "c3"):
        store.append(run(name))
    return store


def test_an_export_is_a_history_of_its_own(tmp_path: Path) -> None:
    store = three_runs()
    assert export(store, tmp_path / "out") == 3
    assert tree(tmp_path / "out") == store.files
    assert DirStore(tmp_path / "out").list() == store.list()


def test_export_import_export_gives_the_same_bytes(tmp_path: Path) -> None:
    export(three_runs(), tmp_path / "one")
    branch = git_store(Repo(tmp_path / "checkout"), remote=None)
    assert import_(tmp_path / "one", branch) == 3
    export(branch, tmp_path / "two")
    assert tree(tmp_path / "two") == tree(tmp_path / "one")
    assert list(branch.verify()) == []


def test_an_older_export_is_renewed(tmp_path: Path) -> None:
    store = three_runs()
    export(store, tmp_path)
    store.append(run("c4"))
    assert export(store, tmp_path) == 4
    assert tree(tmp_path) == store.files


def test_an_empty_history_exports_nothing(tmp_path: Path) -> None:
    assert export(MemoryStore(), tmp_path) == 0
    assert tree(tmp_path) == {}


def test_artifacts_stay_where_they_are(tmp_path: Path) -> None:
    store = DirStore(tmp_path / "store")
    store.append(run(), {"api.xml": b"bulk"})
    export(store, tmp_path / "out")
    assert not [name for name in tree(tmp_path / "out") if name.startswith("artifacts/")]
    assert list(DirStore(tmp_path / "out").verify()) == []


@pytest.mark.security
def test_an_export_never_overwrites_anything_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match=r"thesis\.tex") as caught:
        export(three_runs(), tmp_path)
    assert caught.value.code == "export-target-differs"
    assert set(tree(tmp_path)) == {"thesis.tex"}
    with pytest.raises(UsageError):
        export(three_runs(), tmp_path / "thesis.tex")


def test_importing_again_takes_only_what_is_new(tmp_path: Path) -> None:
    source, target = three_runs(), MemoryStore()
    export(source, tmp_path)
    assert import_(tmp_path, target) == 3
    assert import_(tmp_path, target) == 0
    source.append(run("c4"))
    export(source, tmp_path)
    assert import_(tmp_path, target) == 1
    assert target.files == source.files


def test_an_older_export_takes_nothing_away(tmp_path: Path) -> None:
    store = three_runs()
    export(store, tmp_path)
    store.append(run("c4"))
    assert import_(tmp_path, store) == 0
    assert len(store.list()) == 4


def test_another_history_is_refused(tmp_path: Path) -> None:
    export(three_runs(), tmp_path)
    other = MemoryStore()
    other.append(run("else"))
    before = dict(other.files)
    with pytest.raises(InputError) as caught:
        import_(tmp_path, other)
    assert caught.value.code == "history-diverged"
    assert other.files == before


@pytest.mark.reliability
def test_a_damaged_export_is_refused_whole(tmp_path: Path) -> None:
    export(three_runs(), tmp_path)
    victim = next(path for path in (tmp_path / "objects").rglob("*") if path.is_file())
    victim.write_bytes(b"x")
    target = MemoryStore()
    with pytest.raises(InputError, match=victim.name):
        import_(tmp_path, target)
    assert target.files == {}


@pytest.mark.reliability
def test_a_damaged_history_is_not_exported(tmp_path: Path) -> None:
    store = three_runs()
    for name in [name for name in store.files if name.startswith("objects/")]:
        del store.files[name]
    with pytest.raises(InputError, match="missing"):
        export(store, tmp_path)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_without_an_export_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        import_(tmp_path / name, MemoryStore())
    assert caught.value.code == "history-absent"
