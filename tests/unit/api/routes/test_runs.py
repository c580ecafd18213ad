from __future__ import annotations

import json
from datetime import timedelta

import pytest

from covgov.differential.comparison import compare
from covgov.history.format import layout
from covgov.model.diff import Diff
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Outcome, Scope
from covgov.publish.render.wire import JsonRenderer
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, object_id, row, run, verdict
from covgov_testing.hub.database import forge
from covgov_testing.hub.reading import EMPTY, OPEN, SHOP, ReadDesk
from covgov_testing.hub.runs import two_suites


def several(hub: ReadDesk, count: int, branch: str = "main") -> list[str]:
    """Ids, newest first."""
    ids = [hub.record(two_suites(f"{branch}{n}", at=NOON + timedelta(hours=n), branch=branch)).id for n in range(count)]
    return ids[::-1]


def walked(hub: ReadDesk, path: str, **query: str | int) -> list[list[str]]:
    """The ids of each page, following `next` and checking that the Link header leads there too."""
    pages: list[list[str]] = []
    answer = hub.get(path, **query)
    while len(pages) < 20:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        pages.append([item.get("id") or item.get("run") for item in body["items"]])
        if body["next"] is None:
            assert "link" not in answer.headers
            return pages
        assert body["next"] in answer.links["next"]["url"]
        answer = hub.get(answer.links["next"]["url"])
    raise AssertionError("the pages do not end")


def test_runs_are_listed_newest_first(hub: ReadDesk) -> None:
    ids = several(hub, 3)
    body = hub.get(f"{SHOP}/runs").json()
    assert [run["id"] for run in body["items"]] == ids
    assert body["items"][0] == {
        "id": ids[0],
        "sequence": 3,
        "commit": object_id("main2"),
        "tree": object_id("tmain2"),
        "branch": "main",
        "attempt": 1,
        "recorded_at": "2026-11-18T14:00:00Z",
        "outcome": "pass",
        "complete": True,
        "dirty": False,
        "policy_hash": "p0",
        "verified": False,
        "enforced": True,
    }


def test_a_repository_without_runs_lists_none(hub: ReadDesk) -> None:
    assert hub.get(f"{EMPTY}/runs").json() == {"items": [], "next": None}


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_the_pages_together_are_the_list(hub: ReadDesk, limit: int) -> None:
    ids = several(hub, 5)
    pages = walked(hub, f"{SHOP}/runs", limit=limit)
    assert [one for page in pages for one in page] == ids
    assert all(len(page) == limit for page in pages[:-1])


def test_a_new_run_does_not_shift_the_pages(hub: ReadDesk) -> None:
    ids = several(hub, 4)
    first = hub.get(f"{SHOP}/runs", limit=2)
    hub.record(two_suites("meanwhile"))
    second = hub.get(first.links["next"]["url"])
    assert [run["id"] for run in second.json()["items"]] == ids[2:]


def test_the_hub_s_own_limit_bounds_a_page(small_hub: ReadDesk) -> None:
    several(small_hub, 5)
    assert [len(page) for page in walked(small_hub, f"{SHOP}/runs", limit=200)] == [2, 2, 1]


def test_a_limit_beyond_the_published_one_is_refused(hub: ReadDesk) -> None:
    assert hub.get(f"{SHOP}/runs", limit=201).status_code == 422
    assert hub.get(f"{SHOP}/runs", limit=0).status_code == 422


def test_a_branch_has_its_own_runs(hub: ReadDesk) -> None:
    several(hub, 2)
    other = several(hub, 2, "dev")
    assert walked(hub, f"{SHOP}/runs", branch="dev", limit=1) == [[one] for one in other]


@pytest.mark.security
def test_a_cursor_of_another_branch_or_repository_is_refused(hub: ReadDesk) -> None:
    several(hub, 3)
    cursor = hub.get(f"{SHOP}/runs", limit=1).json()["next"]
    for path, query in ((f"{SHOP}/runs", {"branch": "dev"}), (f"{EMPTY}/runs", {})):
        answer = hub.get(path, after=cursor, **query)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


