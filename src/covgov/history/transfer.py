"""A history carried from one store to another through a plain directory, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from covgov.errors import InputError, UsageError
from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import RunReader
from covgov.history.interface import Addition, HistoryView, PortableStore
from covgov.history.stores.directory import LOCK, DirStore, DirView


def export(store: PortableStore, target: Path) -> int:
    """Write every run to `target` (artifacts excepted); how many runs. An older export of the same history is renewed.

    Raises UsageError (`export-target-differs`) when `target` holds anything else.
    """
    source = store.view()
    runs = ledger.chain(source) if ledger.recorded(source) else []
    _check_target(target, {*source.names(layout.OBJECTS), *(stored.name for stored in runs)})
    added = _addition(source, runs, f"Export {len(runs)} runs")
    DirStore(target).update(lambda _: added)
    (target / LOCK).unlink(missing_ok=True)
    return len(runs)


def import_(source: Path, store: PortableStore) -> int:
    """Take over the runs of an export that the store lacks; how many.

    Raises InputError (`history-damaged`, `history-absent`, `history-diverged`); then the store is as it was.
    """
    view = DirView(source)
    if not source.is_dir() or not ledger.recorded(view):
        raise InputError(
            "history-absent", f"{source}: not an exported history", hint="`covgov history export` writes one"
        )
    faults = ledger.verify(view)
    if faults:
        raise layout.damaged(f"{source}/{faults[0].where}", f"{faults[0].what} (faults: {len(faults)})")
    incoming = ledger.chain(view)
    taken: list[StoredManifest] = []

    def change(own: HistoryView) -> Addition | None:
        present = ledger.chain(own) if ledger.recorded(own) else []
        taken[:] = incoming[len(present) :]
        common = min(len(present), len(incoming))
        if [run.id for run in present[:common]] != [run.id for run in incoming[:common]]:
            raise InputError(
                "history-diverged",
                f"{source}: its runs do not continue those recorded here",
                hint="import into an empty history",
            )
        return _addition(view, taken, f"Import {len(taken)} runs") if taken else None

    store.update(change)
    return len(taken)


def _addition(source: HistoryView, runs: Sequence[StoredManifest], message: str) -> Addition | None:
    """The runs' files in the order in which they may appear: objects, manifests, head.json."""
    if not runs:
        return None
    names = [*_referenced(source, runs), *(stored.name for stored in runs)]
    data = source.read(names)
    files = {name: data[name] for name in names}
    return Addition({**files, layout.HEAD: layout.head_of(runs[-1])}, runs[-1].manifest.run.recorded_at, message)


def _referenced(source: HistoryView, runs: Sequence[StoredManifest]) -> list[str]:
    reader = RunReader(source)
    names = sorted({layout.object_name(object_id) for stored in runs for object_id in reader.objects(stored)})
    missing = set(names) - set(source.names(layout.OBJECTS))
    if missing:
        raise layout.damaged(min(missing), "it is missing")
    return names


def _check_target(target: Path, expected: set[str]) -> None:
    found = DirView(target).names() if target.is_dir() else []
    strangers = [name for name in found if name not in expected and name != layout.HEAD]
    if strangers or target.is_file():
        raise UsageError(
            "export-target-differs",
            f"{target} contains something that is not an export of this history: {(strangers or ['a file'])[0]}",
            hint="export to a new directory, or delete that one first",
        )
