"""Source files that no report of their own suite mentions, though they should stand in one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from covgov.model.diff import Diff
from covgov.model.run import Baseline, NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.policy import scopes
from covgov.policy.policy import Policy


def changed_files(
    policy: Policy, heads: Mapping[str, Snapshot], diff: Diff, changed: Mapping[str, int]
) -> tuple[str, ...]:
    """Files that the change wrote lines of or moved here, and that the suite of a component of theirs does not report.

    What a source file is, the measurement says: a file of a component, of a kind (suffix) that is measured at all.
    """
    suffixes = {_suffix(path) for snapshot in heads.values() for path in snapshot.files}
    moved = set(diff.renames().values())
    candidates = {path for path, bits in changed.items() if bits} | moved
    return tuple(
        sorted(path for path in candidates if _suffix(path) in suffixes and any(_unreported(policy, heads, path)))
    )


def vanished(
    policy: Policy,
    heads: Mapping[str, Snapshot],
    baseline: Baseline | NoBaseline,
    diff: Diff,
    present: Collection[str],
) -> tuple[str, ...]:
    """Files with units in the baseline that still exist and that their suite does not report any more.

    diff: from the baseline's commit to what is on disk. present: every path at head.
    """
    if isinstance(baseline, NoBaseline):
        return ()
    renames = diff.renames()
    gone: set[str] = set()
    for name, component in policy.components.items():
        before, now = baseline.snapshots.get(component.suite), heads.get(component.suite)
        if before is None or now is None:
            continue
        belongs = scopes.belongs(policy, name)
        paths = (renames.get(path, path) for path, coverage in before.files.items() if coverage.statements)
        gone |= {path for path in paths if path in present and belongs(path) and path not in now.files}
    return tuple(sorted(gone))


def _unreported(policy: Policy, heads: Mapping[str, Snapshot], path: str) -> Iterator[bool]:
    """For each component of the path whose suite arrived: is the path absent from that suite's snapshot?"""
    for name in scopes.components_of(policy, path):
        own = heads.get(policy.components[name].suite)
        if own is not None:
            yield path not in own.files


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]
