from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.errors import Undetermined
from covgov.vcs.command import Git
from covgov.vcs.shallow import Deepener, too_shallow
from covgov_testing.repos import Repo


def shallow_clone(tmp_path: Path, commits: int) -> Repo:
    repo = Repo(tmp_path / "repo")
    for number in range(commits):
        repo.commit(message=str(number))
    return repo.clone(tmp_path / "clone", "--depth=1")


def count(clone: Repo) -> int:
    return int(clone.git("rev-list", "--count", "HEAD"))


def test_no_more_history_is_fetched_than_the_answer_needs(tmp_path: Path) -> None:
    clone = shallow_clone(tmp_path, 60)
    Deepener(Git(clone.root, os.environ), "origin", fetch=True).until(lambda: count(clone) > 1, "a parent")
    assert count(clone) == 51


def test_nothing_is_fetched_when_the_answer_is_there(tmp_path: Path) -> None:
    clone = shallow_clone(tmp_path, 3)
    Deepener(Git(clone.root, os.environ), None, fetch=False).until(lambda: True, "anything")
    assert count(clone) == 1


def test_a_complete_history_without_an_answer_is_no_error(tmp_path: Path) -> None:
    clone = shallow_clone(tmp_path, 3)
    deepener = Deepener(Git(clone.root, os.environ), "origin", fetch=True)
    deepener.until(lambda: False, "what does not exist")
    assert not deepener.shallow()


@pytest.mark.reliability
def test_the_error_says_what_was_looked_for_why_it_failed_and_the_remedy() -> None:
    error = too_shallow("the merge base of a and b", "no remote")
    assert isinstance(error, Undetermined)
    assert (error.code, error.exit_code) == ("clone-too-shallow", 11)
    assert error.message == "the clone is too shallow to find the merge base of a and b: no remote"
    assert "fetch-depth: 0" in error.hint
