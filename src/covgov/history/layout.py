"""A run as files: a small chained manifest, and content-addressed objects that runs share.

    head.json                           how many runs there are and the id of the newest
    runs/00000012-<sha256>.json         manifest: {format, version, sequence, previous, run, artifacts}
    objects/ab/<sha256>                 one file's coverage; a suite's table path -> object; a verdict
    artifacts/ab/<sha256>               bulk (XML, JSON, HTML); never in git, dropped by `prune`

Every name below runs/, objects/ and artifacts/ contains the SHA-256 of the file's bytes. docs/history-format.md is the
full account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

import msgspec

from covgov.errors import InputError
from covgov.history.interface import RunSummary, SuiteSummary
from covgov.model import codec, snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage, Identity, Origin, Snapshot, TestRun
from covgov.model.verdict import Outcome, Verdict

FORMAT = "covgov-run"
VERSION = 1
HEAD = "head.json"
RUNS, OBJECTS, ARTIFACTS = "runs", "objects", "artifacts"

Read = Callable[[Sequence[str]], Mapping[str, bytes]]
T = TypeVar("T")


class SuiteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One suite's snapshot; `files` is the id of its table."""

    identity: Identity
    origin: Origin | None
    tests: TestRun | None
    notes: tuple[str, ...]
    files: str


class RunBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A RunRecord with its bulk replaced by object ids."""

    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    expected: tuple[str, ...]
    policy_hash: str
    outcome: Outcome
    complete: bool
    dirty: bool
    verdict: str
    snapshots: dict[str, SuiteBody]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """previous: id of the run before, "" for the first. artifacts: file name -> SHA-256."""

    format: str
    version: int
    sequence: int
    previous: str
    run: RunBody
    artifacts: dict[str, str]


class _Envelope(msgspec.Struct, frozen=True):
    format: str
    version: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest with its id."""

    id: str
    manifest: Manifest

    @property
    def name(self) -> str:
        return manifest_name(self.manifest.sequence, self.id)


def digest_of(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return sha256(data).hexdigest()


def object_name(object_id: str) -> str:
    """Where an object is kept."""
    return f"{OBJECTS}/{object_id[:2]}/{object_id}"


def artifact_name(artifact_id: str) -> str:
    """Where an artifact is kept."""
    return f"{ARTIFACTS}/{artifact_id[:2]}/{artifact_id}"


def manifest_name(sequence: int, run_id: str) -> str:
    """Where a run's manifest is kept; names sort by sequence."""
    return f"{RUNS}/{sequence:08d}-{run_id}.json"


def head_bytes(count: int, run_id: str) -> bytes:
    """Content of head.json after `count` runs."""
    return codec.encode({"count": count, "format": "covgov-history", "id": run_id, "version": VERSION}) + b"\n"


def head_count(data: bytes) -> int:
    """How many runs head.json promises. Raises InputError."""
    return _parse(data, _Head, HEAD).count


class _Head(msgspec.Struct, frozen=True):
    format: str
    version: int
    count: int
    id: str


def dismantle(record: RunRecord) -> tuple[RunBody, dict[str, bytes]]:
    """The record's body, and every object it refers to by file name."""
    objects: dict[str, bytes] = {}

    def keep(data: bytes) -> str:
        object_id = digest_of(data)
        objects[object_name(object_id)] = data
        return object_id

    def suite(snapshot: Snapshot) -> SuiteBody:
        table = {path: keep(snapshot_codec.encode_file(coverage)) for path, coverage in snapshot.files.items()}
        return SuiteBody(
            identity=snapshot.identity,
            origin=snapshot.origin,
            tests=snapshot.tests,
            notes=snapshot.notes,
            files=keep(codec.encode(table)),
        )

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
        verdict=keep(codec.encode(record.verdict)),
        snapshots={name: suite(snapshot) for name, snapshot in record.snapshots.items()},
    )
    return body, objects


