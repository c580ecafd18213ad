"""Each revision, one step back and forward again, on the database of a hub that was used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import Engine, MetaData, insert, select

from covgov.hub.auth_service.permissions import Role
from covgov.hub.eventlog import audit
from covgov.hub.store.engine import current, migrate, newest, settle, structure_faults
from covgov.hub.store.schema import OIDC_SEEN, TOKENS
from covgov.hub.store.work import transaction
from covgov_testing.hub.database import database, history
from covgov_testing.hub.reading import POLICY, template
from covgov_testing.hub.write_desk import SHOP, WriteDesk, write_desk

LCOV = b"TN:\nSF:src/%s/a.py\nDA:1,1\nDA:2,%d\nend_of_record\n"
JOB = {
    "id": "j1",
    "name": "job",
    "sha256": "0" * 64,
    "role": "uploader",
    "scope": '["acme/shop"]',
    "created_at": "2026-11-18T12:00:00Z",
    "expires_at": "2027-11-18T12:00:00Z",
    "ref": "refs/heads/main",
    "sha": "c" * 40,
}
SEEN = {"issuer": "https://ci.example", "token_id": "t1", "expires_at": "2027-11-18T12:00:00Z"}
BOUND = {"issuer": "https://token.actions.githubusercontent.com", "repository": "acme/shop", "ref": "refs/heads/*"}

Rows = list[dict[str, object]]
Content = Mapping[str, Rows]
"""Table -> its rows, by primary key."""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run whose figures were computed again, two uploads that wait; tokens, bindings, a policy."""
    folder = tmp_path_factory.mktemp("used")
    with write_desk(template(folder), folder) as desk:
        use(desk)
        settle(desk.engine)
    return folder / "hub.db"


@pytest.fixture
def hub(used: Path, tmp_path: Path) -> Iterator[Engine]:
    with database(copyfile(used, tmp_path / "hub.db")) as engine:
        yield engine


def use(desk: WriteDesk) -> None:
    put = {"path": "covgov.toml", "text": POLICY}
    assert desk.ask("PUT", f"{SHOP}/policy", Role.MAINTAINER, json=put).status_code == 200
    assert desk.ask("POST", f"{SHOP}/bindings", Role.MAINTAINER, json=BOUND).status_code == 201
    for suite in ("api", "auth"):
        assert desk.upload(LCOV % (suite.encode(), 1), suite=suite, exit_code=0).status_code == 201
    for branch in ("dev", "next"):
        assert desk.upload(LCOV % (b"api", 0), branch=branch).json()["state"] == "pending"
    with transaction(desk.engine, write=True) as connection:
        connection.execute(insert(TOKENS).values(**JOB))
        connection.execute(insert(OIDC_SEEN).values(**SEEN))


def content(engine: Engine) -> Content:
    """Whatever the tables are at this revision."""
    tables = MetaData()
    with transaction(engine, write=False) as connection:
        tables.reflect(connection)
        rows = {
            table.name: connection.execute(select(table).order_by(*table.primary_key.columns)).mappings().all()
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }
    return {name: [dict(row) for row in found] for name, found in rows.items()}


def with_everything_enforced(before: Content) -> Content:
    tables = {name: [{**row, "enforced": True} for row in before[name]] for name in ("runs", "run_components")}
    return {**before, **tables}


def with_bytes_counted(before: Content) -> Content:
    return before


def without_when_files_came(before: Content) -> Content:
    return {**before, "history_files": [{**row, "added_at": None} for row in before["history_files"]]}


def without_what_was_verified(before: Content) -> Content:
    return {**before, "runs": [{**row, "verified": False} for row in before["runs"]]}


def without_refs_and_uploads_that_differ_in_branch_only(before: Content) -> Content:
    tokens = [row for row in before["tokens"] if row["ref"] is None]
    first: dict[tuple[object, ...], dict[str, object]] = {}
    for row in before["uploads"]:
        first.setdefault((row["tree"], row["suite"]), row)
    return {**before, "tokens": tokens, "uploads": list(first.values())}


def without_who_may_do_what(before: Content) -> Content:
    gone = ("tokens", "oidc_bindings", "oidc_seen", "uploads")
    return {name: [] if name in gone else rows for name, rows in before.items()}


STEPS: Mapping[str, Callable[[Content], Content]] = {
    "0007": with_everything_enforced,
    "0006": with_bytes_counted,
    "0005": without_when_files_came,
    "0004": without_what_was_verified,
    "0003": without_refs_and_uploads_that_differ_in_branch_only,
    "0002": without_who_may_do_what,
}
"""Revision -> what is left of a database after going back by it and forward again. 0001 leaves nothing."""


@pytest.mark.reliability
@pytest.mark.parametrize("revision", STEPS)
def test_one_step_back_and_forward_loses_only_what_the_older_tables_cannot_hold(hub: Engine, revision: str) -> None:
    migrate(hub, revision)
    before = content(hub)
    assert all(before[name] for name in ("runs", "run_components", "history_files", "blobs", "uploads", "audit"))
    migrate(hub, f"{int(revision) - 1:04}")
    assert content(hub) != before
    migrate(hub, revision)
    assert content(hub) == STEPS[revision](before)


@pytest.mark.reliability
def test_figures_that_the_newest_revision_keeps_are_as_the_hub_kept_them(hub: Engine) -> None:
    """What is counted again by going forward is what was counted one by one in use."""
    before = content(hub)
    [kept] = [row["bytes"] for row in before["repositories"] if row["name"] == "shop"]
    assert kept
    assert [row["verified"] for row in before["runs"]] == [True]
    assert all(row["added_at"] for row in before["history_files"])
    migrate(hub, "0005")
    migrate(hub)
    assert content(hub) == before


@pytest.mark.reliability
@pytest.mark.parametrize("revision", ["0001", *STEPS])
def test_from_every_revision_the_newest_is_reached_with_its_history_whole(hub: Engine, revision: str) -> None:
    runs = list(history(hub).list())
    records = [history(hub).fetch(run.id) for run in runs]
    migrate(hub, revision)
    assert current(hub) == revision
    migrate(hub)
    assert list(history(hub).list()) == runs
    assert [history(hub).fetch(run.id) for run in runs] == records
    assert (list(history(hub).verify()), structure_faults(hub)) == ([], [])
    with transaction(hub, write=False) as connection:
        assert audit.verify(connection) == []


def test_no_revision_is_left_out(hub: Engine) -> None:
    assert ["0001", *sorted(STEPS)] == [f"{number:04}" for number in range(1, int(newest()) + 1)]
