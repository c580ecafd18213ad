"""History in a hub: the same files as in a branch or a directory, read and added over HTTP.

The hub keeps the chain; this side composes what to add and checks what it reads, as for every store. An addition names
the head that it was composed for. When another run was first, the hub refuses, and the addition is composed again on
top of that one; so a request that is repeated after a lost answer finds its own run and adds nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from covgov.errors import DeliveryFailed, Undetermined
from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.interface import (
    Addition,
    HistoryChange,
    HistoryFault,
    HistoryView,
    Progress,
    RunSummary,
    silent,
)
from covgov.history.ledger_reader import LedgerReader
from covgov.history.stores.hub.client import TOKEN, HubClient, HubRefusal
from covgov.history.stores.hub.wire import (
    AdditionResult,
    FileContents,
    FileNames,
    HistoryAddition,
    MissingFiles,
    NameListing,
    PruneRequest,
    PruneResult,
)
from covgov.model.run import RunRecord

NAMES_AT_ONCE = 500
FILES_AT_ONCE = 2000
BYTES_AT_ONCE = 8 * 1024 * 1024
"""Larger additions send their content-addressed files ahead, in parts of this size; they are visible to no run yet."""

LISTINGS = 20
"""How often names are read from the first page on, because a run came between two pages."""

TRIES = 200
PAUSE_SECONDS = 0.25
SHARED = (f"{layout.OBJECTS}/", f"{layout.ARTIFACTS}/")

T = TypeVar("T")


class HubView:
    """The history as the hub had it when it was first asked: head and list of runs are of one moment.

    manifests: those read before, by name; a name holds the hash of its bytes, and whoever decodes one checks it.
    """

    def __init__(self, client: HubClient, manifests: dict[str, bytes]) -> None:
        self._client = client
        self._manifests = manifests
        self._listed: dict[str, tuple[str, ...]] = {}
        self._head: bytes | None = None

    @property
    def head(self) -> str:
        """SHA-256 of head.json, "" when there is none."""
        self._pin()
        return layout.digest_of(self._head) if self._head is not None else ""

    def names(self, folder: str = "") -> Sequence[str]:
        if "" in self._listed:
            everything = self._listed[""]
            return [name for name in everything if not folder or name.startswith(f"{folder}/")]
        if folder.startswith(f"{layout.RUNS}/"):  # the hub lists whole folders only
            return [name for name in self.names(layout.RUNS) if name.startswith(f"{folder}/")]
        if folder not in self._listed:
            names, head = self._all(folder)
            if not self._listed:
                self._head = head
            self._listed[folder] = tuple(sorted(names))
        return list(self._listed[folder])

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        found = {name: self._manifests[name] for name in names if name in self._manifests}
        if layout.HEAD in names:
            self._pin()
            found |= {} if self._head is None else {layout.HEAD: self._head}
        wanted = [name for name in names if name not in found and name != layout.HEAD]
        for batch in _batches(wanted):
            fetched = self._fetched(batch)
            found |= fetched
            self._manifests |= {name: data for name, data in fetched.items() if name.startswith(f"{layout.RUNS}/")}
        return found

    def _all(self, folder: str) -> tuple[list[str], bytes | None]:
        """Every name below the folder and the head, as of one moment: from the start when a run comes in between."""
        for _ in range(LISTINGS):
            page = self._client.get("names", NameListing, {"folder": folder})
            names, head = [*page.names], page.head
            while page.next and page.head == head:
                page = self._page(folder, page.next)
                names += page.names
            if page.head == head:
                return names, head
        raise HubRefusal(409, "history-contended", f"the history kept changing while it was read ({LISTINGS} times)")

    def _page(self, folder: str, after: str) -> NameListing:
        page = self._client.get("names", NameListing, {"folder": folder, "after": after})
        if not page.names or page.next == after:
            raise HubRefusal(200, "", "the answer is not a hub's: its pages lead nowhere")
        return page

    def _fetched(self, names: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        left = tuple(names)
        while left:
            answer = self._client.post("read", FileNames(left), FileContents)
            found |= answer.files
            if len(answer.left) >= len(left):
                raise HubRefusal(200, "", "the answer is not a hub's: requested files are missing from it")
            left = answer.left
        return found

    def _pin(self) -> None:
        if not self._listed:
            self.names(layout.RUNS)


class HubStore(LedgerReader):
    """A RunStore in a hub.

    in_ci: a run that cannot be recorded for want of a token is then an error, not a remark. tries: how often an
    addition is composed again because another run was first; pause: seconds, to keep writers apart.
    """

    def __init__(
        self, client: HubClient, *, in_ci: bool = False, tries: int = TRIES, pause: float = PAUSE_SECONDS
    ) -> None:
        self._client = client
        self._in_ci = in_ci
        self._tries = tries
        self._pause = pause
        self._manifests: dict[str, bytes] = {}

    def view(self) -> HistoryView:
        return _ReaderView(HubView(self._client, self._manifests), self._client)

    def exists(self) -> bool:
        return ledger.recorded(self.view())

    def verify(self, progress: Progress = silent) -> Sequence[HistoryFault]:
        """Everything is fetched and checked here: the hub's own word is not taken."""
        view = _ReaderView(HubView(self._client, {}), self._client)
        return ledger.verify(view, progress) if view.names() else []

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        bulk_files = artifacts or {}
        ids = {name: layout.digest_of(data) for name, data in bulk_files.items()}
        bulk = {layout.artifact_name(ids[name]): data for name, data in bulk_files.items()}
        summaries: list[RunSummary] = []

        def change(view: HistoryView) -> Addition | None:
            added, summary = ledger.addition(view, record, ids)
            summaries[:] = [summary]
            return added and Addition({**bulk, **added.files}, added.at, added.message)

        self.update(change)
        return summaries[0]

    def update(self, change: HistoryChange) -> None:
        for number in range(self._tries):
            view = HubView(self._client, self._manifests)
            try:
                added = change(_ReaderView(view, self._client))
            except Undetermined as error:
                raise DeliveryFailed("history-push-failed", error.message, hint=error.hint) from error
            if added is None or self._send(view, added):
                return
            time.sleep(random.uniform(0, self._pause) * min(number + 1, 8))  # noqa: S311 - to keep writers apart
        raise DeliveryFailed(
            "history-contended",
            f"{self._client.address}: the history kept changing while this run was recorded ({self._tries} tries)",
            hint="try again: other jobs were writing at the same time",
        )

    def prune(self, keep: int) -> Sequence[str]:
        if not self.exists():
            return []
        return self._written("prune", PruneRequest(keep), PruneResult).dropped

    def push(self) -> None:
        """Nothing waits here: what was recorded is in the hub. Asks the hub, so that success means something."""
        try:
            self.exists()
        except Undetermined as error:
            raise DeliveryFailed("history-push-failed", error.message, hint=error.hint) from error

    def fetch_remote(self) -> None:
        """Nothing to do: each read asks the hub."""
        self.exists()

    def shared_at(self) -> str:
        return f"the hub, {self._client.address}"

    def unwritable(self) -> str:
        """Why a run is not recorded here without this being a fault; "" when it is to be recorded."""
        if self._client.token_given or self._in_ci:
            return ""
        return f"outside CI a run enters the hub only when {TOKEN} is set"

    def _send(self, view: HubView, added: Addition) -> bool:
        """False when another run was first."""
        shared = {name: data for name, data in added.files.items() if name.startswith(SHARED)}
        chained = {name: data for name, data in added.files.items() if name not in shared}
        lacking = [name for batch in _batches(sorted(shared)) for name in self._missing(batch)]
        ahead = list(parts({name: shared[name] for name in lacking}, count=FILES_AT_ONCE, size=BYTES_AT_ONCE))
        last = ahead.pop() if ahead else {}
        try:
            for part in ahead:
                self._written("additions", HistoryAddition(view.head, part, added.at, added.message), AdditionResult)
            self._written(
                "additions", HistoryAddition(view.head, {**last, **chained}, added.at, added.message), AdditionResult
            )
        except _Contention:
            return False
        return True

    def _missing(self, names: Sequence[str]) -> Sequence[str]:
        return self._written("missing", FileNames(tuple(names)), MissingFiles).missing

    def _written(self, path: str, body: object, kind: type[T]) -> T:
        try:
            return self._client.post(path, body, kind)
        except HubRefusal as refused:
            if refused.code == "history-contended":
                raise _Contention from None
            raise DeliveryFailed(
                "history-push-failed", f"{self._client.address}: {_said(refused)}", hint=_hint(refused)
            ) from None


