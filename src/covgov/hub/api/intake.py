"""An upload -> the snapshot of one suite: unpacked within limits, recognised by content, parsed strictly."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from covgov.errors import InputError
from covgov.hub.api import archive
from covgov.hub.api.http.body_limits import GzipExpander
from covgov.hub.settings import HubLimits
from covgov.hub.store.verify.plausible import is_path
from covgov.ingest.interface import HEAD_BYTES, ParsedReport
from covgov.ingest.merge import merge, merge_files
from covgov.ingest.places.normalise import normalise, one_base
from covgov.ingest.places.package_paths import HOSTED_GO
from covgov.ingest.places.source_tree import SourceTree
from covgov.ingest.registry import FORMATS, detect
from covgov.model import snapshot_codec
from covgov.model.snapshot import FileCoverage, Origin, Snapshot, TestRun

DATA = "coveragepy-data"
SNAPSHOT_HEAD = b'"covgov-snapshot"'
TREE = "covgov-tree.json"
"""A zip member with this name lists the repository's files: {"path": "git blob id"}."""

GO_MODULE = "go.mod"
"""A zip member of this name, at its path in the repository, declares the module of the Go files below it."""


@dataclass(frozen=True, slots=True)
class UploadClaims:
    """The uploader's description of the measurement. root: directory of the repository. exit_code: None for unknown."""

    suite: str
    commit: str
    tree: str
    root: str
    exit_code: int | None

    @property
    def origin(self) -> Origin:
        return Origin(self.commit, self.tree)


def unpack(body: bytes, limits: HubLimits) -> dict[str, bytes]:
    """The files in an upload, by name: those of a zip, or the body itself, gzip or not.

    Raises InputError (`upload-damaged`, `report-empty`), Problem (`body-too-large`, `files-too-many`).
    """
    if not body.strip():
        raise InputError(
            "report-empty", "the upload is empty", hint="check that the tool that writes the report finished"
        )
    if body.startswith(b"PK\x03\x04"):
        return archive.unzip(body, limits)
    if body.startswith(b"\x1f\x8b"):
        body = GzipExpander(limits.unpacked)(body, last=True)
    return {"report": body}


def digest(files: Mapping[str, bytes], claims: UploadClaims) -> str:
    """SHA-256 of the files and the claims, independent of packing."""
    listed = [(name, sha256(data).hexdigest()) for name, data in sorted(files.items())]
    return sha256(msgspec.json.encode((listed, claims))).hexdigest()


def snapshot_of(files: Mapping[str, bytes], claims: UploadClaims) -> Snapshot:
    """The suite's snapshot from all reports. Raises InputError: what the formats raise, and `upload-needs-interpreter`,
    `upload-paths-unsettled`, `report-matches-nothing`, `upload-other-suite`, `upload-other-code`."""
    listed = _listed(files.get(TREE))
    modules = {name: data for name, data in files.items() if posixpath.basename(name) == GO_MODULE}
    tree = None if listed is None else SourceTree(claims.root, listed, modules.get, current=False)
    reports = sorted(files.keys() - modules.keys() - {TREE})
    parts = [_one(name, files[name], tree, claims) for name in reports]
    if not parts:
        raise InputError("report-missing", "the upload holds no report", hint="put the report files into the zip")
    merged = merge(parts, claims.suite)
    if not merged.files:
        raise InputError("report-matches-nothing", f"the upload of {claims.suite} names no file")
    tests = merged.tests if claims.exit_code is None else TestRun(claims.exit_code)
    return replace(merged, origin=claims.origin, tests=tests)


def _listed(data: bytes | None) -> Mapping[str, str] | None:
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=dict[str, str])
    except ValueError as error:
        raise InputError("upload-damaged", f"{TREE}: {error}", hint='write it as {"path": "git blob id"}') from None


