"""A run's manifest as JSON. The types of the model that it holds are those of the published verdict: within a version
fields may be added, with a default; none is removed, renamed or given another meaning."""

from __future__ import annotations

from datetime import datetime

import msgspec

from covgov.model.snapshot import Identity, Origin, TestRun
from covgov.model.verdict import Outcome


class SuiteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One suite's snapshot without its coverage. files: SHA-256 of its text; in format 1 the id of its table."""

    identity: Identity
    origin: Origin | None
    tests: TestRun | None
    notes: tuple[str, ...]
    files: str


class RunBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A RunRecord with its bulk replaced by digests. verdict: SHA-256 of its text; in format 1 the object's id.
    enforced: False = it did not pass, and nothing of that was enforced."""

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
    enforced: bool = True


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """previous: id of the run before, "" for the first. artifacts: file name -> SHA-256.

    edits: id of the object that makes the run's texts after those of the runs from `since` on; "" and 0 in format 1.
    migrated: id that the run had in an older format, "" when it never had one.
    """

    format: str
    version: int
    sequence: int
    previous: str
    run: RunBody
    artifacts: dict[str, str]
    edits: str = ""
    since: int = 0
    migrated: str = ""
