from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.history.format import layout
from covgov.hub.store.history_files import SqlHistory
from covgov.model.snapshot import CountedExits, FileCoverage, Snapshot, by_exits
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.builders.run import object_id, run
from covgov_testing.hub.database import forge
from covgov_testing.hub.reading import SHOP, ReadDesk
from covgov_testing.hub.runs import two_suites


def both(api: FileCoverage | str, auth: FileCoverage | str) -> dict[str, Snapshot]:
    return {"api": snap({"a.py": api}), "auth": snap({"a.py": auth}, suite="auth")}


def test_every_file_of_every_suite_is_listed_page_by_page(hub: ReadDesk) -> None:
    recorded = hub.record(two_suites())
    path, found = f"{SHOP}/runs/{recorded.id}/files", []
    answer = hub.get(path, limit=2)
    found += answer.json()["items"]
    answer = hub.get(answer.links["next"]["url"])
    found += answer.json()["items"]
    assert answer.json()["next"] is None
    assert [(item["suite"], item["path"]) for item in found] == [
        ("api", "src/api/a.py"),
        ("api", "src/api/b.py"),
        ("auth", "src/auth/login.py"),
    ]
    assert found[0] == {
        "suite": "api",
        "path": "src/api/a.py",
        "lines": {"covered": 2, "total": 3, "percent": "66.66"},
        "branches": {"covered": 0, "total": 0, "percent": None},
        "combined": {"covered": 2, "total": 3, "percent": "66.66"},
        "source": object_id("a1"),
    }


def test_files_of_one_suite_or_below_one_path(hub: ReadDesk) -> None:
    recorded = hub.record(two_suites())
    path = f"{SHOP}/runs/{recorded.id}/files"
    assert [item["path"] for item in hub.get(path, suite="auth").json()["items"]] == ["src/auth/login.py"]
    assert [item["path"] for item in hub.get(path, under="src/api/b").json()["items"]] == ["src/api/b.py"]
    assert hub.get(path, suite="none").json()["items"] == []


def test_lines_as_each_suite_measured_them_and_as_their_union(hub: ReadDesk) -> None:
    one = replace(
        cov("++-x+", exits=[(1, 2), (1, 3)], taken=[(1, 2)]),
        counted=by_exits({2: CountedExits(1, 2)}),
        attributes=(("security", 0b10),),
    )
    recorded = hub.record(run(snapshots=both(one, "+-+"), expected=("api", "auth")))
    body = hub.get(f"{SHOP}/runs/{recorded.id}/lines", path="a.py").json()
    first, second = body["suites"]
    assert (first["statements"], first["covered"], first["missing"], first["partial"], first["excluded"]) == (
        "1-3,5",
        "1-2,5",
        "3",
        "1-2",
        "4",
    )
    assert first["exits"] == [
        {"source": 1, "target": 2, "taken": True},
        {"source": 1, "target": 3, "taken": False},
    ]
    assert first["counted"] == [{"line": 2, "covered": 1, "total": 2}]
    assert first["attributes"] == {"security": "1"}
    assert (second["file"]["suite"], second["covered"], second["file"]["source"]) == ("auth", "1,3", None)
    assert (body["merged"]["file"]["suite"], body["merged"]["covered"]) == ("merged", "1-3,5")


def test_different_texts_have_no_union(hub: ReadDesk) -> None:
    texts = both(cov("+", source=object_id("x")), cov("+", source=object_id("y")))
    recorded = hub.record(run(snapshots=texts, expected=("api", "auth")))
    body = hub.get(f"{SHOP}/runs/{recorded.id}/lines", path="a.py").json()
    assert (len(body["suites"]), body["merged"]) == (2, None)


def test_a_file_that_was_not_measured_is_not_found(hub: ReadDesk) -> None:
    recorded = hub.record(two_suites())
    path = f"{SHOP}/runs/{recorded.id}/lines"
    for query in ({"path": "src/none.py"}, {"path": "src/api/a.py", "suite": "auth"}):
        answer = hub.get(path, **query)
        assert (answer.status_code, answer.json()["code"]) == (404, "file-unknown")
    assert hub.get(path, path="a\x00b").status_code == 422


@pytest.mark.reliability
@pytest.mark.parametrize("data", [None, b"{}"])
def test_damaged_coverage_is_an_error(hub: ReadDesk, data: bytes | None) -> None:
    recorded = hub.record(two_suites())
    [name] = SqlHistory(hub.engine, hub.repository()).view().names(layout.OBJECTS)
    forge(hub.engine, hub.repository(), name, data)
    answers = [hub.get(f"{SHOP}/runs/{recorded.id}/files"), hub.get(f"{SHOP}/runs/{recorded.id}")]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert answers[0].json()["code"] == "history-damaged"
