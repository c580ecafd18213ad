"""`covgov.vcs.interface.Repository` with the git command."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from msgspec import Struct

from covgov.errors import Undetermined
from covgov.model.diff import Diff
from covgov.model.snapshot import Origin
from covgov.vcs.branches import Branches
from covgov.vcs.command import Git, failure
from covgov.vcs.diff_parse import parse_diff
from covgov.vcs.interface import WORKTREE
from covgov.vcs.moves import could_be_moves, follow_moves, shrunk
from covgov.vcs.objects import ObjectReader, files_at
from covgov.vcs.shallow import Deepener
from covgov.vcs.trees import blobs_of, read_on_disk
from covgov.vcs.worktree import checked_out, left_out, places, worktree_tree

DIFF_OPTIONS = (
    *("-r", "--raw", "-z", "-p", "-U0", "-w", "--inter-hunk-context=0"),
    *("--find-renames=50%", "-l0", "--diff-algorithm=histogram", "--indent-heuristic"),
    *("--text", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--full-index"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none"),
)
"""All options that a configuration, or an attribute in the change itself, could set otherwise; and `-w`: a re-indent is
no new code."""

NO_CHECKOUT = re.compile(r"not a git repository \(or any|must be run in a work tree")
"""What git says where there is none; what else it says is about one that it cannot read."""

OBJECT_ID = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
"""An immutable revision."""

LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
"""A commit may be of a later time, a datetime may not."""

COMMITTER = re.compile(rb"^committer .*> ([0-9]{1,20})", re.MULTILINE)

LONGEST_COMMAND = 20_000
"""Characters: Windows takes 32,767."""

CHUNK = 1000
"""Commits per git call when walking first parents."""


class _Commit(Struct, frozen=True):
    tree: str
    parents: tuple[str, ...]
    time: int


class _Steady(Struct):
    """What is known about the files on disk while they do not change. held: what ends with that."""

    held: ExitStack
    tree: tuple[Git, str] | None = None
    origin: Origin | None = None


def toplevel(cwd: Path, env: Mapping[str, str]) -> Path | None:
    """Top of the checkout around `cwd`, or None when there is none. Raises Undetermined (`git-missing`, `git-refuses`,
    `git-failed`) when there is one that cannot be read."""
    try:
        done = Git(cwd, env).ask("rev-parse", "--show-toplevel")
    except Undetermined:
        if any((folder / ".git").exists() for folder in (cwd, *cwd.parents)):
            raise
        return None
    if done.code and not NO_CHECKOUT.search(done.err):
        raise failure(cwd, ("rev-parse",), done)
    return Path(done.text) if done.code == 0 and done.text else None


class GitRepository:
    """A checkout. Commits and their contents never change and are cached. fetch: whether a shallow clone can be
    deepened."""

    def __init__(self, root: Path, *, env: Mapping[str, str], fetch: bool = True) -> None:
        self._git = Git(root, env)
        self._fetch = fetch
        self._commits: dict[str, _Commit] = {}
        self._files: dict[tuple[str, str], bytes | None] = {}
        self._objects = ObjectReader(self._git)
        self._diffs: dict[tuple[str, str], Diff] = {}
        self._pages: dict[str, list[str]] = {}
        self._steady: _Steady | None = None

    def origin(self) -> Origin:
        """Raises Undetermined (`no-commit`) before the first commit."""
        if self._steady is None:
            return self._origin()
        if self._steady.origin is None:
            self._steady.origin = self._origin()
        return self._steady.origin

    @contextmanager
    def steady(self) -> Iterator[None]:
        if self._steady is not None:  # an outer one holds
            yield
            return
        with ExitStack() as held:
            self._steady = _Steady(held)
            try:
                yield
            finally:
                self._steady = None

    def resolve(self, revision: str) -> str | None:
        if not revision or revision.startswith("-"):
            return None
        found = self._objects.find(f"{revision}^{{commit}}")
        return found.id if found is not None else None

    def obtain(self, commit: str) -> str | None:
        here, remote = self.resolve(commit), self.remote()
        if here is not None or remote is None or not self._fetch:
            return here
        self._git.ask("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", remote, commit)
        return self.resolve(commit)

    def tree(self, commit: str) -> str:
        return self._commit(commit).tree

    def parents(self, commit: str) -> tuple[str, ...]:
        """As in the commit object, also at the edge of a shallow clone, where the parents are missing."""
        return self._commit(commit).parents

    def first_parents(self, commit: str) -> Iterator[str]:
        yield commit  # most ask no further
        current = commit
        while True:
            listed = self._page(current)
            yield from listed[1:] if current == commit else listed
            parents = self.parents(listed[-1])
            if not parents:
                return
            current = parents[0]
            self._deepener().until(partial(self._has, current), f"commit {current[:12]}")

    def merge_base(self, one: str, other: str) -> str | None:
        found: list[str | None] = [None]

        def answered() -> bool:
            found[0] = self._merge_base(one, other)
            return found[0] is not None

        self._deepener().until(answered, f"the merge base of {one[:12]} and {other[:12]}")
        return found[0]

    def committed_at(self, commit: str) -> datetime:
        return datetime.fromtimestamp(min(self._commit(commit).time, LAST_SECOND), UTC)

    def diff(self, base: str, head: str) -> Diff:
        if head != WORKTREE:
            return self._diff(self._git, base, head)
        with self._worktree() as (git, tree):
            return self._diff(git, base, tree)

    def read(self, revision: str, path: str) -> bytes | None:
        if revision == WORKTREE:
            return read_on_disk(self._git.root, path)
        if not OBJECT_ID.fullmatch(revision):
            return self._read(revision, path)
        if (revision, path) not in self._files:
            self._files[revision, path] = self._read(revision, path)
        return self._files[revision, path]

    def read_all(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        return files_at(self._git, commit, paths)

    def blobs(self, revision: str) -> Mapping[str, str]:
        if revision != WORKTREE:
            return blobs_of(self._git, revision)
        with self._worktree() as (git, tree):
            return blobs_of(git, tree)

    def checkout(self, commit: str) -> AbstractContextManager[Path]:
        """The commit's files in a temporary checkout."""
        return checked_out(self._git, commit)

    def remote_default(self) -> str:
        return self._remote_default

    def usual_branch(self) -> str:
        return self._usual_branch

    def branch_tip(self, name: str) -> str | None:
        if not name:
            return None
        here = next(map(self.resolve, self._branches.places(name)), None)
        there = None if here else self._branches.remote_tip(name)
        return self.obtain(there) if there else here

    def alone(self) -> bool:
        return next(self._branches.others(), None) is None

    def ignored(self, paths: Collection[str]) -> frozenset[str]:
        """Those of the paths that git would ignore as new files, whether they exist or not. One that git
        cannot ask about is not."""
        if not paths:
            return frozenset()
        # check-ignore knows no literal paths; one that begins with ./ has no other meaning
        data = "".join(f"./{path}\0" for path in paths).encode("utf-8", "surrogateescape")
        plain = {"GIT_LITERAL_PATHSPECS": "0"}
        done = self._git.ask("check-ignore", "--no-index", "-z", "--stdin", stdin=data, extra=plain)
        if done.code > 1 and len(paths) > 1:  # one of them is in a submodule
            return frozenset().union(*(self.ignored([path]) for path in paths))
        found = done.out.decode("utf-8", "surrogateescape").split("\0") if done.code == 0 else []
        return frozenset(path.removeprefix("./") for path in found if path)

    def branch(self) -> str:
        """Name of the branch that is checked out; "" when HEAD is detached."""
        return self._branches.current()

    def remote(self) -> str | None:
        return self._branches.remote

    def shallow(self) -> bool:
        return self._deepener().shallow()

    @cached_property
    def _branches(self) -> Branches:
        return Branches(self._git, self._fetch)

    @cached_property
    def _usual_branch(self) -> str:
        return self._branches.usual() or ""

    @cached_property
    def _remote_default(self) -> str:
        return self._branches.default() or ""

    @cached_property
    def _places(self) -> tuple[Path, Path]:
        return places(self._git)

    def _origin(self) -> Origin:
        commit = self._head()
        with self._worktree() as (git, tree):
            dirty = tree != self.tree(commit) or left_out(self._git, git)
            return Origin(commit=commit, tree=tree, dirty=dirty)

    @contextmanager
    def _worktree(self) -> Iterator[tuple[Git, str]]:
        if self._steady is None:
            with worktree_tree(self._git, *self._places) as found:
                yield found
            return
        if self._steady.tree is None:
            self._steady.tree = self._steady.held.enter_context(worktree_tree(self._git, *self._places))
        yield self._steady.tree

    def _page(self, commit: str) -> list[str]:
        """The commit and its first parents, as many as are here and fit. What the clone fetches later comes after."""
        if commit not in self._pages:
            listed = self._git.run("rev-list", "--first-parent", f"--max-count={CHUNK}", commit, "--").text
            self._pages[commit] = listed.split()
        return self._pages[commit]

    def _head(self) -> str:
        head = self.resolve("HEAD")
        if head is None:
            self._git.run("rev-parse", "--git-dir")
            raise Undetermined(
                "no-commit",
                f"the repository {self._git.root} has no commit yet",
                hint="make a first commit; coverage is recorded per commit",
            )
        return head

    def _commit(self, commit: str) -> _Commit:
        found = self._commits.get(commit)
        if found is None:
            read = self._objects.find(commit)
            raw = read.data if read and read.kind == "commit" else self._git.run("cat-file", "commit", commit).out
            found = self._commits[commit] = _parse_commit(raw)
        return found

    def _has(self, commit: str) -> bool:
        return self.resolve(commit) is not None

    def _read(self, revision: str, path: str) -> bytes | None:
        if "\n" in path:
            return self.read_all(revision, [path]).get(path)
        found = self._objects.find(f"{revision}:{path}")
        if found is None and self._objects.find(f"{revision}^{{tree}}") is None:
            self._git.run("rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}")  # says what is wrong
        return found.data if found is not None and found.kind == "blob" else None

    def _merge_base(self, one: str, other: str) -> str | None:
        done = self._git.ask("merge-base", one, other)
        if done.code > 1:
            raise failure(self._git.root, ("merge-base",), done)
        return done.text if done.code == 0 else None

    def _diff(self, git: Git, base: str, head: str) -> Diff:
        if (base, head) in self._diffs:
            return self._diffs[base, head]
        diff = self._files_of(git, base, head)
        texts = files_at(git, head, shrunk(diff))

        def length(path: str) -> int:
            return len(texts.get(path, b"").splitlines())

        if paths := could_be_moves(diff, length):
            few = paths if sum(map(len, paths)) < LONGEST_COMMAND else ()  # to look at all takes as long as the diff
            diff = follow_moves(diff, self._files_of(git, base, head, "--find-copies=50%", paths=few), length)
        if OBJECT_ID.fullmatch(base) and OBJECT_ID.fullmatch(head):
            self._diffs[base, head] = diff
        return diff

    def _files_of(self, git: Git, base: str, head: str, *options: str, paths: Collection[str] = ()) -> Diff:
        apart = git.configured("core.attributesFile=/dev/null")
        done = apart.run("diff-tree", *DIFF_OPTIONS, *options, base, head, "--", *paths)
        try:
            return parse_diff(done.out)
        except ValueError as error:
            raise Undetermined("git-output", f"git's diff of {base} and {head} cannot be read: {error}") from error

    def _deepener(self) -> Deepener:
        return Deepener(self._git, self.remote(), self._fetch)


def _parse_commit(raw: bytes) -> _Commit:
    """The headers of a commit object (gitformat: `tree`, `parent`*, `author`, `committer NAME <MAIL> SECONDS ZONE`).

    A time that is none reads as 0, as in git.
    """
    headers = raw.split(b"\n\n", 1)[0]
    time = COMMITTER.search(headers)
    named = [line.split(b" ", 1) for line in headers.split(b"\n") if line.startswith((b"tree ", b"parent "))]
    return _Commit(
        tree=next(value.decode("ascii") for name, value in named if name == b"tree"),
        parents=tuple(value.decode("ascii") for name, value in named if name == b"parent"),
        time=int(time[1]) if time else 0,
    )
