"""Source files that no report of their own suite mentions, though they should be in one. Pure.

A source file is a file of a component's own paths, of a kind (suffix) that is measured at all or that some tool
measures. A component of the rest claims whatever is measured, so nothing can be missing from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from covgov.judge.facts import Facts
from covgov.model import source_files
from covgov.model.run import NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.model.source_files import SOURCE_SUFFIXES, measurable, suffix
from covgov.policy import scopes
from covgov.policy.policy import Policy


def changed_files(policy: Policy, facts: Facts) -> tuple[str, ...]:
    """Files that the change wrote lines of or moved here, and that the suite of a component of theirs does not report.

    Of what is new to the components every kind of source counts, else the kinds that any suite measures.
    """
    kinds = suffixes(facts.snapshots.values())
    wrote = {path for path, bits in (facts.changed or {}).items() if bits} | set(facts.renames.values())
    moved_in = {new for old, new in facts.renames.items() if not scopes.placed(policy, old)}
    new = {*facts.added, *moved_in}
    candidates = (path for path in wrote if measurable(path, kinds | SOURCE_SUFFIXES if path in new else kinds))
    return tuple(sorted(path for path in candidates if any(_absences(policy, facts, path))))


def vanished_unclaimed(policy: Policy, facts: Facts, whole: Snapshot) -> tuple[str, ...]:
    """The same of files that no component claims, and of all reports together."""
    if isinstance(facts.baseline, NoBaseline):
        return ()
    known = (one for snapshot in facts.baseline.snapshots.values() for one in snapshot.files.items())
    paths = {facts.baseline_renames.get(path, path) for path, file in known if file.statements}
    return tuple(
        sorted(
            path
            for path in paths
            if path in facts.files and path not in whole.files and not scopes.is_source(policy, path)
        )
    )


def is_test(policy: Policy, facts: Facts, path: str) -> bool:
    """Whether its name calls the path a test and it holds one, or a suite has it among its tests and no component among
    its code."""
    if path in facts.testless:
        return False
    if source_files.is_test(path) or scopes.placed(policy, path):
        return source_files.is_test(path)
    declared = [test.partition("::")[0].rstrip("/") for suite in policy.suites.values() for test in suite.tests]
    return any(path == test or path.startswith(f"{test}/") for test in declared)


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
        lost = (path for path in paths if path in facts.files and belongs(path) and path not in now.files)
        gone |= {path for path in lost if not _reported_there(policy, facts, path)}
    return tuple(sorted(gone))


def unreported(policy: Policy, facts: Facts, reported: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Component -> its source files that its suite's snapshot lacks, sorted; only components that have such files.

    Tests and blank files are left out. reported: paths of other findings.
    """
    present = sorted({*facts.files} - {*facts.blank, *reported})
    found: dict[str, tuple[str, ...]] = {}
    for name, component in policy.components.items():
        snapshot = facts.snapshots.get(component.suite)
        if snapshot is None or component.rest:
            continue
        kinds, belongs = suffixes([snapshot]) | SOURCE_SUFFIXES, scopes.belongs(policy, name)
        absent = (p for p in present if p not in snapshot.files and measurable(p, kinds) and belongs(p))
        known = (path for path in absent if not _reported_there(policy, facts, path))
        if paths := tuple(path for path in known if not is_test(policy, facts, path)):
            found[name] = paths
    return found


def _absences(policy: Policy, facts: Facts, path: str) -> Iterator[bool]:
    """For each component of the path whose suite arrived: is the path absent from that suite's snapshot?"""
    for name in scopes.placed(policy, path):
        own = facts.snapshots.get(policy.components[name].suite)
        if own is not None:
            yield path not in own.files and not _reported_there(policy, facts, path)


def _reported_there(policy: Policy, facts: Facts, path: str) -> bool:
    """Whether a suite of the component that the policy has in the file's new place reports a file that was moved."""
    suites = scopes.suites_there(policy, path)
    return any(path in facts.snapshots[suite].files for suite in suites & facts.snapshots.keys())


def suffixes(snapshots: Iterable[Snapshot]) -> set[str]:
    """The kinds of file that these snapshots measure."""
    return {suffix(path) for snapshot in snapshots for path in snapshot.files}
