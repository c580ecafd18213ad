"""The git store between clones and a bare origin, as CI meets them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from covgov.history.stores.registry import open_store
from covgov_testing.builders.run import NOON, run
from covgov_testing.history_clones import BRANCH, bare_origin, clone, commits, git_store
from covgov_testing.repos import Repo, opened


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    return bare_origin(tmp_path)


def state(repo: Repo) -> Mapping[str, str]:
    return {
        "head": repo.git("symbolic-ref", "HEAD"),
        "branch": repo.git("rev-parse", "HEAD"),
        "status": repo.git("status", "--porcelain", "--ignored"),
        "index": repo.git("ls-files", "--stage"),
        "stash": repo.git("stash", "list"),
    }


def test_recording_leaves_work_tree_index_and_branch_untouched(origin: Repo) -> None:
    here = clone(origin, "here")
    here.write({"a.py": "edited\n", "new.py": "untracked\n", "staged.py": "staged\n"})
    here.git("add", "staged.py")
    before = state(here)
    git_store(here, fetch=True).append(run())
    git_store(here).push()
    git_store(here).fetch_remote()
    assert state(here) == before


def test_ci_reads_what_other_clones_pushed(origin: Repo) -> None:
    here, there = clone(origin, "here"), clone(origin, "there", "--depth=1")
    git_store(here).append(run("c1"))
    git_store(here).push()
    assert commits(git_store(there, fetch=True)) == ["c1"]
    assert there.git("rev-parse", "--is-shallow-repository") == "true"


@pytest.mark.reliability
def test_diverged_clones_lose_no_run(origin: Repo) -> None:
    here, there = clone(origin, "here"), clone(origin, "there", "--depth=1")
    git_store(here).append(run("c1"))
    git_store(here).push()
    git_store(there).fetch_remote()
    for repo, name in ((here, "left"), (there, "right")):
        git_store(repo).append(run(name))
        git_store(repo).append(run("both"))
        git_store(repo).push()
    git_store(here).fetch_remote()
    assert commits(git_store(here)) == commits(git_store(there)) == ["c1", "left", "both", "right"]
    assert list(git_store(here).verify()) == []
    assert here.git("rev-parse", BRANCH) == origin.git("rev-parse", BRANCH)


@pytest.mark.reliability
def test_concurrent_pushes_lose_nothing(origin: Repo) -> None:
    names = [f"n{number}" for number in range(4)]
    clones = [clone(origin, name, "--depth=1") for name in names]

    def record_and_push(repo: Repo, name: str) -> None:
        made = git_store(repo, fetch=True)
        for number in range(2):
            made.append(run(f"{name}-{number}", at=NOON + timedelta(minutes=number)))
            made.push()

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(record_and_push, clones, names))
    reader = git_store(clone(origin, "reader"), fetch=True)
    assert sorted(commits(reader)) == sorted(f"{name}-{number}" for name in names for number in range(2))
    assert list(reader.verify()) == []


@pytest.mark.reliability
def test_a_linked_work_tree_shares_the_history(origin: Repo) -> None:
    here = clone(origin, "here")
    here.git("worktree", "add", "--quiet", "-b", "side", str(here.root.parent / "linked"))
    git_store(opened(here.root.parent / "linked")).append(run("c1"))
    assert commits(git_store(here)) == ["c1"]


def test_the_branch_reads_as_a_plain_directory_when_checked_out(origin: Repo, tmp_path: Path) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("c1"))
    target = tmp_path / "tree"
    target.mkdir()
    archive = subprocess.run(["git", "archive", BRANCH], cwd=here.root, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(target)], input=archive.stdout, check=True)
    plain = open_store("dir:tree", tmp_path, env={}, remote=None, fetch=False)
    assert plain.list() == git_store(here).list()
    assert list(plain.verify()) == []
