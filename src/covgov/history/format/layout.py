"""A run as files: a small chained manifest, and objects named by their content.

    head.json                                  how many runs there are and the id of the newest
    runs/000000/00000012-<sha256>.json         manifest of run 12 (format 1: without the folder)
    objects/ab/<sha256>                        what changed in a run's coverage and verdict since the run before
    artifacts/ab/<sha256>                      bulk (XML, JSON, HTML); never in git, dropped by `prune`

Every name below runs/, objects/ and artifacts/ contains the SHA-256 of the file's bytes. docs/history-format.md is the
full account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec import Struct

from covgov.errors import InputError
from covgov.history.format import texts
from covgov.history.format.edits import Text
from covgov.history.format.wire import Manifest, RunBody, SuiteBody
from covgov.history.interface import HistoryView, RunSummary, SuiteSummary
from covgov.model import codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict

FORMAT = "covgov-run"
VERSION = 2
HEAD = "head.json"
RUNS, OBJECTS, ARTIFACTS = "runs", "objects", "artifacts"
FOLDER = 100
"""Runs in one folder below runs/, so that the next run's manifest joins a short list."""

T = TypeVar("T")


class _Envelope(msgspec.Struct, frozen=True):
    format: str
    version: int


class StoredManifest(Struct, frozen=True):
    """A manifest with its id."""

    id: str
    manifest: Manifest

    @property
    def name(self) -> str:
        return manifest_name(self.manifest.sequence, self.id, self.manifest.version)


