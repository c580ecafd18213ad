"""Single objects from one process of git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.errors import Undetermined
from covgov.vcs.command import Git
from covgov.vcs.objects import ObjectReader
from covgov_testing.repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def test_objects_are_found_by_extended_names(repo: Repo) -> None:
    commit = repo.commit({"dir/two words.py": "1\n", "empty": ""})
    reader = ObjectReader(Git(repo.root, os.environ))
    found = [reader.find(f"{commit}:{path}") for path in ("dir/two words.py", "empty", "dir")]
    assert [(one.kind, one.data) for one in found[:2] if one] == [("blob", b"1\n"), ("blob", b"")]
    assert found[2] is not None
    assert found[2].kind == "tree"
    peeled = reader.find("HEAD^{commit}")
    assert peeled is not None
    assert (peeled.id, peeled.kind) == (commit, "commit")


@pytest.mark.parametrize("name", ["nothing", "", "HEAD:no such file", "HEAD\nHEAD", "HEAD\0", "-x", "x 12"])
def test_a_name_of_no_object_is_none_and_the_next_is_answered(repo: Repo, name: str) -> None:
    commit = repo.commit({"a.py": "1\n"})
    reader = ObjectReader(Git(repo.root, os.environ))
    assert reader.find(name) is None
    found = reader.find("HEAD")
    assert found is not None
    assert found.id == commit


def test_an_object_that_cannot_be_read_is_none_and_the_next_is_answered(repo: Repo) -> None:
    commit = repo.commit({"a.py": "1\n", "b.py": "2\n"})
    blob = repo.git("rev-parse", "HEAD:a.py")
    file = repo.root / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o600)
    file.write_bytes(b"damaged")
    reader = ObjectReader(Git(repo.root, os.environ))
    assert reader.find(f"{commit}:a.py") is None
    found = reader.find(f"{commit}:b.py")
    assert found is not None
    assert found.data == b"2\n"


def test_objects_that_come_later_are_found(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    reader = ObjectReader(Git(repo.root, os.environ))
    assert reader.find("refs/heads/later") is None
    later = repo.commit({"a.py": "2\n"})
    repo.git("branch", "later")
    found = reader.find("refs/heads/later")
    assert found is not None
    assert found.id == later


def test_no_checkout_has_no_object(tmp_path: Path) -> None:
    assert ObjectReader(Git(tmp_path, os.environ)).find("HEAD") is None


def test_a_machine_without_git_is_undetermined(repo: Repo) -> None:
    with pytest.raises(Undetermined, match="git cannot be run"):
        ObjectReader(Git(repo.root / "nowhere", os.environ)).find("HEAD")
