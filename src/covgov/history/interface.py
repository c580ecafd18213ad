"""What a store of runs is. Every store passes tests/contracts/test_run_store.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage, Identity, Snapshot, TestRun
from covgov.model.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    name: str
    identity: Identity
    tests: TestRun | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What `list` shows without reading coverage. id: sha256 of the chained manifest; sequence counts from 1.

    dirty: what was measured is no commit's code; such a run is shown, never a baseline, never pushed. enforced: False
    = it did not pass, and nothing of that was enforced.
    """

    id: str
    sequence: int
    previous: str
    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    expected: tuple[str, ...]
    suites: tuple[SuiteSummary, ...]
    outcome: Outcome
    complete: bool
    policy_hash: str
    dirty: bool = False
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class HistoryFault:
    """A fault found by `verify`: which file or run, and what is wrong with it."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class RunChanges:
    """Two runs by suite, without the files that are the same in both.

    same: how many these are. folded: one coverage with as many lines and exits, covered and not, as they have together;
    None when there are none.
    """

    base: Mapping[str, Snapshot]
    head: Mapping[str, Snapshot]
    same: int = 0
    folded: FileCoverage | None = None


Progress = Callable[[int, int], None]
"""Called after each step: how many are done, of how many."""


def silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


class RunStore(Protocol):
    """Append-only. Appends are atomic and safe between processes; a killed process leaves the old state or the new
    one."""

    def exists(self) -> bool:
        """Whether anything was ever recorded here. Raises Undetermined (`history-unreachable`) when this
        is unknown."""
        ...

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        """Chains the record to the newest one. The attempt is raised to one above the highest recorded for the same
        tree and suites, unless an identical record is already there: then that one's summary is returned.
        `artifacts` (file name -> bytes; XML, JSON, HTML) are stored only by stores
        that may hold bulk; the git store never does."""
        ...

    def list(self) -> Sequence[RunSummary]:
        """Oldest first."""
        ...

    def fetch(self, run_id: str) -> RunRecord:
        """Raises InputError (`run-unknown`, `history-damaged`)."""
        ...

    def verdicts(self, run_ids: Sequence[str]) -> Iterable[Verdict]:
        """Of each run, without reading its coverage. Runs in the order of history cost what changed between them.
        Raises as `fetch`."""
        ...

    def snapshots(self, run_ids: Sequence[str]) -> Iterable[Mapping[str, Snapshot]]:
        """Of each run by suite, without reading its verdict. Runs in the order of history share the values of files
        that did not change. Raises as `fetch`."""
        ...

    def changes(self, base_id: str, head_id: str, paths: Collection[str]) -> RunChanges:
        """Reads two runs as `snapshots` does, but only decodes files that differ, and those at `paths`. A file that
        several suites measured is always decoded."""
        ...

    def prune(self, keep: int) -> Sequence[str]:
        """Drops bulky artifacts of all but the newest `keep` runs; snapshots, verdicts and manifests stay. Returns
        what went."""
        ...

    def verify(self, progress: Progress = silent) -> Sequence[HistoryFault]:
        """Every byte, link and reference; empty when nothing was altered or lost. progress: over the runs."""
        ...


class HistoryView(Protocol):
    """The files of a history as of one moment, by their names in the layout (docs/history-format.md)."""

    def names(self, folder: str = "") -> Sequence[str]:
        """Names of all files below `folder` ("" = everything), sorted."""
        ...

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Their bytes; a file that does not exist is absent from the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Addition:
    """Files to add, in the order in which they must become visible. at: time of the recorded event (aware, UTC)."""

    files: Mapping[str, bytes]
    at: datetime
    message: str


HistoryChange = Callable[[HistoryView], Addition | None]
"""What to add to a history in the given state; None = nothing. Called again when another process was first."""


@dataclass(frozen=True, slots=True)
class HistoryReplacement:
    """A history that takes another's place. added: None when there is only something to drop. gone: names of the files
    that go once what is added can be read."""

    added: Addition | None
    gone: Sequence[str]


@runtime_checkable
class RewritableStore(Protocol):
    """A store whose whole history can be replaced, which is done for nothing but another format."""

    def rewrite(self, change: Callable[[HistoryView], HistoryReplacement | None]) -> None:
        """A killed process leaves the old history or the new one; None = nothing to do."""
        ...


@runtime_checkable
class PortableStore(Protocol):
    """A store whose files can be carried to another store as they are."""

    def view(self) -> HistoryView: ...

    def update(self, change: HistoryChange) -> None:
        """Adds what `change` asks for, all or nothing."""
        ...


@runtime_checkable
class PushableStore(Protocol):
    """A store with a remote counterpart."""

    def push(self) -> None:
        """Sends the runs that the remote lacks, except those of dirty trees; nothing of the remote is ever lost.
        Raises DeliveryFailed (`history-push-failed`, `history-no-remote`)."""
        ...

    def fetch_remote(self) -> None:
        """Takes over what the remote has; own unpushed runs are chained on top again. Raises Undetermined
        (`history-unreachable`) and DeliveryFailed (`history-no-remote`)."""
        ...


@runtime_checkable
class SharedStore(Protocol):
    """A store that everybody reads directly: recorded runs need no push or fetch."""

    def shared_at(self) -> str:
        """Where the runs are, for messages."""
        ...


@runtime_checkable
class LocalCopyStore(Protocol):
    """A store that reads the local copy of a history; its remote may have more."""

    def unfetched_remote(self) -> str:
        """Name of the remote that was not looked at and may have a history; "" = none."""
        ...


@runtime_checkable
class AnnotatedStore(Protocol):
    """A store with notes on how it was read."""

    def notes(self) -> Sequence[str]: ...


@runtime_checkable
class WriteGuardedStore(Protocol):
    """A store that this process may be allowed to read only."""

    def unwritable(self) -> str:
        """Why a run is not recorded here (which is no error); "" = it can be recorded."""
        ...