class _Contention(Exception):
    """The hub's head is another one than the addition was composed for."""


class _ReaderView:
    """A view that raises the hub's refusals as errors of reading history."""

    def __init__(self, view: HubView, client: HubClient) -> None:
        self._view = view
        self._client = client

    def names(self, folder: str = "") -> Sequence[str]:
        try:
            return self._view.names(folder)
        except HubRefusal as refused:
            raise self._unreachable(refused) from None

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        try:
            return self._view.read(names)
        except HubRefusal as refused:
            raise self._unreachable(refused) from None

    def _unreachable(self, refused: HubRefusal) -> Undetermined:
        return Undetermined(
            "history-unreachable", f"the history in {self._client.address}: {_said(refused)}", hint=_hint(refused)
        )


def _said(refused: HubRefusal) -> str:
    return f"{refused.message} [{refused.code}]" if refused.code else refused.message


def _hint(refused: HubRefusal) -> str:
    if refused.status in (401, 403, 404):
        return f"{TOKEN} must hold a token of this hub that reaches the repository; {refused.hint}".rstrip("; ")
    return refused.hint or "check that the hub is running and that this machine can reach it"


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), NAMES_AT_ONCE):
        yield names[start : start + NAMES_AT_ONCE]


def parts(files: Mapping[str, bytes], *, count: int, size: int) -> Iterator[dict[str, bytes]]:
    """The files in their order, at most `count` and `size` bytes together, or one that is larger alone."""
    part: dict[str, bytes] = {}
    held = 0
    for name, data in files.items():
        if part and (len(part) >= count or held + len(data) > size):
            yield part
            part, held = {}, 0
        part[name] = data
        held += len(data)
    if part:
        yield part
