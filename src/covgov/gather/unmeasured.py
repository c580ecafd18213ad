"""Source files that no report of their own suite mentions, though they should stand in one.

What a source file is, the measurement says: a file of a component, of a kind (suffix) that is measured at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from covgov.model.diff import Diff
from covgov.model.run import Baseline, NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.policy import scopes
from covgov.policy.policy import Policy


def changed_files(
    policy: Policy, heads: Mapping[str, Snapshot], diff: Diff, changed: Mapping[str, int]
) -> tuple[str, ...]:
    """Files that the change wrote lines of or moved here, and that the suite of a component of theirs does not report.

    The kinds are those that any suite measures.
    """
    suffixes = _suffixes(heads.values())
    moved = set(diff.renames().values())
    candidates = {path for path, bits in changed.items() if bits} | moved
    return tuple(
        sorted(path for path in candidates if _suffix(path) in suffixes and any(_absences(policy, heads, path)))
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


def unreported(
    policy: Policy,
    heads: Mapping[str, Snapshot],
    files: Iterable[str],
    read: Callable[[str], bytes | None],
    told: Collection[str],
) -> dict[str, tuple[str, ...]]:
    """Component -> its files that its suite's snapshot lacks, sorted; only components that have such files.

    The kinds are those that its own suite measures; blank files are left out. heads: by suite. files: every path on
    disk. told: paths that another finding names.
    """
    present = sorted(set(files) - set(told))
    found: dict[str, tuple[str, ...]] = {}
    for name, component in policy.components.items():
        snapshot = heads.get(component.suite)
        if snapshot is None:
            continue
        suffixes, mine = _suffixes([snapshot]), scopes.belongs(policy, name)
        candidates = (p for p in present if p not in snapshot.files and _suffix(p) in suffixes and mine(p))
        if paths := tuple(path for path in candidates if (read(path) or b"").strip()):
            found[name] = paths
    return found


def _absences(policy: Policy, heads: Mapping[str, Snapshot], path: str) -> Iterator[bool]:
    """For each component of the path whose suite arrived: is the path absent from that suite's snapshot?"""
    for name in scopes.components_of(policy, path):
        own = heads.get(policy.components[name].suite)
        if own is not None:
            yield path not in own.files


def _suffixes(snapshots: Iterable[Snapshot]) -> set[str]:
    return {_suffix(path) for snapshot in snapshots for path in snapshot.files}


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]
