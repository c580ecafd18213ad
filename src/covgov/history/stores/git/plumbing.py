"""The few git plumbing commands that a history branch needs; none looks at work tree, index or HEAD."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from covgov.errors import DeliveryFailed, Undetermined
from covgov.vcs.command import Git, GitResult
from covgov.vcs.objects import answers

IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "covgov"), ("EMAIL", "covgov@localhost"))
}
NETWORK_SECONDS = 300


class Plumbing:
    """git in one repository. Methods that write objects or refs never look at work tree, index or HEAD."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._root = root
        self._git = Git(root, env, settings=())  # the user's own settings hold for what the history branch keeps
        self._is_repository = False

    def run(
        self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, seconds: float | None = None
    ) -> GitResult:
        """Run `git ARGS`; a command that takes longer than `seconds` counts as failed."""
        try:
            return self._git.ask(*args, stdin=stdin, extra=env, seconds=seconds)
        except Undetermined as error:
            return GitResult(127, b"", error.message)

    def must(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Like `run`, its output stripped; raises DeliveryFailed (`history-unwritable`) when git fails."""
        done = self.run(*args, stdin=stdin, env=env)
        if done.code:
            raise DeliveryFailed("history-unwritable", f"history: git {args[0]}: {done.err}", hint="see git's message")
        return done.out.decode().strip()

    def is_repository(self) -> bool:
        """Asked until it is one. Raises Undetermined when git refuses to say (dubious ownership, damaged
        configuration)."""
        if not self._is_repository:
            done = self.run("rev-parse", "--git-dir")
            if done.code and "not a git repository" not in done.err:
                raise unreachable(f"git rev-parse: {done.err}")
            self._is_repository = done.code == 0
        return self._is_repository

    def refs(self, names: Sequence[str]) -> dict[str, str]:
        """The commits that the named refs point to; those that do not exist are absent."""
        done = self.run("for-each-ref", "--format=%(objectname) %(refname)", *names)
        if done.code or done.err:
            raise unreachable(f"git for-each-ref: {done.err}")
        pairs = (line.split(" ", 1) for line in done.out.decode().splitlines())
        return {name: commit for commit, name in pairs if name in names}

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.run("merge-base", "--is-ancestor", old, new).code == 0

    def path(self, name: str) -> Path:
        """A file of the repository's own directory."""
        return self._root / self.must("rev-parse", "--git-path", name)

    def commit_files(
        self, parent: str | None, files: Mapping[str, bytes], at: datetime, message: str, gone: Sequence[str] = ()
    ) -> str:
        """A commit whose tree is the parent's with `files`, without `gone`; its id follows from its content."""
        with tempfile.TemporaryDirectory(prefix="covgov-") as folder:
            blobs = self._blobs(Path(folder), files)
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self.must("read-tree", *([parent] if parent else ["--empty"]), env=index)
            lines = [f"100644 {blob}\t{name}" for name, blob in zip(files, blobs, strict=True)]
            lines += [f"0 {'0' * 40}\t{name}" for name in gone]
            listing = "".join(f"{line}\0" for line in lines).encode()
            self.must("update-index", "--add", "-z", "--index-info", stdin=listing, env=index)
            tree = self.must("write-tree", env=index)
        when = f"{int(at.timestamp())} +0000"
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        parents = ["-p", parent] if parent else []
        return self.must("commit-tree", tree, *parents, stdin=f"{message}\n".encode(), env={**IDENTITY, **dates})

    def _blobs(self, folder: Path, files: Mapping[str, bytes]) -> list[str]:
        paths = [folder / str(number) for number in range(len(files))]
        for path, data in zip(paths, files.values(), strict=True):
            path.write_bytes(data)
        listing = "".join(f"{path}\n" for path in paths).encode()
        return self.must("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listing).split()

    def objects(self, ids: Sequence[str]) -> Iterator[tuple[str, str, bytes | None]]:
        """(id, type, content) of each; content None = missing or damaged, `type` then holds what git says."""
        rest = list(ids)
        while rest:
            done = self.run("cat-file", "--batch", stdin="".join(f"{object_id}\n" for object_id in rest).encode())
            answered = 0
            for answer in answers(done.out):
                yield rest[answered], *answer
                answered += 1
            if answered < len(rest):  # git stops at an object that it cannot unpack
                yield rest[answered], done.err or "git stopped without a message", None
                answered += 1
            rest = rest[answered:]


def unreachable(what: str) -> Undetermined:
    """The error for a history that may exist but cannot be asked."""
    return Undetermined(
        "history-unreachable",
        f"history cannot be reached: {what}",
        hint="in CI, check the checkout's credentials and network; locally, run `covgov history fetch`",
    )
