from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Connection, select

from covgov.errors import InputError
from covgov.hub.store import projection, repositories, runs
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.runs import ComponentRow, RunRow
from covgov.hub.store.schema import RUN_COMPONENTS, RUNS
from covgov.hub.store.work import transaction
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Outcome, Scope
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import NOON, object_id, row, run, verdict
from covgov_testing.hub.database import database, make


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with database(tmp_path / "hub.db") as engine:
        make(engine)
        make(engine, "acme/other")
        with transaction(engine, write=True) as opened:
            yield opened


@pytest.fixture
def shop(connection: Connection) -> HubRepository:
    found = repositories.get(connection, "acme", "shop")
    assert found is not None
    return found


def record(number: int, *, branch: str = "main", covered: int = 9, outcome: Outcome = Outcome.PASS) -> RunRecord:
    project = structs.replace(row("project", covered, 20), scope=Scope.PROJECT)
    made = structs.replace(
        verdict(outcome, rows=[row("api", covered, 10), row("auth", 0, 0, measured=False)]), project=project
    )
    return run(f"c{number}", branch=branch, at=NOON + timedelta(hours=number), made=made)


def test_runs_are_listed_newest_first_in_pages(connection: Connection, shop: HubRepository) -> None:
    made = [SqlHistory(connection, shop).append(record(number)) for number in range(5)]
    seen: list[RunRow] = []
    after: int | None = None
    while page := runs.list_runs(connection, shop.id, after=after, limit=2):
        seen += page
        after = page[-1].sequence
    assert [found.id for found in seen] == [summary.id for summary in reversed(made)]


def test_a_check_run_has_the_summarys_figures(connection: Connection, shop: HubRepository) -> None:
    files = {"api": snap({"a.py": "-"}, tests=FAILED)}
    summary = SqlHistory(connection, shop).append(run(outcome=Outcome.FAIL, snapshots=files, branch="topic"))
    found = runs.find(connection, shop.id, summary.id)
    names = [name for name in RunRow.__slots__ if name not in ("id", "verified", "enforced")]
    assert {name: getattr(found, name) for name in names} == {name: getattr(summary, name) for name in names}


def test_a_run_of_which_nothing_is_enforced_says_so(connection: Connection, shop: HubRepository) -> None:
    made = record(1)
    bad = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "bad", enforced=False)
    rows = tuple(
        structs.replace(row, outcome=Outcome.FAIL, enforced=False) if row.name == "api" else row
        for row in made.verdict.rows
    )
    verdict = structs.replace(made.verdict, outcome=Outcome.FAIL, findings=(bad,), rows=rows)
    summary = SqlHistory(connection, shop).append(replace(made, verdict=verdict))
    assert not runs.find(connection, shop.id, summary.id).enforced
    found = {name: next(iter(runs.trend(connection, shop.id, name))).figure.enforced for name in ("api", "auth")}
    assert found == {"api": False, "auth": True}


def test_runs_of_a_branch_or_commit_are_found(connection: Connection, shop: HubRepository) -> None:
    store = SqlHistory(connection, shop)
    for number, branch in enumerate(["main", "topic", "main"]):
        store.append(record(number, branch=branch))
    assert [found.sequence for found in runs.list_runs(connection, shop.id, branch="main")] == [3, 1]
    assert [found.sequence for found in runs.list_runs(connection, shop.id, commit=object_id("c1"))] == [2]
    assert list(runs.list_runs(connection, shop.id, branch="mai_")) == []


def test_runs_of_another_repository_are_never_seen(connection: Connection, shop: HubRepository) -> None:
    other = repositories.get(connection, "acme", "other")
    assert other is not None
    summary = SqlHistory(connection, other).append(record(1))
    assert list(runs.list_runs(connection, shop.id)) == []
    assert list(runs.trend(connection, shop.id, "api")) == []
    assert projection.newest(connection, shop.id) is None
    assert runs.get(connection, shop.id, summary.id) is None
    with pytest.raises(InputError) as caught:
        runs.find(connection, shop.id, summary.id)
    assert caught.value.code == "run-unknown"


def test_a_badge_shows_figure_and_outcome_or_none(connection: Connection, shop: HubRepository) -> None:
    SqlHistory(connection, shop).append(record(1))
    assert [point.figure for name in ("", "api", "auth") for point in runs.trend(connection, shop.id, name)] == [
        ComponentRow("", Metric.COMBINED, Ratio(9, 20), Decimal(90), Outcome.PASS),
        ComponentRow("api", Metric.COMBINED, Ratio(9, 10), Decimal(90), Outcome.PASS),
        ComponentRow("auth", Metric.COMBINED, None, Decimal(90), Outcome.PASS),
    ]


def test_a_trend_lists_each_runs_figure(connection: Connection, shop: HubRepository) -> None:
    store = SqlHistory(connection, shop)
    for number in range(4):
        store.append(record(number, covered=number, branch="main" if number != 2 else "topic"))
    points = runs.trend(connection, shop.id, "api", branch="main", limit=2)
    assert [(point.run.sequence, point.figure.now) for point in points] == [(4, Ratio(3, 10)), (2, Ratio(1, 10))]
    assert [point.run.sequence for point in runs.trend(connection, shop.id, "api", after=3)] == [2, 1]
    assert [point.figure.now for point in runs.trend(connection, shop.id, limit=1)] == [Ratio(3, 20)]
    assert list(runs.trend(connection, shop.id, "unheard-of")) == []


def test_projections_can_be_made_again(connection: Connection, shop: HubRepository) -> None:
    store = SqlHistory(connection, shop)
    for number in range(3):
        store.append(record(number))
    before = rows(connection)
    connection.execute(RUNS.update().values(outcome="fail"))
    connection.execute(RUN_COMPONENTS.delete())
    assert rows(connection) != before
    assert projection.rebuild(connection, shop.id, store.view()) == 3
    assert rows(connection) == before


def rows(connection: Connection) -> list[object]:
    found = connection.execute(select(RUNS, RUN_COMPONENTS).join(RUN_COMPONENTS).order_by(RUNS.c.sequence)).all()
    return [[value for name, value in row._mapping.items() if name not in ("id", "run_pk")] for row in found]


@pytest.mark.security
@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (replace(run(), policy_hash="p" * 65), "policy_hash is longer than 64"),
        (replace(run(), attempt=2**31), "attempt is not in"),
        (run(made=verdict(rows=[row("n" * 101, 1, 2)])), "component is longer than 100"),
        (run(made=verdict(rows=[row("api", 1, 2**31)])), "total is not in"),
        (
            run(made=verdict(rows=[structs.replace(row("api", 1, 2), bar=Decimal("9." + "9" * 40))])),
            "bar is longer than 32",
        ),
        (run(made=verdict(rows=[row("api", 1, 2), row("api", 1, 2)])), "two of its rows"),
    ],
)
def test_a_run_that_no_database_could_hold_is_refused(
    connection: Connection, shop: HubRepository, odd: RunRecord, what: str
) -> None:
    store = SqlHistory(connection, shop)
    with pytest.raises(InputError, match=what) as caught:
        store.append(odd)
    assert caught.value.code == "run-unprojectable"
    assert not store.exists()
