"""The chain of runs over any view of its files: what every store does the same way. No input or output of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from covgov.errors import InputError
from covgov.history.format import edits, layout, texts
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import ReadAhead, RunReader
from covgov.history.format.wire import Manifest, RunBody
from covgov.history.interface import Addition, HistoryFault, HistoryView, Progress, RunChanges, RunSummary, silent
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict

ADDRESSED = (f"{layout.OBJECTS}/", f"{layout.ARTIFACTS}/")
"""Folders whose files are named by their content."""

BATCH = 500
"""How many objects `verify` holds in memory at once."""


def recorded(view: HistoryView) -> bool:
    """Whether anything was ever recorded. Raises InputError (`history-foreign`) when these are not covgov's files."""
    if view.read([layout.HEAD]) or view.names(layout.RUNS):
        return True
    strangers = view.names()
    if layout.HEAD in strangers:  # the first run was recorded between one look and the next
        return True
    if any(not name.startswith(ADDRESSED) for name in strangers):
        raise InputError(
            "history-foreign",
            f"history: found files that covgov did not write ({strangers[0]}), and no {layout.HEAD}",
            hint="give the history a branch or directory of its own in [history] store",
        )
    return False


def chain(view: HistoryView) -> list[StoredManifest]:
    """All runs, oldest first. Raises InputError when a manifest or link is damaged or the newest are missing."""
    promised = _promised(view)
    names = layout.run_names(view)
    data = view.read(names)
    runs: list[StoredManifest] = []
    for name in names:
        stored = layout.decode_manifest(data[name], name)
        _check_link(runs, stored)
        runs.append(stored)
    if promised > len(runs):
        raise layout.damaged(layout.HEAD, f"it promises {promised} runs, but there are {len(runs)}")
    return runs


def summaries(view: HistoryView) -> list[RunSummary]:
    """All runs, oldest first."""
    return [layout.summary(stored) for stored in chain(view)]


def fetch(view: HistoryView, run_id: str) -> RunRecord:
    """A run by its id, or by the one that it had before it was migrated.

    Raises InputError (`run-unknown`, `history-damaged`).
    """
    (stored,) = _stored(view, [run_id])
    return RunReader(view).record(stored)


def verdicts(view: HistoryView, run_ids: Sequence[str]) -> Iterator[Verdict]:
    """Of each of the runs, by ids as in `fetch`."""
    runs = _stored(view, run_ids)
    return map(RunReader(ReadAhead(view, runs), _is_verdict).verdict, runs)


def snapshots(view: HistoryView, run_ids: Sequence[str]) -> Iterator[dict[str, Snapshot]]:
    """Of each of the runs, by ids as in `fetch`."""
    runs = _stored(view, run_ids)
    return map(RunReader(ReadAhead(view, runs), _is_coverage).snapshots, runs)


def changes(view: HistoryView, base_id: str, head_id: str, paths: Collection[str]) -> RunChanges:
    """Two runs, by ids as in `fetch`, as `RunStore.changes`."""
    base, head = _stored(view, [base_id, head_id])
    return RunReader(view, _is_coverage).changes(base, head, paths)


def _stored(view: HistoryView, run_ids: Sequence[str]) -> list[StoredManifest]:
    runs = chain(view)
    known = {run.manifest.migrated: run for run in runs if run.manifest.migrated} | {run.id: run for run in runs}
    for run_id in run_ids:
        if run_id not in known:
            raise InputError(
                "run-unknown", f"history has no run {run_id}", hint="`covgov history list` shows the recorded runs"
            )
    return [known[run_id] for run_id in run_ids]


def _is_verdict(name: str) -> bool:
    return name == texts.VERDICT


def _is_coverage(name: str) -> bool:
    return name != texts.VERDICT


def addition(view: HistoryView, record: RunRecord, artifacts: Mapping[str, str]) -> tuple[Addition | None, RunSummary]:
    """What to write so that the record is the newest run; None when it already is in history.

    artifacts: file name -> SHA-256 of those that came with the run, whether or not the store keeps them.
    """
    runs = chain(view) if recorded(view) else []
    return continuation(view, runs[-1] if runs else None, runs, record, artifacts)