def _one(name: str, data: bytes, tree: SourceTree | None, claims: UploadClaims) -> Snapshot:
    head = data[:HEAD_BYTES]
    if SNAPSHOT_HEAD in head[:200]:
        return _snapshot(name, data, claims)
    known = detect(head)
    if known is not None and known.name == DATA:
        raise InputError(
            "upload-needs-interpreter",
            f"{name}: the hub cannot read coverage.py's data file; only the measuring interpreter can",
            hint="send `coverage json`, `coverage xml`, `coverage lcov`, or coverage/SUITE.snapshot of covgov",
        )
    if known is None:
        formats = ", ".join(known for known in FORMATS if known != DATA)
        raise InputError("report-unknown-format", f"{name}: not a report in a format that the hub reads ({formats})")
    parsed = known.parse(data, name)
    if parsed.faults:
        raise InputError("report-contradicts", f"{name}: {parsed.faults[0]}", hint="write the whole report again")
    files, notes = _settled(name, parsed, tree, claims)
    return Snapshot(claims.suite, files, parsed.identity, notes=(*parsed.notes, *notes))


def _snapshot(name: str, data: bytes, claims: UploadClaims) -> Snapshot:
    snapshot = snapshot_codec.decode(data, name)
    if snapshot.suite != claims.suite:
        raise InputError("upload-other-suite", f"{name} holds the suite {snapshot.suite!r}, not {claims.suite!r}")
    if snapshot.origin is not None and snapshot.origin != claims.origin:
        where = "a tree that is no commit's" if snapshot.origin.dirty else f"commit {snapshot.origin.commit[:12]}"
        raise InputError("upload-other-code", f"{name} was measured at {where}, not at {claims.commit[:12]}")
    for path in snapshot.files:
        _check_path(name, path, path)
    return snapshot


def _settled(
    name: str, parsed: ParsedReport, tree: SourceTree | None, claims: UploadClaims
) -> tuple[dict[str, FileCoverage], tuple[str, ...]]:
    """The report's files by repository path. Without a tree, only unambiguous paths are accepted."""
    if tree is None:
        return _as_meant(name, parsed, claims.root), ()
    found = normalise(parsed, tree)
    if found.ambiguous:
        path, fits = min(found.ambiguous.items())
        raise InputError(
            "upload-paths-unsettled",
            f"{name}: {path[:200]!r} fits {fits[0]} and {fits[1]}",
            hint="write the report with paths from the top of the repository, or send coverage/SUITE.snapshot",
        )
    if not found.files:
        sample = ", ".join(sorted(parsed.files)[:3])
        raise InputError(
            "report-matches-nothing",
            f"{name}: none of the {len(parsed.files)} files of the report is in the tree ({sample})",
            hint="send `root`: the directory of the repository during measurement",
        )
    files = {path: replace(file, source=tree.blobs[path]) for path, file in found.files.items()}
    rewritten = (f"report paths were rewritten: {rewrite}" for rewrite in found.rewrites)
    left = [f"{len(found.unmatched)} files of the report are not in the tree"] if found.unmatched else []
    return files, (*rewritten, *left)


def _as_meant(name: str, parsed: ParsedReport, root: str) -> dict[str, FileCoverage]:
    """Paths as written, below the report's only source root, if it names one."""
    base = one_base(parsed.roots, root=root)
    if base is None:
        named = ", ".join(parsed.roots)[:200]
        raise InputError(
            "upload-paths-unsettled",
            f"{name}: its paths start from {named!r}, which is not clearly one directory of the repository",
            hint=f"send it in a zip with {TREE}, or send `root`: the directory of the repository during measurement",
        )
    found: dict[str, list[FileCoverage]] = {}
    for path, file in parsed.files.items():
        clean = posixpath.normpath(posixpath.join(base, path.replace("\\", "/")))
        _check_path(name, path, "" if "://" in path or HOSTED_GO.match(path) else clean)
        found.setdefault(clean, []).append(file)
    return {path: merge_files(files, path) for path, files in sorted(found.items())}


def _check_path(name: str, written: str, path: str) -> None:
    """`path`: `written`, normalised. Raises InputError (`upload-paths-unsettled`)."""
    if not is_path(path):
        raise InputError(
            "upload-paths-unsettled",
            f"{name}: {written[:200]!r} is not a path in a repository",
            hint=f"send the report in a zip with {TREE}, or send coverage/SUITE.snapshot of covgov",
        )
