"""A history of an older format written anew in this one. Every run gets another id and names its old one."""

from __future__ import annotations

from covgov.history import ledger
from covgov.history.format import edits, layout
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import RunReader
from covgov.history.interface import Addition, HistoryReplacement, HistoryView, RewritableStore


def migrate(store: RewritableStore) -> int:
    """How many runs were written anew; 0 when the history was in this format. Raises InputError (`history-damaged`)."""
    counts: list[int] = []

    def change(view: HistoryView) -> HistoryReplacement | None:
        runs = ledger.chain(view) if ledger.recorded(view) else []
        outdated = bool(runs) and runs[0].manifest.version < layout.VERSION
        counts[:] = [len(runs) if outdated else 0]
        if outdated:
            return _rewritten(view, runs)
        left = layout.superseded(view) if runs else []  # by a migration that was killed when it was almost done
        needed = ledger.references(runs, RunReader(view))
        return HistoryReplacement(None, (*left, *_unneeded(view, needed))) if left else None

    store.rewrite(change)
    return counts[0]


def _rewritten(view: HistoryView, runs: list[StoredManifest]) -> HistoryReplacement:
    reader, state = RunReader(view), edits.TextState()
    made: list[StoredManifest] = []
    objects: dict[str, bytes] = {}
    manifests: dict[str, bytes] = {}
    for old in runs:
        body, texts = layout.dismantle(reader.record(old))
        last = made[-1] if made else None
        new, files = ledger.link(last, state, body, texts, old.manifest.artifacts, migrated=old.id)
        name = layout.object_name(new.manifest.edits)
        state = edits.decode(state, files[name], new.manifest.sequence, new.manifest.since)
        made.append(new)
        objects[name] = files[name]
        manifests[new.name] = files[new.name]
    # The first manifest comes last: from then on the new ones count, and until then the old ones.
    files = {**objects, **dict(reversed(manifests.items())), layout.HEAD: layout.head_of(made[-1])}
    artifacts = {layout.artifact_name(one) for new in made for one in new.manifest.artifacts.values()}
    gone = {*(old.name for old in runs), *layout.superseded(view)} - set(files)
    message = f"Migrate {len(runs)} runs to history format {layout.VERSION}"
    added = Addition(files, runs[-1].manifest.run.recorded_at, message)
    return HistoryReplacement(added, (*sorted(gone), *_unneeded(view, {*files, *artifacts})))


def _unneeded(view: HistoryView, needed: set[str]) -> list[str]:
    return sorted(set(view.names(layout.OBJECTS)) - needed)
