from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from covgov.runner.quick_reports import facts
from covgov.runner.quick_reports.facts import LARGEST, SourceFacts, place, read


def never() -> str:
    raise AssertionError("asked again")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache file with the answer `two` about `x = 1`."""
    path = tmp_path / "cache" / "project"
    cache = SourceFacts(str(path))
    assert cache.of("x = 1", "how many", lambda: "two") == "two"
    cache.save()
    return path


def test_a_question_about_a_text_is_answered_once() -> None:
    cache = SourceFacts()
    assert cache.of("x = 1", "how many", lambda: {1: {2, (3, None)}}) == {1: {2, (3, None)}}
    assert cache.of("x = 1", "how many", dict) == {1: {2, (3, None)}}
    assert cache.of("x = 1", "which", lambda: "another question") == "another question"
    assert cache.of("x = 2", "how many", lambda: "another text") == "another text"
    assert cache.of("x = '\ud800'", "how many", lambda: "half a character") == "half a character"


def test_an_answer_is_the_same_in_the_next_run(path: Path) -> None:
    assert SourceFacts(str(path)).of("x = 1", "how many", never) == "two"


def test_an_answer_is_not_shared() -> None:
    cache = SourceFacts()
    for _ in range(2):
        answer = cache.of("x = 1", "how many", lambda: {1})
        assert answer == {1}
        answer.add(2)


def test_what_cannot_be_saved_is_answered_each_time(path: Path) -> None:
    cache = SourceFacts(str(path))
    answers = [ValueError("second"), ValueError("first")]
    assert [str(cache.of("x", "which", answers.pop)) for _ in range(2)] == ["first", "second"]
    cache.save()
    assert read(str(path), LARGEST) == {}


@pytest.mark.reliability
def test_a_text_that_no_longer_exists_is_dropped(path: Path) -> None:
    cache = SourceFacts(str(path))
    cache.of("y = 2", "how many", lambda: "three")
    cache.save()
    assert len(read(str(path), LARGEST)) == 1
    assert SourceFacts(str(path)).of("y = 2", "how many", never) == "three"


def cut(data: bytes) -> bytes:
    return data[:-1]


def changed(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def changed_digest(data: bytes) -> bytes:
    at = len(facts.HEADER)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def older(data: bytes) -> bytes:
    return data.replace(b"facts 1", b"facts 0", 1)


@pytest.mark.reliability
@pytest.mark.security
@pytest.mark.parametrize("damage", [cut, changed, changed_digest, older, lambda _: b"", lambda data: data + b"x"])
def test_a_damaged_file_is_as_no_file(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    cache = SourceFacts(str(path))
    assert cache.of("x = 1", "how many", lambda: "asked again") == "asked again"
    cache.save()
    assert SourceFacts(str(path)).of("x = 1", "how many", never) == "asked again"


@pytest.mark.security
def test_a_file_of_another_user_is_as_no_file(path: Path) -> None:
    assert facts.own(path.stat().st_uid)
    assert not facts.own(path.stat().st_uid + 1)
    if os.geteuid() == 0:
        os.chown(path, 1, -1)
        assert read(str(path), LARGEST) == {}


def test_a_file_that_is_too_large_is_neither_written_nor_read(path: Path) -> None:
    before = path.read_bytes()
    assert SourceFacts(str(path), largest=len(before)).saved
    cache = SourceFacts(str(path), largest=len(before) - 1)
    assert cache.saved == {}
    cache.of("x = 1", "how many", lambda: "two and more")
    cache.save()
    assert path.read_bytes() == before


@pytest.mark.reliability
def test_a_directory_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = SourceFacts(str(tmp_path / "file" / "project"))
    cache.of("x = 1", "how many", lambda: "two")
    cache.save()
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.reliability
def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(path: Path) -> None:
    path.unlink()
    (path / "directory").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        facts.write(str(path), b"body")
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208


def test_the_files_that_were_used_last_are_kept(path: Path) -> None:
    for age, name in enumerate(("new", "old", "oldest"), start=1):
        (path.parent / name).touch()
        os.utime(path.parent / name, (1_000_000_000 - age, 1_000_000_000 - age))
    os.utime(path, (1, 1))
    cache = SourceFacts(str(path), most=2)
    cache.of("x = 1", "how many", never)
    cache.save()
    assert {file.name for file in path.parent.iterdir()} == {path.name, "new"}


def test_the_file_is_in_the_users_cache_directory(tmp_path: Path) -> None:
    own = place({"HOME": "/home/me"}, str(tmp_path), "7.0")
    assert own.startswith("/home/me/.cache/covgov/facts/")
    assert place({"HOME": "/home/me", "XDG_CACHE_HOME": "/caches"}, str(tmp_path), "7.0").startswith("/caches/covgov/")
    assert place({"HOME": "/home/me"}, str(tmp_path), "7.1") != own
    assert place({"HOME": "/home/me"}, str(tmp_path / "other"), "7.0") != own


@pytest.mark.security
def test_there_is_no_file_where_a_change_could_bring_one_or_when_it_is_switched_off(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "home").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root / "home")
    assert place({"HOME": str(tmp_path)}, str(root), "7.0")
    assert not place({"HOME": str(root)}, str(root), "7.0")
    assert not place({"HOME": str(root / "home")}, str(root), "7.0")
    assert not place({"XDG_CACHE_HOME": str(tmp_path / "link")}, str(root), "7.0")
    assert not place({"XDG_CACHE_HOME": "caches"}, str(root), "7.0")
    assert not place({}, str(root), "7.0")
    assert not place({"HOME": str(tmp_path), "COVGOV_CACHE": "off"}, str(root), "7.0")
