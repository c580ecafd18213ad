"""Source files that no report mentions: neither covered nor uncovered, only absent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from covgov.model.snapshot import Snapshot
from covgov.policy import scopes
from covgov.policy.policy import Policy


def unreported(
    policy: Policy,
    heads: Mapping[str, Snapshot],
    files: Iterable[str],
    read: Callable[[str], bytes | None],
    told: Collection[str],
) -> dict[str, tuple[str, ...]]:
    """Component -> its files that its suite's snapshot lacks, sorted; only components that have such files.

    What a source file is, the measurement says: a file that the component claims, of a kind (suffix) that its suite
    measures at all, and not blank. heads: by suite. files: every path on disk. told: paths that another finding names.
    """
    present = sorted(set(files) - set(told))
    found: dict[str, tuple[str, ...]] = {}
    for name, component in policy.components.items():
        snapshot = heads.get(component.suite)
        if snapshot is None:
            continue
        suffixes, mine = {_suffix(path) for path in snapshot.files}, scopes.belongs(policy, name)
        candidates = (p for p in present if p not in snapshot.files and _suffix(p) in suffixes and mine(p))
        if paths := tuple(path for path in candidates if (read(path) or b"").strip()):
            found[name] = paths
    return found


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]
