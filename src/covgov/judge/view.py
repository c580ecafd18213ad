"""What one policy makes of the facts: each component's own files of its suite's snapshot, against its bars. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from covgov.differential.attribute import ScopeSides
from covgov.differential.measurement import MeasurementDifference
from covgov.judge import unmeasured
from covgov.judge.facts import Facts, tests_failed
from covgov.model.change import Delta
from covgov.model.run import Baseline, BaselineReason, NoBaseline
from covgov.model.snapshot import MERGED, FileCoverage, Metric, Snapshot
from covgov.model.source_files import suffix
from covgov.policy import scopes
from covgov.policy.policy import Component, Policy

Belongs = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """One scope (a component, or the project) at head, against its baseline.

    snapshot: restricted to the scope's files; None when nothing arrived, `missing` then has the reason.
    base: the baseline's snapshot with the same restriction; None without a baseline.
    deltas: per metric, present only with a baseline. measurement_changed: "" or how the identities differ (unaccepted);
    differences: per metric then, what that does to unchanged code.
    """

    snapshot: Snapshot | None
    missing: str
    baseline: Baseline | NoBaseline
    base: Snapshot | None = None
    deltas: Mapping[Metric, Delta] = field(default_factory=dict)
    measurement_changed: str = ""
    differences: Mapping[Metric, MeasurementDifference] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """The suite's tests failed: the figures are shown and prove nothing."""
        return bool(self.unproven)

    @property
    def unproven(self) -> str:
        """Why the figures prove nothing; "" when they do."""
        return tests_failed(self.snapshot)


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    component: Component
    measured: ScopeFacts


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """changed: as in Facts. snapshot: the merged head snapshot.

    unmeasured: changed source files that no report of their suite mentions.
    """

    changed: Mapping[str, int]
    snapshot: Snapshot
    unmeasured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What the rules look at. project: None when only some suites were checked. patch: None without a diff.

    vanished: files that the baseline measured, that still exist and that no report of their suite mentions any more.
    unreported: component -> its source files that no report of its suite mentions, sorted, without those that
    `patch.unmeasured` or `vanished` names. base: the policy is the base branch's.
    """

    facts: Facts
    policy: Policy
    components: tuple[ComponentFacts, ...]
    project: ScopeFacts | None = None
    patch: PatchFacts | None = None
    vanished: tuple[str, ...] = ()
    unreported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: bool = False


def view_of(facts: Facts, policy: Policy, *, base: bool = False) -> PolicyView:
    """The facts as the policy divides them. base: the policy is the base branch's: a component of which the head has no
    file left demands nothing any more."""
    patch = _patch(facts, policy)
    vanished = unmeasured.vanished(policy, facts)
    reported = {*vanished, *(patch.unmeasured if patch else ())}
    return PolicyView(
        facts,
        policy,
        tuple(_components(facts, policy, base=base)),
        _project(facts, policy) if facts.whole else None,
        patch,
        vanished,
        unmeasured.unreported(policy, facts, reported),
        base,
    )


def _components(facts: Facts, policy: Policy, *, base: bool) -> Iterator[ComponentFacts]:
    lines = {line.name: line for line in facts.suites}
    for name, component in sorted(policy.components.items()):
        belongs = scopes.belongs(policy, name)
        if component.suite in lines and not (base and _nothing_left(facts, belongs)):
            snapshot, why = facts.snapshots.get(component.suite), _absent(component.suite)
            away = _moved_away(facts, policy, name)
            here = _without(belongs, away)
            before, start = (
                _without(scopes.base_belongs(policy, name, renames), _left_the_suite(renames, snapshot, here))
                for renames in (facts.baseline_renames, facts.renames)
            )
            measured = _scope(facts, policy, component.suite, snapshot, why, ScopeSides(before, here, start))
            yield ComponentFacts(component, _with_files(measured, away))


def _moved_away(facts: Facts, policy: Policy, name: str) -> Mapping[str, FileCoverage]:
    """New path -> what counts of each file that moved to a component on another suite, so that other tests prove it.

    The worse of what the old suite covered at the baseline and what the new one covers now: neither the other tests nor
    the other component's size may make up for what is missing here.
    """
    component, baseline = policy.components[name], facts.baseline
    if isinstance(baseline, NoBaseline) or component.suite not in baseline.snapshots:
        return {}
    belongs, before = scopes.belongs(policy, name), baseline.snapshots[component.suite].files
    old = {after: path for path, after in facts.baseline_renames.items()}
    moved = [path for path in policy.names if belongs(path) and old.get(path) in before]
    found: dict[str, FileCoverage] = {}
    for path in moved:
        suites = scopes.suites_there(policy, path) & facts.snapshots.keys()
        now = [facts.snapshots[suite].files[path] for suite in suites if path in facts.snapshots[suite].files]
        if now and component.suite not in suites:
            found[path] = min((before[old[path]], *now), key=lambda one: _share(one, component.metric))
    return found


def _left_the_suite(renames: Mapping[str, str], snapshot: Snapshot | None, here: Belongs) -> frozenset[str]:
    """Old paths of files that a rename took out of the component and its suite's reports: not excluded."""
    files = snapshot.files if snapshot is not None else {}
    return frozenset(old for old, new in renames.items() if new not in files and not here(new))