def digest_of(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return sha256(data).hexdigest()


def object_name(object_id: str) -> str:
    """File name of an object."""
    return f"{OBJECTS}/{object_id[:2]}/{object_id}"


def artifact_name(artifact_id: str) -> str:
    """File name of an artifact."""
    return f"{ARTIFACTS}/{artifact_id[:2]}/{artifact_id}"


def manifest_name(sequence: int, run_id: str, version: int = VERSION) -> str:
    """File name of a run's manifest."""
    folder = RUNS if version == 1 else folder_of(sequence)
    return f"{folder}/{sequence:08d}-{run_id}.json"


def folder_of(sequence: int) -> str:
    """Folder of the manifests of this run and its neighbours."""
    return f"{RUNS}/{sequence // FOLDER:06d}"


def run_names(view: HistoryView) -> list[str]:
    """Names of the manifests by number.

    While a history is migrated there are two chains. The new one counts once its first run is there; a run that only
    one of them has continues that one.
    """
    numbers: dict[str, list[str]] = {}
    for name in view.names(RUNS):
        numbers.setdefault(number_of(name), []).append(name)
    found: list[str] = []
    for number in sorted(numbers):
        names = sorted(numbers[number], key=lambda name: (-name.count("/"), name))
        found.append(names[0] if len(names) == 1 or not found else _next(view, found[-1], names))
    return found


def superseded(view: HistoryView) -> list[str]:
    """Names of the manifests that a migration, complete or not, left beside those that count."""
    return sorted(set(view.names(RUNS)) - set(run_names(view)))


def number_of(name: str) -> str:
    """The number in a manifest's name, as text of fixed width."""
    return name.rpartition("/")[2][:8]


def _next(view: HistoryView, last: str, names: Sequence[str]) -> str:
    link = f'"previous":"{last.removesuffix(".json")[-64:]}"'.encode()
    data = view.read(names)
    return next((name for name in names if link in data.get(name, b"")), names[0])


def read_manifest(view: HistoryView, sequence: int, run_id: str) -> StoredManifest | None:
    """The manifest of a run, whichever its format; None when there is none."""
    names = [manifest_name(sequence, run_id, version) for version in (VERSION, 1)]
    found = view.read(names)
    return next((decode_manifest(found[name], name) for name in names if name in found), None)


def head_bytes(count: int, run_id: str, version: int = VERSION) -> bytes:
    """Content of head.json after `count` runs, the last of that format."""
    return codec.encode({"count": count, "format": "covgov-history", "id": run_id, "version": version}) + b"\n"


def head_of(stored: StoredManifest) -> bytes:
    """Content of head.json when this is the newest run."""
    return head_bytes(stored.manifest.sequence, stored.id, stored.manifest.version)


def head_count(data: bytes) -> int:
    """How many runs head.json promises. Raises InputError."""
    return parse(data, _Head, HEAD).count


class _Head(msgspec.Struct, frozen=True):
    format: str
    version: int
    count: int
    id: str


def dismantle(record: RunRecord) -> tuple[RunBody, dict[str, list[bytes]]]:
    """The record's body, and its texts by name."""
    made = texts.of_record(record)
    body = RunBody(
        commit=record.commit,
        tree=record.tree,
        branch=record.branch,
        attempt=record.attempt,
        recorded_at=record.recorded_at,
        expected=record.expected,
        policy_hash=record.policy_hash,
        outcome=record.verdict.outcome,
        complete=record.complete,
        dirty=is_dirty(record),
        verdict=texts.digest(made[texts.VERDICT]),
        snapshots={name: _suite(one, made[texts.name_of(name)]) for name, one in record.snapshots.items()},
        enforced=not record.verdict.only_evaluated,
    )
    return body, made


def is_dirty(record: RunRecord) -> bool:
    """Whether anything of this run was measured on a tree that is no commit's."""
    origins = [snapshot.origin for snapshot in record.snapshots.values()]
    return record.verdict.dirty or any(origin is not None and origin.dirty for origin in origins)


def record_of(body: RunBody | RunSummary, snapshots: Mapping[str, Snapshot], verdict: Verdict) -> RunRecord:
    """The record that the body describes, of parts read elsewhere; whether they are its own is not checked here."""
    return RunRecord(
        commit=body.commit,
        tree=body.tree,
        branch=body.branch,
        attempt=body.attempt,
        recorded_at=body.recorded_at,
        expected=body.expected,
        snapshots=snapshots,
        verdict=verdict,
        policy_hash=body.policy_hash,
    )


def encode_manifest(manifest: Manifest) -> bytes:
    """The bytes whose SHA-256 is the run's id."""
    return codec.encode(manifest) + b"\n"


@lru_cache(2000)  # one command lists the runs several times
def decode_manifest(data: bytes, name: str) -> StoredManifest:
    """Raises InputError: `history-damaged` when name and bytes disagree, `history-newer` for a newer format."""
    run_id = digest_of(data)
    if not name.endswith(f"-{run_id}.json"):
        raise damaged(name, "its content does not match its name")
    envelope = parse(data, _Envelope, name)
    if envelope.format == FORMAT and envelope.version > VERSION:
        raise InputError(
            "history-newer",
            f"{name}: history format {envelope.version} was written by a newer covgov; this one reads {VERSION}",
            hint="upgrade covgov",
        )
    manifest = parse(data, Manifest, name)
    if envelope.format != FORMAT or name != manifest_name(manifest.sequence, run_id, manifest.version):
        raise damaged(name, "it is not a manifest of that number")
    return StoredManifest(run_id, manifest)


def summary(stored: StoredManifest) -> RunSummary:
    """The summary that a manifest alone gives."""
    run = stored.manifest.run
    return RunSummary(
        id=stored.id,
        sequence=stored.manifest.sequence,
        previous=stored.manifest.previous,
        commit=run.commit,
        tree=run.tree,
        branch=run.branch,
        attempt=run.attempt,
        recorded_at=run.recorded_at,
        expected=run.expected,
        suites=tuple(SuiteSummary(name, suite.identity, suite.tests) for name, suite in sorted(run.snapshots.items())),
        outcome=run.outcome,
        complete=run.complete,
        policy_hash=run.policy_hash,
        dirty=run.dirty,
        enforced=run.enforced,
    )


def damaged(where: str, what: str) -> InputError:
    """The error for bytes that are not as they were recorded."""
    return InputError(
        "history-damaged", f"history: {where}: {what}", hint="`covgov history verify` lists every fault it can find"
    )


def read_objects(ids: Sequence[str], view: HistoryView, where: str) -> dict[str, bytes]:
    """Objects by id, each checked. Raises InputError (`history-damaged`)."""
    names = {object_name(object_id): object_id for object_id in ids}
    found = view.read(list(names))
    for name, object_id in names.items():
        if name not in found:
            raise damaged(name, f"it is missing, though {where} refers to it")
        if digest_of(found[name]) != object_id:
            raise damaged(name, "its content does not match its name")
    return {names[name]: found[name] for name in names}


def parse(data: bytes, kind: type[T], where: str) -> T:
    """Raises InputError (`history-damaged`)."""
    try:
        return codec.decode(data, kind)
    except ValueError as error:  # msgspec's errors are ValueErrors, also for bytes that are not JSON
        raise damaged(where, str(error)) from error


def _suite(snapshot: Snapshot, text: Text) -> SuiteBody:
    return SuiteBody(
        identity=snapshot.identity,
        origin=snapshot.origin,
        tests=snapshot.tests,
        notes=snapshot.notes,
        files=texts.digest(text),
    )
