"""History as files of a git branch, written with plumbing only: work tree, index and current branch stay untouched.

Every change of the branch is one compare-and-swap of its ref. Reading in CI first brings the branch from the remote
into a private ref; runs that only this clone has are then chained again on top, so neither side loses one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from covgov.errors import DeliveryFailed, InputError, Undetermined
from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.interface import (
    Addition,
    HistoryChange,
    HistoryFault,
    HistoryReplacement,
    HistoryView,
    Progress,
    RunSummary,
    silent,
)
from covgov.history.ledger_reader import LedgerReader
from covgov.history.stores.git.plumbing import NETWORK_SECONDS, Plumbing, unreachable
from covgov.history.stores.git.view import GitView, object_faults
from covgov.model.run import RunRecord

PAUSE_SECONDS = 0.1
REFUSALS = 3
"""How often a push may fail while the remote does not change, before giving up."""


class GitStore(LedgerReader):
    """A RunStore in the branch `branch`.

    remote: name of the remote that has the branch too, or None. fetch: bring it from there before the first read.
    lock_ms: how long a lock on the ref is waited for. tries: how often a lost compare-and-swap is repeated.
    """

    def __init__(
        self,
        git: Plumbing,
        branch: str,
        *,
        remote: str | None = None,
        fetch: bool = False,
        lock_ms: int = 3000,
        tries: int = 100,
    ) -> None:
        self._git = git
        self._branch = branch
        self._remote = remote
        self._fetch = fetch and remote is not None
        self._lock_ms = lock_ms
        self._tries = tries
        self._local = f"refs/heads/{branch}"
        self._tracking = f"refs/covgov/{remote}/{branch}"
        copies = (self._tracking, f"refs/remotes/{remote}/{branch}") if remote is not None else ()
        self._refs = (self._local, *copies)
        self._notes: tuple[str, ...] = ()
        self._asked = False
        self._contents: dict[str, bytes] = {}
        self._views: dict[str | None, GitView] = {}

    def notes(self) -> Sequence[str]:
        return self._notes

    def view(self) -> GitView:
        return self._at(self._tip())

    def exists(self) -> bool:
        tip = self._tip()
        return tip is not None and ledger.recorded(self._at(tip))

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        """`artifacts` are not stored: bulk never enters git."""
        summaries: list[RunSummary] = []

        def change(view: HistoryView) -> Addition | None:
            added, summary = ledger.addition(view, record, {})
            summaries[:] = [summary]
            return added

        self.update(change)
        return summaries[0]

    def update(self, change: HistoryChange) -> None:
        with self._turn():
            for _ in range(self._tries):
                tip = self._writable_tip()
                view = self._at(tip)
                added = change(view)
                if added is None or self._move(self._commit(tip, view, added), tip):
                    return
        raise self._contended()

    def rewrite(self, change: Callable[[HistoryView], HistoryReplacement | None]) -> None:
        """One commit on top, so the older format stays in the branch's past and every clone can follow."""
        with self._turn():
            for _ in range(self._tries):
                tip = self._writable_tip()
                view = self._at(tip)
                wanted = change(view)
                if wanted is None or wanted.added is None:
                    return
                if self._move(self._commit(tip, view, wanted.added, wanted.gone), tip):
                    return
        raise self._contended()

    def prune(self, keep: int) -> Sequence[str]:
        """Nothing to drop: a branch holds no bulky artifacts."""
        return []

    def verify(self, progress: Progress = silent) -> Sequence[HistoryFault]:
        tip = self._tip()
        if tip is None:
            return []
        try:
            return sorted(
                {*object_faults(self._git, tip), *ledger.verify(GitView(self._git, tip), progress)},
                key=lambda fault: (fault.where, fault.what),
            )
        except InputError as error:
            return [HistoryFault(self._local, error.message), *object_faults(self._git, tip)]

    def fetch_remote(self) -> None:
        if self._remote is None:
            raise self._no_remote("fetched")
        theirs = self._ask(self._remote)
        self._fetch = False
        if theirs is not None:
            self._integrate(theirs)

    def unfetched_remote(self) -> str:
        """A clone whose ordinary fetch brings every branch has asked for this one, too."""
        return "" if self._remote is None or self._asked or self._cloned(self._remote) else self._remote

    def push(self) -> None:
        if self._remote is None:
            raise self._no_remote("pushed")
        try:
            refusal = self._push_until_settled(self._remote)
        except Undetermined as error:
            refusal = error.message
        if refusal:
            raise DeliveryFailed(
                "history-push-failed",
                f"branch {self._branch} was not pushed to {self._remote}: {refusal}",
                hint="the run is recorded in this clone; check network and permission, then `covgov history push`",
            )

    def _push_until_settled(self, remote: str) -> str:
        """Empty when the remote has every clean run, else its refusal.

        A remote that refuses without having changed is tried a few times: its ref may be locked for a moment.
        """
        refusal, refusals, before = "", 0, "never asked"
        while refusals < REFUSALS:
            theirs = self._ask(remote)
            if theirs is not None:
                self._integrate(theirs)
            ours = self._publishable(theirs)
            if ours is None or ours == theirs:
                return ""
            refusal = self._send(remote, ours)
            if not refusal:
                self._git.must("update-ref", self._tracking, ours)
                self._integrate(ours)
                return ""
            refusals, before = (refusals + 1 if before == (theirs or "") else 0), theirs or ""
            time.sleep(PAUSE_SECONDS)
        return refusal

    def _ask(self, remote: str) -> str | None:
        """The remote's tip, fetched into the private ref; None when the remote has no such branch."""
        self._asked = True
        listed = self._git.run("ls-remote", remote, self._local, seconds=NETWORK_SECONDS)
        if listed.code:
            raise unreachable(f"{remote}: {listed.err}")
        if not listed.out.strip():
            return None
        quiet = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
        fetched = self._git.run("fetch", *quiet, remote, f"+{self._local}:{self._tracking}", seconds=NETWORK_SECONDS)
        if fetched.code:
            raise unreachable(f"{remote}: {fetched.err}")
        return self._git.refs([self._tracking]).get(self._tracking)

    def _cloned(self, remote: str) -> bool:
        every = f"+refs/heads/*:refs/remotes/{remote}/*"
        fetched = self._git.run("config", "--get-all", f"remote.{remote}.fetch").out.decode().splitlines()
        return every in fetched and bool(self._git.run("for-each-ref", "--count=1", f"refs/remotes/{remote}/").out)

    def _refresh(self) -> None:
        """The fetch before the first read, when there is to be one."""
        if not self._fetch:
            return
        self._fetch = False
        try:
            self.fetch_remote()
        except Undetermined as error:
            if not self._git.refs(self._refs):
                self._fetch = True
                raise
            self._notes = (f"{error.message}; the copy in this clone was used",)

    def _tip(self) -> str | None:
        """What is read: the local branch, or a copy of the remote's that contains it."""
        if not self._git.is_repository():
            return None
        self._refresh()
        refs = self._git.refs(self._refs)
        tip = refs.get(self._local)
        for name in self._refs[1:]:
            copy = refs.get(name)
            if copy is not None and (tip is None or self._git.is_ancestor(tip, copy)):
                tip = copy
        return tip

    def _at(self, tip: str | None) -> GitView:
        """The files at a commit, listed once."""
        if tip not in self._views:
            self._views = {tip: GitView(self._git, tip, self._contents)}
        return self._views[tip]

    def _writable_tip(self) -> str | None:
        try:
            tip = self._tip()
        except Undetermined as error:
            raise DeliveryFailed(error.code, error.message, hint=error.hint) from error
        if tip is not None:
            self._integrate(tip)
        return self._git.refs([self._local]).get(self._local)

    def _require_writable(self) -> None:
        if not self._git.is_repository():
            raise DeliveryFailed(
                "history-no-repository",
                f"branch {self._branch} cannot be written: this is no git repository",
                hint="use [history] store = dir:PATH outside git",
            )
        if f"branch {self._local}" in self._git.run("worktree", "list", "--porcelain").out.decode().splitlines():
            raise DeliveryFailed(
                "history-checked-out",
                f"branch {self._branch} is checked out; writing to it would change a work tree",
                hint="`git switch` to another branch there",
            )

    def _integrate(self, theirs: str) -> None:
        """Make the local branch contain `theirs`; runs that only it has are chained again on top."""
        for _ in range(self._tries):
            local = self._git.refs([self._local]).get(self._local)
            if local is not None and self._git.is_ancestor(theirs, local):
                return
            if local is None or self._git.is_ancestor(local, theirs):
                target = theirs
            else:
                target = self._chained(theirs, self._own(local, theirs)) or theirs
            if self._move(target, local):
                return
        raise self._contended()

    def _own(self, local: str, theirs: str | None) -> Sequence[RunSummary]:
        """Runs of `local` that `theirs` has neither as they are nor as they were before or after a migration."""
        theirs_view = GitView(self._git, theirs, self._contents)
        known = {name for run in ledger.chain(theirs_view) for name in (run.id, run.manifest.migrated) if name}
        own = ledger.chain(GitView(self._git, local, self._contents))
        return [layout.summary(run) for run in own if not known & {run.id, run.manifest.migrated}]

    def _chained(self, onto: str | None, runs: Sequence[RunSummary]) -> str | None:
        """`onto` with the runs appended; runs that it already has are left out."""
        source = self.view()
        for run in runs:
            record = ledger.fetch(source, run.id)
            view = GitView(self._git, onto, self._contents)
            added, _ = ledger.addition(view, record, {})
            if added is not None:
                onto = self._commit(onto, view, added)
        return onto

    def _commit(self, tip: str | None, view: GitView, added: Addition, gone: Sequence[str] = ()) -> str:
        """Objects that the branch already has are not written again."""
        files = {name: data for name, data in added.files.items() if name == layout.HEAD or name not in view.blobs}
        return self._git.commit_files(tip, files, added.at, added.message, gone)

    def _publishable(self, theirs: str | None) -> str | None:
        """The local branch, or when it has runs of dirty trees, the remote's with only the clean ones on top."""
        local = self._git.refs([self._local]).get(self._local)
        own = self._own(local, theirs) if local is not None else []
        if any(run.dirty for run in own):
            return self._chained(theirs, [run for run in own if not run.dirty])
        return local

    def _send(self, remote: str, commit: str) -> str:
        """ "" when the remote took it, else its message. Never forced: a remote that moved on refuses."""
        done = self._git.run(
            "push",
            "--quiet",
            "--no-follow-tags",
            "--recurse-submodules=no",
            remote,
            f"{commit}:{self._local}",
            seconds=NETWORK_SECONDS,
        )
        return (done.err or "git push failed") if done.code else ""

    def _move(self, new: str, old: str | None) -> bool:
        """Compare-and-swap of the local ref; False when another process was first."""
        options = ("-c", f"core.filesRefLockTimeout={self._lock_ms}", "update-ref", "--create-reflog")
        done = self._git.run(*options, "-m", "covgov", self._local, new, old or "0" * len(new))
        if done.code == 0:
            return True
        if self._git.refs([self._local]).get(self._local) != old:
            return False
        lock = self._git.path(f"{self._local}.lock")
        if lock.exists():
            raise DeliveryFailed(
                "history-ref-locked",
                f"branch {self._branch} is locked: {lock} exists",
                hint="if no git command is running, a killed one left it: delete that file and try again",
            )
        raise DeliveryFailed("history-unwritable", f"history: git update-ref: {done.err}", hint="see git's message")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Processes of one machine take turns, so that few of them lose the swap."""
        from filelock import FileLock  # noqa: PLC0415 - not for those who only read

        self._require_writable()
        path = self._git.path("covgov-history.lock")
        lock = FileLock(path)  # released by the system when the process dies
        try:
            path.open("ab").close()  # with the permissions of the umask
            lock.acquire()
        except OSError as error:
            raise DeliveryFailed(
                "history-unwritable", f"history: {path}: {error.strerror}", hint="check the repository's permissions"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _no_remote(self, done: str) -> DeliveryFailed:
        return DeliveryFailed(
            "history-no-remote",
            f"branch {self._branch} cannot be {done}: this clone has no remote",
            hint="add one with `git remote add origin URL`",
        )

    def _contended(self) -> DeliveryFailed:
        return DeliveryFailed(
            "history-contended",
            f"branch {self._branch} kept changing while this run was being recorded ({self._tries} tries)",
            hint="try again: other jobs were writing at the same time",
        )
