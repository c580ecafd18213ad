from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.errors import DeliveryFailed, InputError, Undetermined
from covgov.history.stores.git.plumbing import Plumbing
from covgov.history.stores.git.view import GitView, object_faults
from covgov_testing.builders.run import NOON
from covgov_testing.repos import Repo


def git(root: Path) -> Plumbing:
    return Plumbing(root, os.environ)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def script(tmp_path: Path, text: str) -> dict[str, str]:
    """An environment whose `git` is the given shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.reliability
def test_a_machine_without_git_is_told(tmp_path: Path) -> None:
    done = Plumbing(tmp_path / "absent", os.environ).run("status")
    assert done.code == 127
    assert "git cannot be run" in done.err


@pytest.mark.reliability
def test_a_command_that_hangs_is_given_up(tmp_path: Path) -> None:
    done = Plumbing(tmp_path, script(tmp_path, "exec sleep 60")).run("ls-remote", seconds=0.1)
    assert done.code == 124
    assert "no answer" in done.err


@pytest.mark.reliability
def test_a_repository_that_git_refuses_to_open_is_not_taken_for_none(tmp_path: Path) -> None:
    refusing = Plumbing(tmp_path, script(tmp_path, "echo fatal: detected dubious ownership >&2; exit 128"))
    with pytest.raises(Undetermined, match="dubious ownership"):
        refusing.is_repository()


def test_a_failing_command_carries_git_s_words(repo: Repo) -> None:
    with pytest.raises(DeliveryFailed, match="read-tree"):
        git(repo.root).must("read-tree", "nonsense")


def test_a_commit_holds_the_parent_s_files_and_the_new_ones(repo: Repo) -> None:
    plumbing = git(repo.root)
    first = plumbing.commit_files(None, {"a": b"\r\n", "b/c": b"\x00"}, NOON, "one")
    second = plumbing.commit_files(first, {"d": b""}, NOON, "two")
    view = GitView(plumbing, second)
    assert list(view.names()) == ["a", "b/c", "d"]
    assert list(view.names("b")) == ["b/c"]
    assert view.read(["a", "b/c", "d", "e"]) == {"a": b"\r\n", "b/c": b"\x00", "d": b""}
    assert repo.git("log", "-1", "--format=%an %ae %ct %P %s", second) == (
        f"covgov covgov@localhost {int(NOON.timestamp())} {first} two"
    )


def test_a_view_without_a_commit_is_empty(repo: Repo) -> None:
    assert list(GitView(git(repo.root), None).names()) == []


@pytest.mark.reliability
def test_a_commit_that_is_not_here_is_damage(repo: Repo) -> None:
    absent = "1" * 40
    with pytest.raises(InputError) as caught:
        GitView(git(repo.root), absent).names()
    assert caught.value.code == "history-damaged"
    assert [fault.where for fault in object_faults(git(repo.root), absent)] == [f"commit {absent}"]


@pytest.mark.reliability
def test_missing_objects_are_told_apart_from_those_around_them(repo: Repo) -> None:
    plumbing = git(repo.root)
    commit = plumbing.commit_files(None, {"a": b"a"}, NOON, "one")
    answers = list(plumbing.objects([commit, "2" * 40, commit]))
    assert [(kind, content is None) for _, kind, content in answers] == [
        ("commit", False),
        ("missing", True),
        ("commit", False),
    ]


@pytest.mark.reliability
@pytest.mark.parametrize("output", ["printf garbage", "printf 'x blob 10\\nhalf'", "exit 1"])
def test_an_answer_that_breaks_off_is_no_content(tmp_path: Path, output: str) -> None:
    plumbing = Plumbing(tmp_path, script(tmp_path, output))
    answers = list(plumbing.objects(["3" * 40]))
    assert [(found, content) for found, _, content in answers] == [("3" * 40, None)]


@pytest.mark.security
def test_an_object_with_other_bytes_than_its_id_is_a_fault(tmp_path: Path) -> None:
    lying = script(
        tmp_path, f"case $1 in cat-file) printf '{'4' * 40} blob 1\\nx\\n';; rev-list) echo {'4' * 40};; esac"
    )
    faults = list(object_faults(Plumbing(tmp_path, lying), "4" * 40))
    assert [fault.what for fault in faults] == ["its content does not match its id"]


def test_names_of_other_refs_are_not_mistaken_for_the_branch(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git("branch", "coverage/deep")
    assert git(repo.root).refs(["refs/heads/coverage"]) == {}