def continuation(
    view: HistoryView,
    last: StoredManifest | None,
    runs: Sequence[StoredManifest],
    record: RunRecord,
    artifacts: Mapping[str, str],
) -> tuple[Addition | None, RunSummary]:
    """As `addition`, for who knows the newest run already, and the runs at the record's tree (`runs`, others may be
    among them)."""
    if record.recorded_at.utcoffset() is None:
        raise ValueError("recorded_at must be aware")
    body, made = layout.dismantle(record)
    twin = next((stored for stored in runs if _is_twin(view, stored, body)), None)
    if twin is not None:
        return None, layout.summary(twin)
    body = msgspec.structs.replace(body, attempt=max(body.attempt, _highest_attempt(runs, body) + 1))
    state = RunReader(view).state(last) if last else edits.TextState()
    stored, files = link(last, state, body, made, artifacts)
    message = f"Record run {stored.manifest.sequence}: {body.outcome} at {body.commit[:12] or 'no commit'}"
    return Addition({**files, layout.HEAD: layout.head_of(stored)}, record.recorded_at, message), layout.summary(stored)


def link(
    last: StoredManifest | None,
    state: edits.TextState,
    body: RunBody,
    made: Mapping[str, edits.Text],
    artifacts: Mapping[str, str],
    migrated: str = "",
) -> tuple[StoredManifest, dict[str, bytes]]:
    """The run that follows the last one, and its files but head.json. state: of the texts after the last run."""
    sequence = last.manifest.sequence + 1 if last else 1
    data, since = edits.encode(state, made, sequence)
    manifest = Manifest(
        format=layout.FORMAT,
        version=layout.VERSION,
        sequence=sequence,
        previous=last.id if last else "",
        run=body,
        artifacts=dict(artifacts),
        edits=layout.digest_of(data),
        since=since,
        migrated=migrated,
    )
    text = layout.encode_manifest(manifest)
    stored = StoredManifest(layout.digest_of(text), manifest)
    return stored, {layout.object_name(manifest.edits): data, stored.name: text}


def references(runs: Sequence[StoredManifest], reader: RunReader) -> set[str]:
    """Names of all files that the runs consist of: their manifests, objects and artifacts."""
    found: set[str] = set()
    for stored in runs:
        found.add(stored.name)
        found |= {layout.object_name(object_id) for object_id in reader.objects(stored)}
        found |= {layout.artifact_name(artifact) for artifact in stored.manifest.artifacts.values()}
    return found


def verify(view: HistoryView, progress: Progress = silent) -> list[HistoryFault]:
    """Every byte, link and reference."""
    names = view.names()
    faults = list(_damaged_files(view, names))
    runs = list(_readable(view, faults))
    links: list[StoredManifest] = []
    for stored in runs:
        try:
            _check_link(links, stored)
        except InputError as error:
            faults.append(_fault(error))
        links.append(stored)
    faults += _head_faults(view, runs)
    faults += _leavings(view, runs)
    faults += _unreadable(view, runs, frozenset(names), progress)
    return sorted(set(faults), key=lambda fault: (fault.where, fault.what))


def _promised(view: HistoryView) -> int:
    found = view.read([layout.HEAD])
    return layout.head_count(found[layout.HEAD]) if found else 0


def _check_link(before: Sequence[StoredManifest], stored: StoredManifest) -> None:
    sequence = before[-1].manifest.sequence + 1 if before else 1
    if stored.manifest.sequence != sequence:
        raise layout.damaged(stored.name, f"run {sequence} is missing before it")
    if stored.manifest.previous != (before[-1].id if before else ""):
        raise layout.damaged(stored.name, "it does not continue the run before it")


def _is_twin(view: HistoryView, stored: StoredManifest, body: RunBody) -> bool:
    """Whether the stored run equals the body, except for the attempt.

    An earlier covgov may have spelled the same verdict with fewer fields, so a digest that differs is no answer.
    """
    own = stored.manifest.run
    if _without(own, attempt=0) == _without(body, attempt=0):
        return True
    if _outline(own) != _outline(body):
        return False
    read, _ = layout.dismantle(RunReader(view).record(stored))
    return _without(read, attempt=0) == _without(body, attempt=0)


def _without(body: RunBody, **changes: object) -> RunBody:
    return msgspec.structs.replace(body, **changes)


