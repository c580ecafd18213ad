"""Reading runs of both formats from a view. Every object is checked against its id, every text against its digest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from covgov.history.format import edits, layout, texts, version1
from covgov.history.format.edits import Text, TextState
from covgov.history.format.layout import StoredManifest
from covgov.history.interface import HistoryView, RunChanges
from covgov.model import snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage, Snapshot
from covgov.model.verdict import Verdict

AHEAD = 100
"""How many runs' objects are read at once: in git each reading is a process, in a hub a request."""


class RunReader:
    """Runs one after the other cost what changed between them. Each method raises InputError (`history-damaged`).

    wanted: names of the texts that are read; those of the others are not there.
    """

    def __init__(self, view: HistoryView, wanted: Callable[[str], bool] = edits.every) -> None:
        self._view = view
        self._wanted = wanted
        self._last = ""
        self._state = TextState()
        self._decoded: texts.Decoded = {}

    def state(self, stored: StoredManifest) -> TextState:
        """All texts after the run; none after one of format 1."""
        if stored.manifest.version == 1:
            return TextState()
        if stored.id != self._last:
            follows = stored.manifest.previous == self._last
            runs = [stored] if follows else _since(self._view, stored)
            done = next((at for at, one in enumerate(runs, 1) if one.id == self._last), 0)
            self._state = self._replayed(runs[done:], self._state if follows or done else TextState())
            self._last = stored.id
        return self._state

    def text(self, stored: StoredManifest, name: str, digest: str) -> Text:
        """One text of a run of format 2."""
        found = self.state(stored).texts.get(name)
        if found is None or texts.digest(found) != digest:
            raise layout.damaged(layout.object_name(stored.manifest.edits), f"{name} is not what {stored.name} says")
        return found

    def verdict(self, stored: StoredManifest) -> Verdict:
        """The verdict."""
        wanted = stored.manifest.run.verdict
        where = layout.object_name(wanted if stored.manifest.version == 1 else stored.manifest.edits)
        try:
            if stored.manifest.version == 1:
                data = layout.read_objects([wanted], self._view, stored.name)[wanted]
                return version1.to_verdict(data)
            return texts.to_verdict(self.text(stored, texts.VERDICT, wanted))
        except ValueError as error:
            raise layout.damaged(where, str(error)) from error

    def paths(self, stored: StoredManifest) -> dict[str, Sequence[str]]:
        """Suite -> its files, sorted."""
        if stored.manifest.version == 1:
            return {suite: sorted(table) for suite, table in self._tables(stored).items()}
        try:
            return {suite: texts.paths(text) for suite, text in self.suites(stored).items()}
        except ValueError as error:
            raise layout.damaged(layout.object_name(stored.manifest.edits), str(error)) from error

    def coverage(
        self, stored: StoredManifest, wanted: Mapping[str, Collection[str]] | None = None
    ) -> dict[str, dict[str, FileCoverage]]:
        """Suite -> path -> coverage, of all files or of those wanted of each suite."""
        if stored.manifest.version == 1:
            return self._old_coverage(stored, wanted)
        try:
            if wanted is None:
                return self._whole_coverage(stored)
            return {
                suite: dict(texts.files(text, wanted.get(suite, ()))) for suite, text in self.suites(stored).items()
            }
        except ValueError as error:
            raise layout.damaged(layout.object_name(stored.manifest.edits), str(error)) from error

    def snapshots(self, stored: StoredManifest) -> dict[str, Snapshot]:
        """Suite -> all of its coverage."""
        return _snapshots(stored, self.coverage(stored))

    def changes(self, base: StoredManifest, head: StoredManifest, paths: Collection[str]) -> RunChanges:
        """Both runs without the files that are the same in both, as `RunStore.changes`."""
        if 1 in (base.manifest.version, head.manifest.version):
            return RunChanges(self.snapshots(base), self.snapshots(head))
        before, after = self.suites(base), self.suites(head)
        where = layout.object_name(head.manifest.edits)
        try:
            same = texts.same(before, after, paths)
            old, new = (
                {suite: dict(texts.without(text, same)) for suite, text in one.items()} for one in (before, after)
            )
            return RunChanges(
                _snapshots(base, old), _snapshots(head, new), len(same), texts.fold(same) if same else None
            )
        except ValueError as error:
            raise layout.damaged(where, str(error)) from error

    def record(self, stored: StoredManifest) -> RunRecord:
        """The whole run."""
        return layout.record_of(stored.manifest.run, self.snapshots(stored), self.verdict(stored))

    def suites(self, stored: StoredManifest) -> dict[str, Text]:
        """Suite -> its text, of a run of format 2."""
        suites = stored.manifest.run.snapshots
        return {name: self.text(stored, texts.name_of(name), suite.files) for name, suite in suites.items()}

    def objects(self, stored: StoredManifest) -> Iterator[str]:
        """Ids of the objects that the run brought along or shares with others."""
        if stored.manifest.version == 1:
            yield stored.manifest.run.verdict
            yield from (suite.files for suite in stored.manifest.run.snapshots.values())
            for table in self._tables(stored).values():
                yield from table.values()
        else:
            yield stored.manifest.edits

    def _whole_coverage(self, stored: StoredManifest) -> dict[str, dict[str, FileCoverage]]:
        decoded = {suite: texts.decode(text, self._decoded) for suite, text in self.suites(stored).items()}
        self._decoded = {pair: file for suite in decoded.values() for pair, file in suite.items()}
        return {suite: dict(files.values()) for suite, files in decoded.items()}

    def _replayed(self, runs: Sequence[StoredManifest], state: TextState) -> TextState:
        data = layout.read_objects([one.manifest.edits for one in runs], self._view, runs[-1].name)
        for one in runs:
            manifest = one.manifest
            if manifest.since != manifest.sequence and manifest.since != state.since:
                raise layout.damaged(one.name, "it does not say which run wrote its texts whole")
            try:
                state = edits.decode(state, data[manifest.edits], manifest.sequence, manifest.since, self._wanted)
            except ValueError as error:
                raise layout.damaged(layout.object_name(manifest.edits), str(error)) from error
        return state

    def _tables(self, stored: StoredManifest) -> dict[str, dict[str, str]]:
        suites = stored.manifest.run.snapshots
        data = layout.read_objects([suite.files for suite in suites.values()], self._view, stored.name)
        return {
            name: layout.parse(data[suite.files], dict[str, str], layout.object_name(suite.files))
            for name, suite in suites.items()
        }

    def _old_coverage(
        self, stored: StoredManifest, wanted: Mapping[str, Collection[str]] | None
    ) -> dict[str, dict[str, FileCoverage]]:
        tables = {
            suite: {path: one for path, one in table.items() if wanted is None or path in wanted.get(suite, ())}
            for suite, table in self._tables(stored).items()
        }
        ids = sorted({object_id for table in tables.values() for object_id in table.values()})
        data = layout.read_objects(ids, self._view, stored.name)
        files = {one: snapshot_codec.decode_file(data[one], layout.object_name(one)) for one in ids}
        return {suite: {path: files[one] for path, one in table.items()} for suite, table in tables.items()}


