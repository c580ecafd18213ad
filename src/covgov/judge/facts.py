"""What the rules look at: plain values, gathered by `covgov.gather`, judged by `covgov.judge.evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from covgov.model.change import Delta
from covgov.model.loosening import Loosening
from covgov.model.run import Baseline, NoBaseline
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import SuiteLine
from covgov.policy.policy import Component, Policy
from covgov.register.entry import Register


@dataclass(frozen=True, slots=True)
class Measured:
    """One scope (a component, or the project) at head, against its baseline.

    snapshot: restricted to the scope's files; None when nothing arrived, `missing` then says why in words.
    base: the baseline's snapshot with the same restriction; None without a baseline.
    deltas: per metric, present only with a baseline. measurement_changed: "" or how the identities differ (unaccepted).
    """

    snapshot: Snapshot | None
    missing: str
    baseline: Baseline | NoBaseline
    base: Snapshot | None = None
    deltas: Mapping[Metric, Delta] = field(default_factory=dict)
    measurement_changed: str = ""

    @property
    def partial(self) -> bool:
        """The suite's tests failed: the figures are shown and prove nothing."""
        return bool(self.unproven)

    @property
    def unproven(self) -> str:
        """Why nothing that is said of the figures counts; empty when it does."""
        return tests_failed(self.snapshot)


def tests_failed(snapshot: Snapshot | None) -> str:
    """That they did, in words; empty when they passed, or nobody knows of any."""
    return "the suite's tests failed" if snapshot and snapshot.tests and not snapshot.tests.passed else ""


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    component: Component
    measured: Measured


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """changed: lines added or modified at head, by path (bitmaps), for every file of the diff that exists at head.

    snapshot: the merged head snapshot. unmeasured: changed source files that no report of their suite mentions.
    """

    changed: Mapping[str, int]
    snapshot: Snapshot
    unmeasured: tuple[str, ...] = ()


class BasePolicy(StrEnum):
    """What the base branch has to say."""

    PRESENT = "present"
    ABSENT = "absent"  # bootstrap: the head's policy judges
    NO_BASE = "no-base"  # there is no base commit at all (first commit, no repository)


@dataclass(frozen=True, slots=True)
class Override:
    """A total bar given for the one suite being checked. origin: `--fail-under` or `COVERAGE_FAIL_UNDER`."""

    suite: str
    value: Decimal
    origin: str


@dataclass(frozen=True, slots=True)
class Facts:
    """policy: the effective one (each bar the stricter of base and head). register: the head's, None when damaged;
    base_register: the base branch's, None when there is none. changed_paths: what this change touches, None if unknown.
    vanished: files that the baseline measured, that still exist and that no report of their suite mentions any more.
    owners: path -> owner (CODEOWNERS). approvals: ids of exceptions that an owner other than the author approved in
    this change's review, as the forge says. start_register: the register where the change starts; it may be older than
    the base branch's. unreported: component -> its source files that no report of its suite mentions, sorted, without
    those that `patch.unmeasured` or `vanished` names. notes: suite -> what its snapshot has to say of the measurement.
    """

    today: date
    policy: Policy
    base_policy: BasePolicy
    loosenings: tuple[Loosening, ...]
    suites: tuple[SuiteLine, ...]
    components: tuple[ComponentFacts, ...]
    project: Measured | None
    patch: PatchFacts | None
    register: Register | None
    base_register: Register | None
    override: Override | None = None
    commit: str = ""
    tree: str = ""
    dirty: bool = False
    changed_paths: frozenset[str] | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    approvals: frozenset[str] = frozenset()
    start_register: Register | None = None
    unreported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vanished: tuple[str, ...] = ()
