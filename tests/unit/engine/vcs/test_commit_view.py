"""A commit in the place of the files on disk; and the merge that a CI measured, made again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.vcs.commit_view import CommitView, measured_commit
from covgov.vcs.git import GitRepository
from covgov.vcs.interface import WORKTREE
from covgov_testing.repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """On main; `topic` changes a file and adds one."""
    made = Repo(tmp_path)
    made.commit({"a.txt": "one\n"})
    made.git("checkout", "--quiet", "-b", "topic")
    made.commit({"a.txt": "two\n", "new.txt": "new\n"})
    made.git("checkout", "--quiet", "main")
    return made


def measured(repo: Repo, tree: str) -> str:
    known = GitRepository(repo.root, env=os.environ, fetch=False)
    tip, head = (repo.git("rev-parse", name) for name in ("main", "topic"))
    return measured_commit(known, repo.root, os.environ, tip, head, tree)


def test_the_view_shows_the_commit_and_the_files_on_disk_stay(repo: Repo) -> None:
    repo.write({"a.txt": "dirty\n"})
    commit = repo.git("rev-parse", "topic")
    view = CommitView(repo.root, commit, env=os.environ)
    with view.steady():
        origin = view.origin()
    assert (origin.commit, origin.tree, origin.dirty) == (commit, repo.git("rev-parse", "topic^{tree}"), False)
    assert view.read(WORKTREE, "a.txt") == b"two\n"
    assert view.read_all(WORKTREE, ["new.txt", "gone.txt"]) == {"new.txt": b"new\n"}
    assert view.blobs(WORKTREE)["new.txt"] == repo.git("rev-parse", "topic:new.txt")
    assert [file.new_path for file in view.diff(repo.git("rev-parse", "main"), WORKTREE)] == ["a.txt", "new.txt"]
    assert (view.resolve("HEAD"), view.branch()) == (commit, "")
    assert (repo.root / "a.txt").read_text(encoding="utf-8") == "dirty\n"
    assert not (repo.root / "new.txt").exists()


def test_the_head_itself_was_measured(repo: Repo) -> None:
    assert measured(repo, repo.git("rev-parse", "topic^{tree}")) == repo.git("rev-parse", "topic")


@pytest.mark.parametrize("later", [0, 2])
def test_the_merge_with_a_commit_of_the_base_branch_was_measured(repo: Repo, later: int) -> None:
    base = repo.commit({"other.txt": "other\n"})
    repo.git("checkout", "--quiet", "--detach", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    repo.git("checkout", "--quiet", "main")
    for number in range(later):
        repo.commit({f"later{number}.txt": "later\n"})
    found = measured(repo, tree)
    assert repo.git("rev-parse", f"{found}^{{tree}}") == tree
    assert repo.git("rev-parse", f"{found}^1", f"{found}^2").split() == [base, repo.git("rev-parse", "topic")]
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.security
@pytest.mark.parametrize("tree", ["", "0" * 40, "--help"])
def test_a_tree_that_nobody_could_have_measured_leaves_the_merge_with_the_tip(repo: Repo, tree: str) -> None:
    tip = repo.commit({"other.txt": "other\n"})
    found = measured(repo, tree)
    assert repo.git("rev-parse", f"{found}^1", f"{found}^2").split() == [tip, repo.git("rev-parse", "topic")]


def test_where_the_two_conflict_the_head_is_left(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "fresh")
    repo.commit({"a.txt": "three\n"})
    repo.git("branch", "--force", "main", "fresh")
    assert measured(repo, "") == repo.git("rev-parse", "topic")
