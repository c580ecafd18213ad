"""Clones of a bare origin that share a history branch."""

from __future__ import annotations

import os
from pathlib import Path

from covgov.history.interface import RunStore
from covgov.history.stores.git.plumbing import Plumbing
from covgov.history.stores.git.store import GitStore
from covgov_testing.repos import Repo

BRANCH = "coverage-history"


def bare_origin(folder: Path) -> Repo:
    """A bare repository with three commits on main."""
    seed = Repo(folder / "seed")
    for number in range(3):
        seed.commit({"a.py": f"{number}\n"})
    bare = Repo(folder / "origin.git", bare=True)
    seed.git("push", "--quiet", bare.root.as_uri(), "main")
    return bare


def clone(origin: Repo, name: str, *options: str) -> Repo:
    return origin.clone(origin.root.parent / name, *options)


def git_store(repo: Repo, *, fetch: bool = False, remote: str | None = "origin") -> GitStore:
    """The store of a clone, which waits only shortly for a locked ref."""
    return GitStore(Plumbing(repo.root, os.environ), BRANCH, remote=remote, fetch=fetch, lock_ms=200)


def commits(store: RunStore) -> list[str]:
    """The words that the runs' commit ids were made from."""
    return [bytes.fromhex(found.commit).rstrip(b"\0").decode() for found in store.list()]
