from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import covgov
from covgov.errors import DeliveryFailed
from covgov.files import place, remove, remove_all, write, write_all


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_written_with_their_folders_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_all(tmp_path / "coverage", {"a.xml": b"1", "html/b.html": b"2"})
    assert listing(tmp_path) == {"coverage/a.xml", "coverage/html/b.html"}
    assert (tmp_path / "coverage/html/b.html").read_bytes() == b"2"
    assert write(tmp_path / "c", b"3") == tmp_path / "c"
    assert (tmp_path / "c").read_bytes() == b"3"


def test_a_written_file_is_readable_by_the_next_job_unless_another_mode_is_wanted(tmp_path: Path) -> None:
    assert mode(write(tmp_path / "a", b"")) == 0o644
    place(tmp_path / "b", b"", 0o600)
    assert mode(tmp_path / "b") == 0o600


def test_an_older_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old and long")
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.reliability
def test_a_path_that_cannot_be_written_is_named_without_leftovers(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "child").write_bytes(b"")
    with pytest.raises(DeliveryFailed, match="taken cannot be written: Is a directory") as caught:
        write_all(tmp_path, {"taken": b"data"})
    assert (caught.value.code, caught.value.exit_code) == ("artifact-unwritable", 5)
    assert caught.value.hint == "check this path, the folder's permissions and the free space"
    with pytest.raises(IsADirectoryError):
        place(tmp_path / "taken", b"data")
    assert listing(tmp_path) == {"taken/child"}


@pytest.mark.reliability
def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(DeliveryFailed, match=f"{name} cannot be written: it is not a regular file"):
            write(tmp_path / name, b"data")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.reliability
def test_a_folder_that_is_a_file_is_one_clear_error_and_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "coverage").write_bytes(b"mine")
    with pytest.raises(DeliveryFailed, match=r"a\.xml"):
        write_all(tmp_path / "coverage", {"a.xml": b"1"})
    assert (tmp_path / "coverage").read_bytes() == b"mine"


@pytest.mark.reliability
def test_only_the_named_files_are_removed_and_missing_ones_are_no_fault(tmp_path: Path) -> None:
    write_all(tmp_path, {"a": b"1", "b": b"2"})
    remove_all(tmp_path, ("a", "never"))
    assert listing(tmp_path) == {"b"}


@pytest.mark.reliability
@pytest.mark.parametrize("gone", [remove, lambda path: remove_all(path.parent, [path.name])])
def test_a_file_that_cannot_be_removed_is_named(tmp_path: Path, gone: Callable[[Path], None]) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(DeliveryFailed, match="taken cannot be written") as caught:
        gone(tmp_path / "taken")
    assert caught.value.code == "artifact-unwritable"


@pytest.mark.architecture
def test_files_are_written_through_one_function() -> None:
    source = Path(covgov.__file__).parent
    known = {
        "files.py",
        "history/stores/directory.py",
        "hub/store/backup.py",
        "runner/quick_reports/facts.py",
    }  # the others: durable; a whole database; run by an interpreter that may not have covgov
    found = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if _renames(path.read_text())}
    assert found == known


def _renames(text: str) -> bool:
    return "mkstemp(" in text or ".replace(target)" in text
