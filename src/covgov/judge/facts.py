"""What is known of a change before any policy is asked: measurements, diff, baseline, register. Plain values.

`covgov.gather` makes them, `covgov.judge.view` applies one policy to them, `covgov.judge.evaluate` judges.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from covgov.differential.attribute import ScopeSides, explain_all, measurement_difference
from covgov.differential.classify import classify
from covgov.differential.measurement import MeasurementDifference, split
from covgov.differential.upstream import UpstreamDiffs, own, uncharged
from covgov.ingest.merge import merge
from covgov.model.approval import NOT_ASKED, Approval
from covgov.model.change import Delta, FileDelta
from covgov.model.diff import Diff
from covgov.model.loosening import Loosening, excluded_by
from covgov.model.run import Baseline, BaselineReason, NoBaseline
from covgov.model.snapshot import MERGED, Metric, Snapshot
from covgov.model.verdict import SuiteLine
from covgov.register.entry import Register

NO_REPOSITORY = NoBaseline(BaselineReason.NO_REPOSITORY, "", blocking=False)
ADOPTION = NoBaseline(BaselineReason.FIRST_RUN, "no run of the default branch has passed yet", blocking=False)


class BasePolicy(StrEnum):
    """Whether the base branch has a policy."""

    PRESENT = "present"
    ABSENT = "absent"  # bootstrap: the head's policy judges
    ADOPTION = "adoption"  # nothing is enforced yet: the head's policy judges
    NO_BASE = "no-base"  # there is no base commit at all (first commit, no repository)


@dataclass(frozen=True, slots=True)
class Override:
    """A total bar given for the one suite being checked. origin: `--fail-under` or `COVERAGE_FAIL_UNDER`."""

    suite: str
    value: Decimal
    origin: str


@dataclass(frozen=True, slots=True)
class SnapshotComparison:
    """A head snapshot against its base, classified once and explained per scope.

    files: of the change alone where `upstream` is set: the baseline is older than where the change starts. uncharged:
    lines without coverage that are put down to the target branch then.
    identity_change: how their identities differ; "" when they agree or the change was accepted. remeasured: what may
    differ because of that, and is not in `files`.
    """

    head: Snapshot
    base: Snapshot
    files: tuple[FileDelta, ...]
    identity_change: str
    upstream: bool = False
    uncharged: int = 0
    remeasured: tuple[FileDelta, ...] = ()

    @classmethod
    def of(
        cls,
        base: Snapshot,
        head: Snapshot,
        diff: Diff,
        *,
        accept_identity: bool,
        upstream: UpstreamDiffs | None = None,
        loosenings: Iterable[Loosening] = (),
    ) -> SnapshotComparison:
        files = classify(base, head, diff)
        mine = own(files, upstream) if upstream else files
        left = uncharged(files, mine) if upstream else 0
        if base.identity == head.identity or accept_identity:
            return cls(head, base, mine, "", upstream is not None, left)
        text = f"{base.identity} at the baseline, {head.identity} now"
        mine, remeasured = split(mine, excluded_by(loosenings))
        return cls(head, base, mine, text, upstream is not None, left, remeasured)

    def is_of(self, base: Snapshot, head: Snapshot) -> bool:
        """Whether the two are these, but for their names: the merge of a single suite is that suite."""
        return replace(base, suite=self.base.suite) == self.base and replace(head, suite=self.head.suite) == self.head

    def deltas(self, sides: ScopeSides, *, count_deletions: bool) -> Mapping[Metric, Delta]:
        """The scope's change in every metric."""
        return explain_all(
            self.files,
            base=self.base,
            head=self.head,
            sides=self._of_this(sides),
            remeasured=self.remeasured,
            count_deletions=count_deletions,
        )

    def difference(self, delta: Delta, sides: ScopeSides) -> MeasurementDifference:
        """What another measurement does to the scope and metric of the delta."""
        return measurement_difference(self.remeasured, delta, self._of_this(sides))

    def _of_this(self, sides: ScopeSides) -> ScopeSides:
        return sides if self.upstream else replace(sides, start=None)


