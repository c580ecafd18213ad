from __future__ import annotations

from pathlib import Path

import pytest

from covgov.hub.store.presence import present
from covgov.hub.store.work import transaction
from covgov_testing.builders_run import run
from covgov_testing.hub_database import database, get, history


@pytest.mark.security
def test_only_files_of_the_repository_itself_are_told_as_present(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        history(engine).append(run())
        names = list(history(engine).view().names())
        asked = [*names, *(f"objects/aa/{number:064x}" for number in range(600))]
        mine, sibling = get(engine), get(engine, "acme/sibling")
        with transaction(engine, write=False) as connection:
            assert present(connection, mine, asked) == frozenset(names)
            assert present(connection, sibling, asked) == frozenset()
            assert present(connection, mine, []) == frozenset()
