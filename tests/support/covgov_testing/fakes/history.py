"""History in memory and a commit graph of words, for tests that are about choices and not about storage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

from covgov.errors import CovgovError
from covgov.history import ledger
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
from covgov.model.diff import Diff
from covgov.model.run import RunRecord
from covgov.model.snapshot import Origin
from covgov_testing.builders.run import object_id

EPOCH = datetime(2026, 11, 1, 12, tzinfo=UTC)


class MemoryView:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def names(self, folder: str = "") -> Sequence[str]:
        return sorted(name for name in self.files if name.startswith(f"{folder}/" if folder else ""))

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        return {name: self.files[name] for name in names if name in self.files}


class MemoryStore(LedgerReader):
    """A RunStore over a dict. `broken`: raised by every reading. `noted`: what it says of how it was read.

    steps: its files after each file that a rewriting added or dropped, as a process killed there would leave them.
    """

    def __init__(self, *, broken: CovgovError | None = None, noted: Sequence[str] = ()) -> None:
        self.files: dict[str, bytes] = {}
        self.steps: list[dict[str, bytes]] = []
        self.broken = broken
        self.noted = noted

    def view(self) -> MemoryView:
        if self.broken is not None:
            raise self.broken
        return MemoryView(self.files)

    def notes(self) -> Sequence[str]:
        return self.noted

    def exists(self) -> bool:
        return ledger.recorded(self.view())

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        added, summary = ledger.addition(self.view(), record, {})
        self.files |= added.files if added is not None else {}
        return summary

    def update(self, change: HistoryChange) -> None:
        added: Addition | None = change(self.view())
        self.files |= added.files if added is not None else {}

    def rewrite(self, change: Callable[[HistoryView], HistoryReplacement | None]) -> None:
        wanted = change(self.view())
        if wanted is None:
            return
        for name, data in wanted.added.files.items() if wanted.added else ():
            self.files[name] = data
            self.steps.append(dict(self.files))
        for name in wanted.gone:
            self.files.pop(name, None)
            self.steps.append(dict(self.files))

    def prune(self, keep: int) -> Sequence[str]:
        return []

    def verify(self, progress: Progress = silent) -> Sequence[HistoryFault]:
        return ledger.verify(self.view(), progress)


class FakeRepository:
    """A Repository whose graph is written down: commit -> its parents, first parent first, in words.

    The tree of `c1` is `tc1` unless `trees` says otherwise; commit number n of the mapping was made on day n.
    shallow: the commit at which the clone ends though history goes on.
    """

    def __init__(
        self,
        graph: Mapping[str, Sequence[str]],
        *,
        trees: Mapping[str, str] | None = None,
        shallow: str = "",
        ends_with: CovgovError | None = None,
    ) -> None:
        self._parents = {object_id(c): tuple(map(object_id, parents)) for c, parents in graph.items()}
        self._trees = {object_id(c): object_id((trees or {}).get(c, f"t{c}")) for c in graph}
        self._days = {object_id(c): day for day, c in enumerate(graph)}
        self._shallow = object_id(shallow) if shallow else ""
        self._ends_with = ends_with

    def origin(self) -> Origin:
        commit = next(iter(self._parents))
        return Origin(commit, self._trees[commit])

    def steady(self) -> AbstractContextManager[None]:
        return nullcontext()

    def resolve(self, revision: str) -> str | None:
        return revision if revision in self._parents else None

    def obtain(self, commit: str) -> str | None:
        return self.resolve(commit)

    def tree(self, commit: str) -> str:
        return self._trees[commit]

    def parents(self, commit: str) -> tuple[str, ...]:
        return self._parents[commit]

    def first_parents(self, commit: str) -> Iterator[str]:
        while True:
            yield commit
            if commit == self._shallow and self._ends_with is not None:
                raise self._ends_with
            if not self._parents[commit]:
                return
            commit = self._parents[commit][0]

    def merge_base(self, one: str, other: str) -> str | None:
        line = set(self.first_parents(one))
        return next((commit for commit in self.first_parents(other) if commit in line), None)

    def committed_at(self, commit: str) -> datetime:
        return EPOCH + timedelta(days=self._days[commit])

    def diff(self, base: str, head: str) -> Diff:
        return Diff()

    def read(self, revision: str, path: str) -> bytes | None:
        return None

    def read_all(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        return {}

    def blobs(self, revision: str) -> Mapping[str, str]:
        return {}

    def remote_default(self) -> str:
        return ""

    def usual_branch(self) -> str:
        return ""

    def branch_tip(self, name: str) -> str | None:
        return None

    def alone(self) -> bool:
        return True

    def branch(self) -> str:
        return ""

    def shallow(self) -> bool:
        return bool(self._shallow)

    def remote(self) -> str | None:
        return None
