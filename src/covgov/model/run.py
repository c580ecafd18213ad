"""What history keeps of one governed run, and where a baseline came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One governed run. The store chains records; a record itself does not know its predecessor.

    recorded_at: aware, UTC, whole seconds. expected: the suites the policy declared, sorted; the record is complete
    when
    each has a snapshot whose tests did not fail. attempt: 1, 2, ... for re-runs at one tree. snapshots: by suite.
    """

    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    expected: tuple[str, ...]
    snapshots: Mapping[str, Snapshot]
    verdict: Verdict
    policy_hash: str

    @property
    def complete(self) -> bool:
        """Every declared suite arrived and none had failing tests."""
        return all(name in self.snapshots and usable(self.snapshots[name]) for name in self.expected)


def usable(snapshot: Snapshot) -> bool:
    """Whether a snapshot may serve as a baseline: its tests are unknown or passed."""
    return snapshot.tests is None or snapshot.tests.passed


class BaselineReason(StrEnum):
    """Why this commit's run is the baseline, or why there is none."""

    MERGE_BASE = "merge base with the target branch"
    MERGE_BASE_ANCESTOR = "nearest measured ancestor of the merge base"
    PREVIOUS_PASSED = "newest earlier commit of this branch that passed"
    NEVER_PASSED = "no earlier commit of this branch has passed yet: its oldest measured one"
    GIVEN = "named on the command line"
    MEASURED = "measured in this run, where the change starts"
    BASE_FAILED = "the base could not be measured in this run"
    FIRST_RUN = "first run"
    NOT_FETCHED = "no history in this clone"
    NO_REPOSITORY = "this is no git checkout"
    UNREACHABLE = "history is configured but cannot be reached"
    NOT_RECORDED = "no ancestor of this commit has a usable run in history"
    LOST = "history existed (history.since) but is absent now"
    SHALLOW = "the clone is too shallow to find the base"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Which commit a delta is measured against, and why. distance: first-parent steps from where the search began."""

    commit: str
    distance: int
    age_days: int
    reason: BaselineReason
    detail: str = ""


class Baseline(Struct, frozen=True):
    """A baseline run with its receipt."""

    receipt: Receipt
    snapshots: Mapping[str, Snapshot]


@dataclass(frozen=True, slots=True)
class NoBaseline:
    """There is no baseline. `blocking` = the guard is undetermined; otherwise it is a visible note (first run)."""

    reason: BaselineReason
    detail: str
    blocking: bool
