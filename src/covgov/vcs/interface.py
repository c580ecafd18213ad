"""The protocol of version control; `covgov.vcs.git` implements it, tests use a fake."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from covgov.model.diff import Diff
from covgov.model.snapshot import Origin

WORKTREE = ""
"""The revision of the files on disk, including untracked files that are not ignored."""


SEARCH_LIMIT = 1000
"""First-parent commits to search at most."""


class Repository(Protocol):
    def origin(self) -> Origin:
        """Commit and tree of the files on disk (hashed with a temporary index); dirty when it is not HEAD's tree."""
        ...

    def steady(self) -> AbstractContextManager[None]:
        """Inside, the files on disk do not change, so they are looked at once."""
        ...

    def resolve(self, revision: str) -> str | None:
        """Full commit id, or None when there is no such commit locally."""
        ...

    def obtain(self, commit: str) -> str | None:
        """Like `resolve` of a full commit id, fetching that commit from the remote when allowed."""
        ...

    def tree(self, commit: str) -> str:
        """Tree id of a commit."""
        ...

    def parents(self, commit: str) -> tuple[str, ...]: ...

    def first_parents(self, commit: str) -> Iterator[str]:
        """The commit, its first parent, and so on. In a shallow clone it deepens in steps; raises Undetermined
        (`clone-too-shallow`, naming fetch-depth: 0) when it cannot fetch more of the history."""
        ...

    def merge_base(self, one: str, other: str) -> str | None:
        """Best common ancestor; deepens a shallow clone; None when the histories are unrelated."""
        ...

    def committed_at(self, commit: str) -> datetime:
        """Committer time, aware, UTC."""
        ...

    def diff(self, base: str, head: str) -> Diff:
        """Fixed options, host configuration ignored, renames on. `head` may be WORKTREE."""
        ...

    def read(self, revision: str, path: str) -> bytes | None:
        """A file at a commit (or on disk for WORKTREE); None when it does not exist there."""
        ...

    def read_all(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        """Those of the files that a commit (a full id) has, read at once."""
        ...

    def blobs(self, revision: str) -> Mapping[str, str]:
        """Path -> git blob id of every file at a commit (or on disk for WORKTREE)."""
        ...

    def remote_default(self) -> str:
        """Name of the branch that the remote's HEAD names; "" when there is no remote or nobody knows."""
        ...

    def usual_branch(self) -> str:
        """`main` or `master` when there is one, preferably at the remote; else ""."""
        ...

    def branch_tip(self, name: str) -> str | None:
        """Commit of the branch at the remote, else of the local branch; fetched when allowed. None when it has none."""
        ...

    def alone(self) -> bool:
        """Whether no branch of another name shares the history of HEAD: it can only be the default branch itself."""
        ...

    def branch(self) -> str:
        """Name of the branch that is checked out; "" when HEAD is detached."""
        ...

    def remote(self) -> str | None:
        """Name of the remote to fetch from: the only one, else `origin`, else `upstream`; None without these."""
        ...

    def shallow(self) -> bool:
        """Whether older history is missing in this clone."""
        ...