def _share(coverage: FileCoverage, metric: Metric) -> Fraction:
    ratio = coverage.ratio(metric)
    return ratio.fraction if ratio.measurable else Fraction(1)


def _without(belongs: Belongs, paths: Collection[str]) -> Belongs:
    return lambda path: belongs(path) and path not in paths


def _with_files(measured: ScopeFacts, files: Mapping[str, FileCoverage]) -> ScopeFacts:
    if measured.snapshot is None or not files:
        return measured
    snapshot = replace(measured.snapshot, files={**measured.snapshot.files, **files})
    return replace(measured, snapshot=snapshot)


def _nothing_left(facts: Facts, belongs: Belongs) -> bool:
    """Whether no file at head of a kind that is measured at all belongs; false where the files are not known."""
    kinds = unmeasured.suffixes(facts.snapshots.values())
    here = {*facts.files, *(path for snapshot in facts.snapshots.values() for path in snapshot.files)}
    return bool(facts.files) and not any(belongs(path) for path in here if not kinds or suffix(path) in kinds)


def _project(facts: Facts, policy: Policy) -> ScopeFacts:
    """The whole: every file any suite reports. One suite that did not arrive leaves the whole unmeasured."""
    missing = next((line.name for line in facts.suites if not line.arrived), "")
    snapshot, why = (None, _absent(missing)) if missing else (facts.merged, "")
    return _scope(facts, policy, MERGED, snapshot, why, ScopeSides(_all, _all, _all))


def _absent(suite: str) -> str:
    """Why there is no snapshot; the rule `suite` says the rest."""
    return f"suite {suite} did not arrive"


def _all(path: str) -> bool:
    return True


def _patch(facts: Facts, policy: Policy) -> PatchFacts | None:
    if not facts.whole or facts.changed is None or facts.merged is None:
        return None
    return PatchFacts(facts.changed, facts.merged, unmeasured.changed_files(policy, facts))


def _scope(
    facts: Facts, policy: Policy, suite: str, snapshot: Snapshot | None, missing: str, sides: ScopeSides
) -> ScopeFacts:
    """One scope: its files of the suite's snapshot, its base, its deltas in every metric."""
    own = snapshot.restrict(sides.head) if snapshot is not None else None
    comparison = facts.comparisons.get(suite)
    if own is None or comparison is None:
        return ScopeFacts(own, missing, _baseline_for(facts.baseline, suite))
    deltas = comparison.deltas(sides, count_deletions=policy.gate.count_deletions)
    return ScopeFacts(
        snapshot=own,
        missing=missing,
        baseline=facts.baseline,
        base=comparison.base.restrict(sides.baseline),
        deltas=deltas,
        measurement_changed=comparison.identity_change,
        differences={metric: comparison.difference(delta, sides) for metric, delta in deltas.items()},
    )


def _baseline_for(baseline: Baseline | NoBaseline, suite: str) -> Baseline | NoBaseline:
    """A baseline that never heard of this suite is none: the suite is new, which is visible and does not block."""
    if isinstance(baseline, NoBaseline) or suite in (*baseline.snapshots, MERGED):
        return baseline
    where = baseline.receipt.commit[:12]
    detail = f"the suite is new: the baseline {where} has no run of it"
    return NoBaseline(BaselineReason.NOT_RECORDED, detail, blocking=False)
