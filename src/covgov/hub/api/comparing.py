"""Compares two recorded runs by the blob ids of the measured files; the hub has no git."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from covgov.differential.attribute import ScopeSides, explain
from covgov.differential.classify import classify
from covgov.differential.comparison import Comparison, compare
from covgov.differential.measurement import split
from covgov.differential.sources import diff_by_sources
from covgov.hub.api.http.problems import ApiProblem
from covgov.ingest.merge import merge
from covgov.model.change import FileDelta
from covgov.model.diff import Diff
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, Snapshot
from covgov.policy import scopes
from covgov.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class ComparisonScope:
    """The compared part of the runs. suite: "" for all suites merged. policy, component: the files; "" for all."""

    suite: str = ""
    component: str = ""
    policy: Policy | None = None


def part_of(policy: Policy | None, suite: str, component: str) -> ComparisonScope:
    """A component's scope is its own suite unless another is named. Raises ApiProblem (`policy-missing`,
    `component-unknown`)."""
    if not component:
        return ComparisonScope(suite)
    if policy is None:
        raise ApiProblem(
            404,
            "policy-missing",
            "no policy is stored here, so the component's files are unknown",
            hint="store the repository's covgov.toml, or compare a suite",
        )
    if component not in policy.components:
        raise ApiProblem(404, "component-unknown", f"the stored policy declares no component {component}")
    return ComparisonScope(suite or policy.components[component].suite, component, policy)


def snapshot_of(record: RunRecord, suite: str) -> Snapshot:
    """One suite of the run, or all merged. Raises ApiProblem (`suite-unknown`), InputError (`merge-mismatch`)."""
    if suite and suite not in record.snapshots:
        raise ApiProblem(404, "suite-unknown", f"run of {record.commit[:12]} has no suite {suite}")
    if not record.snapshots:
        raise ApiProblem(404, "suite-unknown", f"run of {record.commit[:12]} has no coverage of any suite")
    return record.snapshots[suite] if suite else merge(list(record.snapshots.values()))


def compared(base: RunRecord, head: RunRecord, part: ComparisonScope, metric: Metric | None) -> Comparison:
    """Every unit in one of the twelve categories, and why the ratio changed. Raises as `snapshot_of` does."""
    before, after = snapshot_of(base, part.suite), snapshot_of(head, part.suite)
    diff = diff_by_sources(before, after)
    if part.policy is None:
        return compare(before, after, diff, metric or Metric.COMBINED, notes(diff))
    counted = metric or part.policy.components[part.component].metric
    return _of_component(before, after, diff, counted, part.policy, part.component)


def notes(diff: Diff) -> tuple[str, ...]:
    """Notes on the comparison's precision."""
    opaque = sum(file.opaque for file in diff)
    text = "the hub has no git: sources were compared by blob id, and changed files have no line map"
    if opaque:
        counted = "1 file counts" if opaque == 1 else f"{opaque} files count"
        text += f": {counted} as deleted and new; `covgov compare` in a clone maps line by line"
    return (text,)


def _of_component(
    before: Snapshot, after: Snapshot, diff: Diff, metric: Metric, policy: Policy, name: str
) -> Comparison:
    """The component's files only; a file renamed into or out of the component counts as moved."""
    differs = before.identity != after.identity
    text = [f"measured differently: base by {before.identity}; head by {after.identity}"] if differs else []
    base_in, head_in = scopes.base_belongs(policy, name, diff.renames()), scopes.belongs(policy, name)
    files = classify(before, after, diff)
    own, remeasured = split(files) if differs else (files, ())
    delta = explain(
        own,
        base=before,
        head=after,
        sides=ScopeSides(base_in, head_in),
        metric=metric,
        remeasured=remeasured,
    )
    mine = tuple(file for file in files if _touches(file, base_in, head_in))
    return Comparison(mine, delta, (*notes(diff), *text))


def _touches(file: FileDelta, base_in: Callable[[str], bool], head_in: Callable[[str], bool]) -> bool:
    return (file.base_path is not None and base_in(file.base_path)) or (
        file.head_path is not None and head_in(file.head_path)
    )
