"""What a store of runs is. Every store passes tests/contracts/test_run_store.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from covgov.model.run import RunRecord
from covgov.model.snapshot import Identity, TestRun
from covgov.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    name: str
    identity: Identity
    tests: TestRun | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What `list` shows without reading coverage. id: sha256 of the chained manifest; sequence counts from 1."""

    id: str
    sequence: int
    previous: str
    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    expected: tuple[str, ...]
    suites: tuple[SuiteSummary, ...]
    outcome: Outcome
    complete: bool
    policy_hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that `verify` found: which file or run, and what is wrong with it."""

    where: str
    what: str


class RunStore(Protocol):
    """Append-only. Appends are atomic and safe between processes; a killed process leaves the old state or the new
    one."""

    def exists(self) -> bool:
        """Whether anything was ever recorded here. Raises Undetermined (`history-unreachable`) when that cannot be
        told."""
        ...

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        """Chains the record to the newest one. The attempt is raised to one above the highest recorded for the same
        tree and suites, unless an identical record is already there: then that one's summary is returned.
        `artifacts` (file name -> bytes; XML, JSON, HTML) are kept only by stores
        that may hold bulk; the git store never does."""
        ...

    def list(self) -> Sequence[RunSummary]:
        """Oldest first."""
        ...

    def fetch(self, run_id: str) -> RunRecord:
        """Raises InputError (`run-unknown`, `history-damaged`)."""
        ...

    def prune(self, keep: int) -> Sequence[str]:
        """Drops bulky artifacts of all but the newest `keep` runs; snapshots, verdicts and manifests stay. Returns
        what went."""
        ...

    def verify(self) -> Sequence[Fault]:
        """Every byte, link and reference; empty when nothing was altered or lost."""
        ...
