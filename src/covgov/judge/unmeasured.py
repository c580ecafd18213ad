"""Source files that no report of their own suite mentions, though they should be in one. Pure.

The measurement decides what a source file is: a file of a component, of a kind (suffix) that is measured at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from covgov.judge.facts import Facts
from covgov.model.run import NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.policy import scopes
from covgov.policy.policy import Policy


def changed_files(policy: Policy, facts: Facts) -> tuple[str, ...]:
    """Files that the change wrote lines of or moved here, and that the suite of a component of theirs does not report.

    The kinds are those that any suite measures.
    """
    kinds = suffixes(facts.snapshots.values())
    candidates = {path for path, bits in (facts.changed or {}).items() if bits} | set(facts.renames.values())
    return tuple(sorted(path for path in candidates if suffix(path) in kinds and any(_absences(policy, facts, path))))


def vanished(policy: Policy, facts: Facts) -> tuple[str, ...]:
    """Files with units in the baseline that still exist and that their suite does not report any more."""
    if isinstance(facts.baseline, NoBaseline):
        return ()
    gone: set[str] = set()
    for name, component in policy.components.items():
        before, now = facts.baseline.snapshots.get(component.suite), facts.snapshots.get(component.suite)
        if before is None or now is None:
            continue
        belongs = scopes.belongs(policy, name)
        paths = (facts.baseline_renames.get(path, path) for path, file in before.files.items() if file.statements)
        gone |= {path for path in paths if path in facts.files and belongs(path) and path not in now.files}
    return tuple(sorted(gone))


def unreported(policy: Policy, facts: Facts, reported: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Component -> its files that its suite's snapshot lacks, sorted; only components that have such files.

    The kinds are those that its own suite measures; blank files are left out. reported: paths of other findings.
    """
    present = sorted(set(facts.files) - set(facts.blank) - set(reported))
    found: dict[str, tuple[str, ...]] = {}
    for name, component in policy.components.items():
        snapshot = facts.snapshots.get(component.suite)
        if snapshot is None:
            continue
        kinds, belongs = suffixes([snapshot]), scopes.belongs(policy, name)
        if paths := tuple(p for p in present if p not in snapshot.files and suffix(p) in kinds and belongs(p)):
            found[name] = paths
    return found


def _absences(policy: Policy, facts: Facts, path: str) -> Iterator[bool]:
    """For each component of the path whose suite arrived: is the path absent from that suite's snapshot?"""
    for name in scopes.components_of(policy, path):
        own = facts.snapshots.get(policy.components[name].suite)
        if own is not None:
            yield path not in own.files


def suffixes(snapshots: Iterable[Snapshot]) -> set[str]:
    """The kinds of file that these snapshots measure."""
    return {suffix(path) for snapshot in snapshots for path in snapshot.files}


def suffix(path: str) -> str:
    """What follows the last dot of the file's name."""
    return path.rpartition("/")[2].rpartition(".")[2]