def test_one_run_shows_its_verdict_suites_and_components(hub: ReadDesk) -> None:
    found = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api: too low", hint="test it", waived_by="EX-1")
    delta = compare(snap({"a.py": "++"}), snap({"a.py": "+-"}), Diff(), Metric.COMBINED).delta
    made = verdict(Outcome.FAIL, rows=[row("api", 1, 2, delta=delta, base_commit=object_id("c0"))], findings=[found])
    recorded = hub.record(run(made=made, outcome=Outcome.FAIL))
    body = hub.get(f"{SHOP}/runs/{recorded.id}").json()
    assert (body["run"]["id"], body["previous"], body["expected"]) == (recorded.id, None, ["api"])
    assert body["verdict"] == json.loads(JsonRenderer()(made))
    component = body["verdict"]["rows"][0]
    assert component["now"] == {"covered": 1, "total": 2, "percent": "50.00"}
    assert component["delta"]["words"] == "-50.00 pp = -50.00 tests no longer reach 1 line"
    assert component["delta"]["points"] == {"exact": "-50/1", "shown": "-50.00"}
    assert component["delta"]["parts"] == [
        {"cause": "lost", "covered": -1, "total": 0, "points": {"exact": "-50/1", "shown": "-50.00"}}
    ]
    assert component["delta"]["lost"] == {"a.py": "2"}
    assert component["receipt"]["commit"] == object_id("c0")
    assert body["verdict"]["project"] is None


def test_a_suite_without_tests_and_a_change_without_figures_are_null(hub: ReadDesk) -> None:
    bare = {"api": snap({"a.py": "+"}, tests=None)}
    delta = compare(snap({}), snap({"a.py": "+"}), Diff(), Metric.COMBINED).delta
    made = verdict(rows=[row("api", 1, 1, delta=delta), row("auth", 0, 0, measured=False)])
    recorded = hub.record(run(snapshots=bare, made=made))
    body = hub.get(f"{SHOP}/runs/{recorded.id}").json()
    api, auth = body["verdict"]["rows"]
    assert (api["delta"]["points"], api["delta"]["judged"]) == (None, None)
    assert api["delta"]["base"]["percent"] is None
    assert auth["now"] is None


def test_runs_are_chained(hub: ReadDesk) -> None:
    newest, oldest = several(hub, 2)
    assert hub.get(f"{SHOP}/runs/{newest}").json()["previous"] == oldest


def test_a_run_that_is_not_here_is_not_found(hub: ReadDesk) -> None:
    answer = hub.get(f"{SHOP}/runs/{'0' * 64}")
    assert (answer.status_code, answer.json()["code"]) == (404, "run-unknown")
    assert answer.json()["hint"] == "list the runs to see their ids"


def test_runs_are_cached_as_immutable_and_lists_are_not(hub: ReadDesk) -> None:
    (one,) = several(hub, 1)
    assert "immutable" in hub.get(f"{SHOP}/runs/{one}").headers["cache-control"]
    assert hub.get(f"{SHOP}/runs").headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_unchanged_answer_is_304(hub: ReadDesk, encoding: str) -> None:
    several(hub, 5)
    headers = {**hub.reader, "Accept-Encoding": encoding}
    first = hub.get(f"{SHOP}/runs", headers)
    assert first.headers.get("content-encoding", "identity") == encoding
    again = {**headers, "If-None-Match": first.headers["etag"]}
    second = hub.get(f"{SHOP}/runs", again)
    assert (second.status_code, second.content) == (304, b"")
    hub.record(two_suites("new"))
    assert hub.get(f"{SHOP}/runs", again).status_code == 200


@pytest.mark.security
def test_anonymous_reads_public_repositories_only(hub: ReadDesk) -> None:
    hub.record(two_suites(), "acme/open")
    assert hub.get(f"{SHOP}/runs", {}).status_code == 401
    assert len(hub.get(f"{OPEN}/runs", {}).json()["items"]) == 1


@pytest.mark.security
def test_a_repository_out_of_scope_looks_missing(hub: ReadDesk) -> None:
    bodies = []
    for name in ("other/private", "acme/nothing"):
        answer = hub.get(f"/v1/repositories/{name}/runs")
        assert answer.status_code == 404
        body = answer.json()
        bodies.append((body["code"], body["detail"].replace(name, "X"), body["hint"]))
    assert bodies[0] == bodies[1]
    assert hub.get("/v1/repositories/acme/nothing/runs", hub.admin).json()["code"] == "repository-unknown"


@pytest.mark.reliability
def test_a_missing_manifest_is_reported(hub: ReadDesk) -> None:
    recorded = hub.record(two_suites())
    forge(hub.engine, hub.repository(), layout.manifest_name(1, recorded.id), None)
    answer = hub.get(f"{SHOP}/runs/{recorded.id}")
    assert (answer.status_code, answer.json()["code"]) == (500, "history-damaged")
