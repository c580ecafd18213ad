"""A process that appends runs to a hub's database itself: `python sql_appender.py FILE OWNER/NAME NAME COUNT`."""

from __future__ import annotations

import sys
from pathlib import Path

from covgov.hub.store.engine import open_engine
from covgov_testing.appender import append
from covgov_testing.hub import database as hub_database


def main(path: str, full_name: str, name: str, count: int) -> None:
    engine = open_engine(hub_database.url(Path(path)))
    append(hub_database.history(engine, full_name), name, count)
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