@dataclass(frozen=True, slots=True)
class Facts:
    """Nothing here depends on what a policy demands.

    suites: every suite that was asked for. snapshots: by suite, of those that arrived. whole: every declared suite was
    asked for, so project and patch are judged. base_fault: why the base branch's policy is an older one. first_pass:
    enforcement begins with this run if it passes. comparisons: by suite, and by MERGED for the project.
    changed: lines added or modified at head by path (bitmaps), for every file of the diff that exists at head; None
    without a diff. added: files that are new in the change. renames, baseline_renames: old path -> new path since the
    change starts, and since the baseline.
    files: every path at head; blank: those of them that hold no text; testless: files of the change that are called
    tests and hold none. register: the head's, None when damaged;
    base_register: the base branch's, None when there is none; start_register: the one where the change starts, which
    may be older. changed_paths: what the change touches, None if unknown. owners: path -> owner (CODEOWNERS).
    loosening_approval, register_approval: what the owners of the policy's file and of the register said in review.
    notes: what is uncertain about where the change starts. branch: this is the branch itself, no change to it.
    """

    today: date
    suites: tuple[SuiteLine, ...]
    snapshots: Mapping[str, Snapshot]
    merged: Snapshot | None
    whole: bool = True
    baseline: Baseline | NoBaseline = NO_REPOSITORY
    comparisons: Mapping[str, SnapshotComparison] = field(default_factory=dict)
    changed: Mapping[str, int] | None = None
    added: Collection[str] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    baseline_renames: Mapping[str, str] = field(default_factory=dict)
    files: Collection[str] = ()
    blank: Collection[str] = ()
    testless: Collection[str] = ()
    base_policy: BasePolicy = BasePolicy.NO_BASE
    base_fault: str = ""
    first_pass: bool = False
    loosenings: tuple[Loosening, ...] = ()
    loosening_approval: Approval = NOT_ASKED
    register_approval: Approval = NOT_ASKED
    register: Register | None = None
    base_register: Register | None = None
    start_register: Register | None = None
    changed_paths: frozenset[str] | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    override: Override | None = None
    commit: str = ""
    tree: str = ""
    dirty: bool = False
    branch: bool = False


def compare_all(
    baseline: Baseline | NoBaseline,
    heads: Mapping[str, Snapshot],
    merged: Snapshot | None,
    diff: Diff,
    accept: bool,
    upstream: UpstreamDiffs | None = None,
    loosenings: Collection[Loosening] = (),
) -> Mapping[str, SnapshotComparison]:
    """Every head snapshot, and their merge, that has a counterpart in the baseline; empty without a baseline.

    accept: another tool or version is no difference. upstream: set where the change starts later than the baseline.
    loosenings: of the change; what they exclude is never the measurement's.
    """
    if isinstance(baseline, NoBaseline) or not baseline.snapshots:
        return {}
    bases = {
        **baseline.snapshots,
        MERGED: merge(tuple(baseline.snapshots[name] for name in sorted(baseline.snapshots))),
    }
    heads = {**heads, MERGED: merged} if merged else heads
    found: dict[str, SnapshotComparison] = {}
    for suite, head in heads.items():
        if suite in bases:
            base = bases[suite]
            same = next((one for one in found.values() if one.is_of(base, head)), None)
            made = same or SnapshotComparison.of(
                base, head, diff, accept_identity=accept, upstream=upstream, loosenings=loosenings
            )
            found[suite] = replace(made, base=base, head=head)
    return found


def suite_line(name: str, snapshot: Snapshot | None, reason: str = "") -> SuiteLine:
    """A suite as the verdict shows it. reason: why there is no snapshot."""
    if snapshot is None:
        return SuiteLine(name, arrived=False, reason=reason)
    return SuiteLine(name, arrived=True, tests=snapshot.tests, identity=snapshot.identity)


def tests_failed(snapshot: Snapshot | None) -> str:
    """That they failed, as text for a message; "" when they passed or are unknown."""
    return "the suite's tests failed" if snapshot and snapshot.tests and not snapshot.tests.passed else ""
