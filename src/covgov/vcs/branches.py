"""Which branches and remotes a clone knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from covgov.vcs.command import Git

PREFERRED = ("origin", "upstream")
"""Remotes in this order where there are several."""

USUAL = ("main", "master")

PATIENCE = 60
"""Seconds that a remote has for its answer."""

REMOTE_HEAD = re.compile(r"^ref: refs/heads/(\S+)\tHEAD$", re.MULTILINE)


class Branches(Struct, frozen=True, dict=True):
    """fetch: whether the remote may be asked."""

    git: Git
    fetch: bool

    @cached_property
    def remote(self) -> str | None:
        """The only remote, else `origin`, else `upstream`."""
        names = self._lines("remote")
        return names[0] if len(names) == 1 else next((name for name in PREFERRED if name in names), None)

    def current(self) -> str:
        """Name of the branch that is checked out; "" when HEAD is detached."""
        done = self.git.ask("symbolic-ref", "--quiet", "--short", "HEAD")
        return done.text if done.code == 0 else ""

    def default(self) -> str | None:
        """Name of the branch that the remote's HEAD names, as the clone knows it or the remote says."""
        remote = self.remote
        if remote is None:
            return None
        pointed = self.git.ask("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
        name = pointed.text.removeprefix(f"refs/remotes/{remote}/") if pointed.code == 0 else ""
        if name and self.places(name, local=False):
            return name
        listed = REMOTE_HEAD.search(self._ask_remote(remote, "--symref", "HEAD"))
        return listed[1] if listed else None

    def places(self, *names: str, local: bool = True) -> list[str]:
        """Refs that the branches have here: the remote's first."""
        refs = [f"refs/remotes/{self.remote}/{name}" for name in names] if self.remote else []
        refs += [f"refs/heads/{name}" for name in names if local]
        known = set(self._lines("for-each-ref", "--format=%(refname)", *refs)) if refs else set()
        return [ref for ref in refs if ref in known]

    def remote_tip(self, name: str) -> str | None:
        """Commit of the branch at the remote, None when the remote may not be asked or has none."""
        remote = self.remote
        answer = self._ask_remote(remote, f"refs/heads/{name}") if remote else ""
        return answer.partition("\t")[0] or None

    def usual(self) -> str | None:
        """`main` or `master`, whichever the remote has, else whichever is here."""
        return next((ref.rsplit("/", 1)[1] for ref in self.places(*USUAL)), None)

    def others(self) -> Iterator[str]:
        """Refs of branches whose name is not that of the current one and whose history is."""
        current = self.current()
        for ref in self._lines("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes"):
            kind, name = ref.split("/", 2)[1:]
            bare = name.partition("/")[2] if kind == "remotes" else name
            if bare not in ("HEAD", current) and self.git.ask("merge-base", "HEAD", ref).code == 0:
                yield ref

    def _lines(self, *args: str) -> list[str]:
        done = self.git.ask(*args)
        return done.text.splitlines() if done.code == 0 else []

    def _ask_remote(self, remote: str, *args: str) -> str:
        options, names = [a for a in args if a.startswith("-")], [a for a in args if not a.startswith("-")]
        if not self.fetch:
            return ""
        done = self.git.ask("ls-remote", "--quiet", *options, remote, *names, seconds=PATIENCE)
        return done.text if done.code == 0 else ""