def _outline(body: RunBody) -> RunBody:
    """The body without what formats differ in: their digests."""
    suites = {name: msgspec.structs.replace(suite, files="") for name, suite in body.snapshots.items()}
    return _without(body, attempt=0, verdict="", snapshots=suites)


def _highest_attempt(runs: Sequence[StoredManifest], body: RunBody) -> int:
    """Over the runs of this tree that share a suite with it; a run without suites shares them all."""
    mine = set(body.snapshots)
    return max(
        (
            run.manifest.run.attempt
            for run in runs
            if run.manifest.run.tree == body.tree
            and (not mine or not run.manifest.run.snapshots or mine & set(run.manifest.run.snapshots))
        ),
        default=0,
    )


def _damaged_files(view: HistoryView, names: Sequence[str]) -> Iterator[HistoryFault]:
    addressed = [name for name in names if name.startswith(ADDRESSED)]
    for start in range(0, len(addressed), BATCH):
        batch = addressed[start : start + BATCH]
        data = view.read(batch)
        for name in batch:
            folder, _, stem = name.partition("/")
            expected = f"{folder}/{stem[-64:][:2]}/{stem[-64:]}"
            if name != expected or name not in data or layout.digest_of(data[name]) != stem[-64:]:
                yield HistoryFault(name, "its content does not match its name")
    for name in names:
        if name != layout.HEAD and not name.startswith((*ADDRESSED, f"{layout.RUNS}/")):
            yield HistoryFault(name, "it does not belong to a history")


def _readable(view: HistoryView, faults: list[HistoryFault]) -> Iterator[StoredManifest]:
    names = layout.run_names(view)
    data = view.read(names)
    for name in names:
        try:
            if name not in data:
                raise layout.damaged(name, "it cannot be read")
            yield layout.decode_manifest(data[name], name)
        except InputError as error:
            faults.append(_fault(error))


def _head_faults(view: HistoryView, runs: Sequence[StoredManifest]) -> Iterator[HistoryFault]:
    """head.json may be one run behind: an append writes it last and may be killed before."""
    head = view.read([layout.HEAD]).get(layout.HEAD)
    allowed = [layout.head_of(runs[n - 1]) for n in (len(runs), len(runs) - 1) if n > 0]
    if runs and runs[-1].manifest.migrated:  # a migration writes head.json last as well
        allowed += [layout.head_bytes(len(runs), runs[-1].manifest.migrated, version) for version in (1, 2)]
    if head is None and len(runs) > 1:
        yield HistoryFault(layout.HEAD, "it is missing")
    elif head is not None and head not in allowed:
        yield HistoryFault(
            layout.HEAD, f"it does not name the newest of the {len(runs)} runs: one was lost or it was altered"
        )


def _unreadable(
    view: HistoryView, runs: Sequence[StoredManifest], names: frozenset[str], progress: Progress
) -> Iterator[HistoryFault]:
    """Objects that are missing, and texts that differ from their manifest."""
    reader, reported = RunReader(ReadAhead(view, runs)), set[str]()
    for number, stored in enumerate(runs, 1):
        progress(number, len(runs))
        try:
            missing = [name for name in map(layout.object_name, reader.objects(stored)) if name not in names]
            yield from (HistoryFault(name, f"it is missing, though {stored.name} refers to it") for name in missing)
            if stored.manifest.version > 1 and not missing:
                reader.suites(stored)
                reader.verdict(stored)
        except InputError as error:
            if error.message not in reported:
                reported.add(error.message)
                yield _fault(error)


def _leavings(view: HistoryView, runs: Sequence[StoredManifest]) -> Iterator[HistoryFault]:
    """Manifests beside those that count, unless a migration that was interrupted left them."""
    names = layout.superseded(view)
    data = view.read(names)
    ids = {stored.id for stored in runs} | {stored.manifest.migrated for stored in runs}
    for name in names:
        try:
            left = layout.decode_manifest(data.get(name, b""), name)
        except InputError as error:
            yield _fault(error)
            continue
        if not ids & {left.id, left.manifest.migrated}:
            yield HistoryFault(name, "it does not belong to a history")


def _fault(error: InputError) -> HistoryFault:
    where, _, what = error.message.removeprefix("history: ").partition(": ")
    return HistoryFault(where, what)
