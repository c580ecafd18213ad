"""A commit in the place of the files on disk, of which nothing is checked out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from covgov.model.diff import Diff
from covgov.model.snapshot import Origin
from covgov.vcs.command import Git
from covgov.vcs.git import GitRepository
from covgov.vcs.interface import WORKTREE

MERGES = 50
"""Newest commits of the base branch with which a change may have been merged when it was measured."""

MERGER = ("user.name=covgov", "user.email=covgov@localhost", "fetch.fsckObjects=true")


class CommitView(GitRepository):
    """The repository as if `commit` were checked out."""

    def __init__(self, root: Path, commit: str, *, env: Mapping[str, str]) -> None:
        super().__init__(root, env=env)
        self.commit = commit

    def origin(self) -> Origin:
        return Origin(commit=self.commit, tree=self.tree(self.commit), dirty=False)

    @contextmanager
    def steady(self) -> Iterator[None]:
        yield  # a commit does not change

    def resolve(self, revision: str) -> str | None:
        return super().resolve(self.commit if revision == "HEAD" else revision)

    def diff(self, base: str, head: str) -> Diff:
        return super().diff(base, self.commit if head == WORKTREE else head)

    def read(self, revision: str, path: str) -> bytes | None:
        return super().read(self.commit if revision == WORKTREE else revision, path)

    def read_all(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        return super().read_all(self.commit if commit == WORKTREE else commit, paths)

    def blobs(self, revision: str) -> Mapping[str, str]:
        return super().blobs(self.commit if revision == WORKTREE else revision)

    def branch(self) -> str:
        return ""


def measured_commit(
    repository: GitRepository, root: Path, env: Mapping[str, str], tip: str, head: str, tree: str
) -> str:
    """The commit with this tree among the head and its merges with the newest commits of the base branch, which a CI
    builds instead; else the merge with the tip, and the head where they conflict.

    The merges are made here, of the two commits alone: who measured is not asked for them.
    """
    if repository.tree(head) == tree:
        return head
    git = Git(root, env)
    for setting in MERGER:
        git = git.configured(setting)
    first = ""
    for base in islice(repository.first_parents(tip), MERGES):
        for merged in _merged(git, base, head):
            first = first or _committed(git, merged, base, head)
            if merged == tree:
                return _committed(git, merged, base, head)
    return first or head


def _merged(git: Git, base: str, head: str) -> Iterator[str]:
    """The tree of the merge, unless the two conflict."""
    done = git.ask("merge-tree", "--write-tree", base, head)
    if done.code == 0:
        yield done.text.split("\n")[0]


def _committed(git: Git, tree: str, base: str, head: str) -> str:
    return git.run("commit-tree", tree, "-p", base, "-p", head, "-m", "Merge for judging").text
