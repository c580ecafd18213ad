"""A process that appends runs: `python appender.py URL ROOT NAME COUNT`; prints each id once it is recorded."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from covgov.history.interface import RunStore
from covgov.history.stores.registry import open_store
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run


def main(url: str, root: str, name: str, count: int) -> None:
    append(open_store(url, Path(root), env=dict(os.environ), remote=None, fetch=False), name, count)


def append(store: RunStore, name: str, count: int) -> None:
    for number in range(count):
        snapshot = snap({f"{name}.py": "+" * (number + 1), "shared.py": "+-"})
        record = run(f"{name}{number}", at=NOON + timedelta(seconds=number), snapshots={"api": snapshot})
        print(store.append(record, {"api.xml": f"{name}{number}".encode()}).id, flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