def _snapshots(stored: StoredManifest, coverage: Mapping[str, Mapping[str, FileCoverage]]) -> dict[str, Snapshot]:
    return {
        name: Snapshot(
            suite=name,
            files=coverage[name],
            identity=suite.identity,
            origin=suite.origin,
            tests=suite.tests,
            notes=suite.notes,
        )
        for name, suite in stored.manifest.run.snapshots.items()
    }


class ReadAhead:
    """A view that reads what belongs to the next of `runs` along with what is asked for."""

    def __init__(self, view: HistoryView, runs: Sequence[StoredManifest]) -> None:
        self._view = view
        self._names = [layout.object_name(run.manifest.edits) for run in runs if run.manifest.edits]
        self._places = {name: place for place, name in enumerate(self._names)}
        self._read: Mapping[str, bytes] = {}

    def names(self, folder: str = "") -> Sequence[str]:
        return self._view.names(folder)

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        if not self._read.keys() >= set(names):
            reached = [self._places[name] + 1 for name in names if name in self._places]
            start = max(reached, default=len(self._names))
            self._read = self._view.read([*dict.fromkeys([*names, *self._names[start : start + AHEAD]])])
        return {name: self._read[name] for name in names if name in self._read}


def _since(view: HistoryView, stored: StoredManifest) -> list[StoredManifest]:
    """The run and those before it that its texts are made of, oldest first."""
    first, last = stored.manifest.since, stored.manifest.sequence
    if not max(1, last - edits.LONGEST) <= first <= last:
        raise layout.damaged(stored.name, "it does not say which run wrote its texts whole")
    if first == last:
        return [stored]
    folders = sorted({layout.folder_of(first), layout.folder_of(last - 1)})
    numbers = {f"{number:08d}" for number in range(first, last)}
    names = [name for folder in folders for name in view.names(folder) if layout.number_of(name) in numbers]
    data = view.read(names)
    found = {layout.digest_of(content): (name, content) for name, content in data.items()}
    runs = [stored]
    while runs[0].manifest.sequence > first:
        previous = runs[0].manifest.previous
        if previous not in found:
            raise layout.damaged(runs[0].name, "the run before it is missing")
        name, content = found[previous]
        runs.insert(0, layout.decode_manifest(content, name))
    return runs
