from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from covgov.errors import CovgovError
from covgov.history.digest import digest
from covgov.hub.api import accounting
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.store.runs import RunRow
from covgov.model.verdict import Outcome
from covgov.publish.digest.markdown import digest_markdown
from covgov_testing.builders.coverage import FAILED
from covgov_testing.hub.reading import EMPTY, SHOP, ReadDesk
from covgov_testing.hub.runs import PICTURES, two_suites

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def rows(count: int, *, day: date = date(2026, 11, 18), dirty: bool = False) -> Iterator[RunRow]:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for number in range(count, 0, -1):
        yield RunRow(f"{number}", number, "c", "t", "main", 1, at, Outcome.PASS, True, dirty, "p", False)


def test_the_hub_s_digest_is_that_of_the_whole_records(hub: ReadDesk) -> None:
    """Only the coverage of the first and the last run is read, which must not show."""
    pictures = [{**PICTURES, "src/api/a.py": picture} for picture in ("+--", "++-", "---", "+++")]
    records = [
        two_suites(f"c{n}", pictures=picture, at=MONDAY + timedelta(days=n - 1)) for n, picture in enumerate(pictures)
    ]
    for record in records:
        hub.record(record)
    hub.record(two_suites("x", dirty=True))
    hub.record(two_suites("y", branch="dev"))
    since, until = date(2026, 11, 16), date(2026, 11, 22)
    expected = digest(records, since=since, until=until)
    assert expected.movers
    assert hub.get(f"{SHOP}/digest.md").text == digest_markdown(expected)
    body = hub.get(f"{SHOP}/digest").json()
    assert (body["format"], body["version"], body["branch"], body["runs"]) == ("covgov-digest", 1, "main", 3)
    assert (body["since"], body["until"], body["weeks"]) == ("2026-11-16", "2026-11-22", ["2026-W47"])
    assert body["outcomes"] == {"pass": 3}
    assert [(one["path"], one["uncovered"]) for one in body["movers"]] == [
        (move.path, move.uncovered) for move in expected.movers
    ]
    assert body["components"][1]["before"]["covered"] == 2


def test_a_digest_without_runs_is_no_error(hub: ReadDesk) -> None:
    body = hub.get(f"{EMPTY}/digest", until="2020-01-01", weeks=2).json()
    assert (body["runs"], body["weeks"], body["commit"]) == (0, ["2019-W52", "2020-W01"], None)


def test_a_digest_before_the_calendar_is_refused(hub: ReadDesk) -> None:
    answer = hub.get(f"{SHOP}/digest", until="0001-01-03", weeks=53)
    assert (answer.status_code, answer.json()["code"]) == (400, "digest-too-early")


def test_the_search_ends_with_the_newest_complete_run_before_the_window(hub: ReadDesk) -> None:
    hub.record(two_suites("c0", at=MONDAY - timedelta(days=9)))
    hub.record(two_suites("c1", at=MONDAY - timedelta(days=3)))
    hub.record(two_suites("c2", at=MONDAY - timedelta(days=1), tests=FAILED))
    hub.record(two_suites("c3", at=MONDAY))
    found = accounting.wanted(_walk(hub), date(2026, 11, 16), date(2026, 11, 22))
    assert [row.sequence for row in found] == [2, 4]


def test_runs_after_the_window_and_of_dirty_trees_are_left_out() -> None:
    window = (date(2026, 11, 9), date(2026, 11, 15))
    assert list(accounting.wanted(rows(3), *window)) == []
    assert list(accounting.wanted(rows(3, day=date(2026, 11, 10), dirty=True), *window)) == []


@pytest.mark.reliability
def test_more_runs_than_one_digest_accounts_for_are_refused_by_name() -> None:
    window = (date(2026, 11, 16), date(2026, 11, 22))
    assert len(accounting.wanted(rows(accounting.MOST_RUNS), *window)) == accounting.MOST_RUNS
    with pytest.raises(ApiProblem) as caught:
        accounting.wanted(rows(accounting.MOST_RUNS + 2), *window)
    assert (caught.value.code, isinstance(caught.value, CovgovError)) == ("digest-too-large", False)


def _walk(hub: ReadDesk) -> Iterator[RunRow]:
    for item in hub.get(f"{SHOP}/runs").json()["items"]:
        item["recorded_at"] = datetime.fromisoformat(item["recorded_at"])
        item["outcome"] = Outcome(item["outcome"])
        yield RunRow(**item)
