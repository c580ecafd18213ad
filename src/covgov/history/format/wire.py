"""A manifest of format 2 as JSON: shapes of history's own. A name in the model may change, one in here may
not."""

from __future__ import annotations

from datetime import datetime

import msgspec

from covgov.model.snapshot import Identity, Origin, TestRun
from covgov.model.verdict import Outcome


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the shapes."""


class WireIdentity(Wire, frozen=True):
    tool: str
    version: str
    language: str
    branch: bool


class WireOrigin(Wire, frozen=True):
    commit: str
    tree: str
    dirty: bool


class WireTests(Wire, frozen=True):
    exit_code: int
    tests: int
    failures: int
    errors: int
    skipped: int
    seconds: float
    arguments: str


class WireSuite(Wire, frozen=True):
    """files: SHA-256 of the suite's text."""

    identity: WireIdentity
    origin: WireOrigin | None
    tests: WireTests | None
    notes: tuple[str, ...]
    files: str


class WireRun(Wire, frozen=True):
    """outcome: `pass`, `fail` or `undetermined`. verdict: SHA-256 of the verdict's text."""

    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    expected: tuple[str, ...]
    policy_hash: str
    outcome: str
    complete: bool
    dirty: bool
    verdict: str
    snapshots: dict[str, WireSuite]


class WireManifest(Wire, frozen=True):
    """edits: id of the object that makes the run's texts, after those of the runs from `since` on. migrated: id that
    the run had in an older format, "" when it never had one."""

    format: str
    version: int
    sequence: int
    previous: str
    run: WireRun
    artifacts: dict[str, str]
    edits: str
    since: int
    migrated: str


class SuiteBody(msgspec.Struct, frozen=True):
    """One suite's snapshot without its coverage. files: SHA-256 of its text; in format 1 the id of its table."""

    identity: Identity
    origin: Origin | None
    tests: TestRun | None
    notes: tuple[str, ...]
    files: str


class RunBody(msgspec.Struct, frozen=True):
    """A RunRecord with its bulk replaced by digests. verdict: SHA-256 of its text; in format 1 the object's id."""

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


def of_run(body: RunBody) -> WireRun:
    """The shape of a run's body."""
    return WireRun(
        commit=body.commit,
        tree=body.tree,
        branch=body.branch,
        attempt=body.attempt,
        recorded_at=body.recorded_at,
        expected=body.expected,
        policy_hash=body.policy_hash,
        outcome=body.outcome.value,
        complete=body.complete,
        dirty=body.dirty,
        verdict=body.verdict,
        snapshots={name: _of_suite(suite) for name, suite in body.snapshots.items()},
    )


def to_run(wire: WireRun) -> RunBody:
    """Inverse of `of_run`. Raises ValueError."""
    return RunBody(
        commit=wire.commit,
        tree=wire.tree,
        branch=wire.branch,
        attempt=wire.attempt,
        recorded_at=wire.recorded_at,
        expected=wire.expected,
        policy_hash=wire.policy_hash,
        outcome=Outcome(wire.outcome),
        complete=wire.complete,
        dirty=wire.dirty,
        verdict=wire.verdict,
        snapshots={name: _to_suite(suite) for name, suite in wire.snapshots.items()},
    )


def of_identity(identity: Identity) -> WireIdentity:
    """The shape of what measured."""
    return WireIdentity(
        tool=identity.tool, version=identity.version, language=identity.language, branch=identity.branch
    )


def to_identity(wire: WireIdentity) -> Identity:
    """Inverse of `of_identity`."""
    return Identity(tool=wire.tool, version=wire.version, language=wire.language, branch=wire.branch)


def of_tests(tests: TestRun) -> WireTests:
    """The shape of a test run."""
    return WireTests(
        exit_code=tests.exit_code,
        tests=tests.tests,
        failures=tests.failures,
        errors=tests.errors,
        skipped=tests.skipped,
        seconds=tests.seconds,
        arguments=tests.arguments,
    )


def to_tests(wire: WireTests) -> TestRun:
    """Inverse of `of_tests`."""
    return TestRun(
        exit_code=wire.exit_code,
        tests=wire.tests,
        failures=wire.failures,
        errors=wire.errors,
        skipped=wire.skipped,
        seconds=wire.seconds,
        arguments=wire.arguments,
    )


def _of_suite(suite: SuiteBody) -> WireSuite:
    origin = suite.origin
    return WireSuite(
        identity=of_identity(suite.identity),
        origin=None if origin is None else WireOrigin(commit=origin.commit, tree=origin.tree, dirty=origin.dirty),
        tests=None if suite.tests is None else of_tests(suite.tests),
        notes=suite.notes,
        files=suite.files,
    )


def _to_suite(wire: WireSuite) -> SuiteBody:
    origin = wire.origin
    return SuiteBody(
        identity=to_identity(wire.identity),
        origin=None if origin is None else Origin(commit=origin.commit, tree=origin.tree, dirty=origin.dirty),
        tests=None if wire.tests is None else to_tests(wire.tests),
        notes=wire.notes,
        files=wire.files,
    )
