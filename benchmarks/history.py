"""What a later run costs in a directory and in a git branch: `make bench`.

python benchmarks/history.py [RUNS] [FILES]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from covgov.history.interface import RunStore
from covgov.history.stores.registry import open_store
from covgov_testing.generated_history import Project, runs
from covgov_testing.repos import Repo

BARS = {"dir": 25_000, "git": 60_000}
"""Bytes that a later run may cost (docs/decisions/0033-history-format-2.md)."""

URLS = {"dir": "dir:history", "git": "git:coverage-history"}
FOLDERS = {"dir": "history", "git": ".git/objects"}


@dataclass(frozen=True, slots=True)
class Cost:
    """bytes: by which the files of the store grew. cpu, wall: seconds of the append."""

    size: int
    cpu: float
    wall: float


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(kind: str, root: Path, project: Project, count: int) -> Sequence[Cost]:
    """What each run added to a new store."""
    repo = Repo(root)
    repo.git("config", "gc.auto", "0")
    store: RunStore = open_store(URLS[kind], root, env=os.environ, remote=None, fetch=False)
    costs: list[Cost] = []
    before = size_of(root / FOLDERS[kind])
    for record in runs(project, count):
        cpu, wall = time.process_time(), time.perf_counter()
        store.append(record)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        after = size_of(root / FOLDERS[kind])
        costs.append(Cost(after - before, cpu, wall))
        before = after
    return costs


def report(kind: str, costs: Sequence[Cost]) -> str:
    """One line of figures."""
    later = [cost.size for cost in costs[1:]]
    seconds = statistics.median(cost.wall for cost in costs[1:])
    return (
        f"{kind}: first run {costs[0].size / 1000:.0f} kB; a later run {statistics.median(later) / 1000:.1f} kB "
        f"(mean {statistics.mean(later) / 1000:.1f}, largest {max(later) / 1000:.1f}; bar {BARS[kind] / 1000:.0f}), "
        f"{seconds:.2f} s"
    )


def main(arguments: Sequence[str]) -> None:
    """Print what there is to know of both stores."""
    count = int(arguments[0]) if arguments else 20
    project = replace(Project(), files=int(arguments[1])) if len(arguments) > 1 else Project()
    print(f"{project.files} files, {count} runs, {project.share[0]:.0%} to {project.share[1]:.0%} of the files changed")
    for kind in BARS:
        with tempfile.TemporaryDirectory() as folder:
            print(report(kind, measure(kind, Path(folder), project, count)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
