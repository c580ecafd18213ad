"""History in a directory: one lock, and files that appear whole or not at all.

An append writes its objects first, then the manifest, then head.json, each to a temporary name that is synchronised and
renamed. Killed at any point it leaves the runs before it, or those and its own.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from covgov.errors import CovgovError, DeliveryFailed, Undetermined
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
from covgov.model.run import RunRecord

LOCK, SCRATCH = "lock", "tmp"
SHARED = (f"{layout.OBJECTS}/", f"{layout.ARTIFACTS}/")
"""Folders whose files are named by their content: one that exists need not be written again."""

LOOKS = 20
"""How often a history is verified again because runs were added while it was read."""

BULK = 100
"""More new files than this are synchronised together."""


class DirView:
    """The files below a directory, without the store's own lock and scratch space.

    manifests: those read before, by name; a name holds the hash of its bytes, and whoever decodes one checks it.
    """

    def __init__(self, root: Path, manifests: dict[str, bytes] | None = None) -> None:
        self._root = root
        self._manifests = manifests

    def names(self, folder: str = "") -> Sequence[str]:
        found: list[str] = []
        for base, _, names in os.walk(self._root / folder):
            inside = Path(base).relative_to(self._root).as_posix()
            found += names if inside == "." else [f"{inside}/{name}" for name in names]
        return sorted(name for name in found if name != LOCK and not name.startswith(f"{SCRATCH}/"))

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        known = self._manifests or {}
        paths = {name: self._root / name for name in names if name not in known}
        found = {name: path.read_bytes() for name, path in paths.items() if path.is_file()}
        if self._manifests is not None:
            self._manifests |= {name: data for name, data in found.items() if name.startswith(f"{layout.RUNS}/")}
        return {**{name: known[name] for name in names if name in known}, **found}


class DirStore(LedgerReader):
    """A RunStore in `root`; the directory is created by the first append."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._view = DirView(root, {})

    def view(self) -> DirView:
        return self._view

    def exists(self) -> bool:
        try:
            if not self._root.exists():
                return False
            os.listdir(self._root)  # noqa: PTH208 - os.walk swallows the error
        except OSError as error:
            raise Undetermined(
                "history-unreachable",
                f"the history in {self._root} cannot be read: {error.strerror}",
                hint="[history] store = dir:PATH must name a readable directory",
            ) from error
        return ledger.recorded(self._view)

    def list(self) -> Sequence[RunSummary]:
        return ledger.summaries(self._view) if self.exists() else []

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        bulk_files = artifacts or {}
        ids = {name: layout.digest_of(data) for name, data in bulk_files.items()}
        with self._locked():
            added, summary = ledger.addition(self._view, record, ids)
            if added is not None:
                bulk = {layout.artifact_name(ids[name]): data for name, data in bulk_files.items()}
                self._write({**bulk, **added.files})
        return summary

    def update(self, change: HistoryChange) -> None:
        with self._locked():
            added: Addition | None = change(self._view)
            if added is not None:
                self._write(added.files)

    def rewrite(self, change: Callable[[HistoryView], HistoryReplacement | None]) -> None:
        with self._locked():
            wanted = change(self._view)
            if wanted is None:
                return
            self._write(wanted.added.files if wanted.added is not None else {})
            for name in wanted.gone:
                (self._root / name).unlink(missing_ok=True)

    def prune(self, keep: int) -> Sequence[str]:
        if not self.exists():
            return []
        with self._locked():
            runs = ledger.chain(self._view)
            cut = max(0, len(runs) - keep)
            needed = {i for stored in runs[cut:] for i in stored.manifest.artifacts.values()}
            gone = [
                f"{stored.id}: {name}"
                for stored in runs[:cut]
                for name, artifact in sorted(stored.manifest.artifacts.items())
                if (self._root / layout.artifact_name(artifact)).is_file() and artifact not in needed
            ]
            for name in self._view.names(layout.ARTIFACTS):
                if Path(name).name not in needed:
                    (self._root / name).unlink()
        return gone

    def verify(self, progress: Progress = silent) -> Sequence[HistoryFault]:
        """Takes no lock, for it may have no permission to write: looks again when something was added meanwhile."""
        if not self.exists():
            return []
        faults: Sequence[HistoryFault] = ()
        for _ in range(LOOKS):
            before = self._view.names()
            faults = ledger.verify(DirView(self._root), progress)
            if not faults or self._view.names() == before:
                break
        return faults

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock  # noqa: PLC0415 - not for those who only read

        try:
            self._root.mkdir(parents=True, exist_ok=True)
            (self._root / LOCK).open("ab").close()  # with the permissions of the umask
            with FileLock(self._root / LOCK):  # released by the system when the process dies
                yield
        except CovgovError:
            raise
        except OSError as error:
            raise DeliveryFailed(
                "history-unwritable",
                f"history in {self._root}: {error.filename or self._root}: {error.strerror}",
                hint="check the directory's permissions and free space; nothing half-written was recorded",
            ) from error

    def _write(self, files: Mapping[str, bytes]) -> None:
        scratch = self._root / SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)  # what a killed append left
        scratch.mkdir()
        wanted = {name: data for name, data in files.items() if not self._has(name)}
        shared = [name for name in wanted if name.startswith(SHARED)]
        chained = [name for name in wanted if not name.startswith(SHARED)]
        for name in shared:
            _place(
                scratch / "file",
                self._root / name,
                wanted[name],
                durable=len(shared) <= BULK or sys.platform == "win32",
            )
        if len(shared) > BULK and sys.platform != "win32":
            os.sync()  # one wait instead of one per file; manifests must not be on disk before what they name
        for name in chained:
            _place(scratch / "file", self._root / name, wanted[name], durable=True)
        shutil.rmtree(scratch, ignore_errors=True)

    def _has(self, name: str) -> bool:
        return name.startswith(SHARED) and (self._root / name).is_file()


def _place(temporary: Path, target: Path, data: bytes, *, durable: bool) -> None:
    """The file appears under its name whole; `durable`: and outlives a power cut once this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        if durable:
            os.fsync(stream.fileno())
    temporary.replace(target)
    if durable and sys.platform != "win32":  # which opens no directory
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