def is_dirty(record: RunRecord) -> bool:
    """Whether anything of this run was measured on a tree that is no commit's."""
    origins = [snapshot.origin for snapshot in record.snapshots.values()]
    return record.verdict.dirty or any(origin is not None and origin.dirty for origin in origins)


def assemble(body: RunBody, read: Read, where: str) -> RunRecord:
    """Inverse of `dismantle`. Every object is checked against its id. Raises InputError (`history-damaged`)."""
    tables = {name: table(suite.files, read, where) for name, suite in body.snapshots.items()}
    wanted = sorted({object_id for paths in tables.values() for object_id in paths.values()})
    data = _objects([*wanted, body.verdict], read, where)
    files = {object_id: _file(data[object_id], object_id) for object_id in wanted}
    snapshots = {name: _snapshot(name, body.snapshots[name], tables[name], files) for name in body.snapshots}
    return record_of(body, snapshots, _parse(data[body.verdict], Verdict, object_name(body.verdict)))


def record_of(body: RunBody, snapshots: Mapping[str, Snapshot], verdict: Verdict) -> RunRecord:
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


def table(table_id: str, read: Read, where: str) -> dict[str, str]:
    """A suite's table: path -> id of the file's coverage."""
    return _parse(_objects([table_id], read, where)[table_id], dict[str, str], object_name(table_id))


def encode_manifest(manifest: Manifest) -> bytes:
    """The bytes whose SHA-256 is the run's id."""
    return codec.encode(manifest) + b"\n"


def decode_manifest(data: bytes, name: str) -> Stored:
    """Raises InputError: `history-damaged` when name and bytes disagree, `history-newer` for a newer format."""
    run_id = digest_of(data)
    if not name.endswith(f"-{run_id}.json"):
        raise damaged(name, "its bytes are not those that its name stands for")
    envelope = _parse(data, _Envelope, name)
    if envelope.format == FORMAT and envelope.version > VERSION:
        raise InputError(
            "history-newer",
            f"{name}: history format {envelope.version} was written by a newer covgov; this one reads {VERSION}",
            hint="upgrade covgov",
        )
    manifest = _parse(data, Manifest, name)
    if envelope.format != FORMAT or name != manifest_name(manifest.sequence, run_id):
        raise damaged(name, "it is not a manifest of that number")
    return Stored(run_id, manifest)


def summary(stored: Stored) -> RunSummary:
    """What a manifest tells without its objects."""
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
    )


def damaged(where: str, what: str) -> InputError:
    """The error for bytes that are not as they were recorded."""
    return InputError(
        "history-damaged", f"history: {where}: {what}", hint="`covgov history verify` lists every fault it can find"
    )


def _objects(ids: Sequence[str], read: Read, where: str) -> dict[str, bytes]:
    names = {object_name(object_id): object_id for object_id in ids}
    found = read(list(names))
    for name, object_id in names.items():
        if name not in found:
            raise damaged(name, f"it is missing, though {where} refers to it")
        if digest_of(found[name]) != object_id:
            raise damaged(name, "its bytes are not those that its name stands for")
    return {names[name]: found[name] for name in names}


def _file(data: bytes, object_id: str) -> FileCoverage:
    return snapshot_codec.decode_file(data, object_name(object_id))


def _snapshot(name: str, body: SuiteBody, paths: Mapping[str, str], files: Mapping[str, FileCoverage]) -> Snapshot:
    return Snapshot(
        suite=name,
        files={path: files[object_id] for path, object_id in paths.items()},
        identity=body.identity,
        origin=body.origin,
        tests=body.tests,
        notes=body.notes,
    )


def _parse(data: bytes, kind: type[T], where: str) -> T:
    try:
        return codec.decode(data, kind)
    except ValueError as error:  # msgspec's errors are ValueErrors, also for bytes that are not JSON
        raise damaged(where, str(error)) from error
