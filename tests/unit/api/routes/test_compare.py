from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from covgov.hub.store.documents import DocumentKind
from covgov.model.snapshot import Identity
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import NOON, object_id, run
from covgov_testing.hub.reading import POLICY, SHOP, ReadDesk
from covgov_testing.hub.runs import PICTURES, two_suites

COMPARE = f"{SHOP}/compare"
LOSS = {**PICTURES, "src/api/a.py": "+--"}


def pair(hub: ReadDesk) -> dict[str, str]:
    """A loss of one line in src/api/a.py at unchanged text; src/api/b.py has another text."""
    base = hub.record(two_suites("c1"))
    head = hub.record(two_suites("c2", pictures=LOSS, sources={"src/api/b.py": "b2"}))
    return {"base": base.id, "head": head.id}


def test_a_loss_has_categories_parts_and_a_sentence(hub: ReadDesk) -> None:
    body = hub.get(COMPARE, **pair(hub), suite="api", metric="line").json()
    assert (body["delta"]["base"]["covered"], body["delta"]["head"]["covered"], body["delta"]["head"]["total"]) == (
        3,
        2,
        5,
    )
    assert body["delta"]["points"] == {"exact": "-20/1", "shown": "-20.00"}
    assert body["delta"]["words"].startswith("-20.00 pp = ")
    assert "tests no longer reach 1 line" in body["delta"]["words"]
    assert body["delta"]["tally"]["lines"]["LBC"] == 1
    assert body["delta"]["lost"] == {"src/api/a.py": "2"}
    assert body["files"][0] == {
        "base": "src/api/a.py",
        "head": "src/api/a.py",
        "lines": {"CBC": "1", "UBC": "3", "LBC": "2"},
        "exits": {},
    }
    assert body["files"][1]["lines"] == {"GNC": "1", "UNC": "2", "DCB": "1", "DUB": "2"}
    assert (body["changed_files"], body["unchanged_files"], body["next"]) == (2, 0, None)


def test_the_answer_notes_the_missing_git(hub: ReadDesk) -> None:
    (note,) = hub.get(COMPARE, **pair(hub)).json()["notes"]
    assert note.startswith("the hub has no git: sources were compared by blob id")
    assert "1 file counts as deleted and new" in note


def test_equal_texts_leave_nothing_unmapped(hub: ReadDesk) -> None:
    one = hub.record(two_suites("c1")).id
    body = hub.get(COMPARE, base=one, head=one).json()
    assert body["delta"]["words"] == "no change"
    assert "deleted and new" not in body["notes"][0]
    assert (body["suite"], body["component"], body["files"]) == (None, None, [])


def test_another_tool_is_noted(hub: ReadDesk) -> None:
    old = hub.record(two_suites("c1"))
    other = {name: replace(one, identity=Identity("other", "1")) for name, one in two_suites().snapshots.items()}
    new = hub.record(run("c2", snapshots=other, expected=("api", "auth")))
    hub.put(DocumentKind.POLICY, "covgov.toml", POLICY)
    for query in ({}, {"component": "api"}):
        notes = hub.get(COMPARE, base=old.id, head=new.id, **query).json()["notes"]
        assert any(note.startswith("measured differently") for note in notes)


def test_a_component_is_compared_by_its_own_suite_files_and_metric(hub: ReadDesk) -> None:
    hub.put(DocumentKind.POLICY, "covgov.toml", POLICY)
    sides = pair(hub)
    body = hub.get(COMPARE, **sides, component="auth").json()
    assert (body["suite"], body["component"], body["delta"]["metric"], body["delta"]["points"]["shown"]) == (
        "auth",
        "auth",
        "line",
        "+0.00",
    )
    assert (body["changed_files"], body["unchanged_files"]) == (0, 1)
    body = hub.get(COMPARE, **sides, component="api", metric="line").json()
    assert body["delta"]["lost"] == {"src/api/a.py": "2"}


def test_a_rename_across_components_is_moved(hub: ReadDesk) -> None:
    hub.put(DocumentKind.POLICY, "covgov.toml", POLICY)
    base = hub.record(two_suites("c1"))
    moved = {"src/api/a.py": "++-", "src/api/b.py": "+-x", "src/api/login.py": "++"}
    head = hub.record(two_suites("c2", pictures=moved, sources={"src/api/login.py": "l1"}))
    delta = hub.get(COMPARE, base=base.id, head=head.id, component="api").json()["delta"]
    assert [part["cause"] for part in delta["parts"]] == [
        "new-covered"
    ]  # the suite api did not measure the file before
    body = hub.get(COMPARE, base=base.id, head=head.id).json()
    assert body["delta"]["points"]["shown"] == "+0.00"


def test_a_component_needs_a_stored_policy_that_declares_it(hub: ReadDesk) -> None:
    sides = pair(hub)
    assert hub.get(COMPARE, **sides, component="api").json()["code"] == "policy-missing"
    hub.put(DocumentKind.POLICY, "covgov.toml", POLICY)
    answer = hub.get(COMPARE, **sides, component="none")
    assert (answer.status_code, answer.json()["code"]) == (404, "component-unknown")


def test_an_unknown_suite_and_missing_coverage_are_errors(hub: ReadDesk) -> None:
    sides = pair(hub)
    empty = hub.record(run("c9", snapshots={}))
    for query in ({"suite": "none"}, {"head": empty.id}):
        answer = hub.get(COMPARE, **{**sides, **query})
        assert (answer.status_code, answer.json()["code"]) == (404, "suite-unknown")


def test_a_commit_means_its_newest_complete_run(hub: ReadDesk) -> None:
    first = hub.record(two_suites("c1"))
    second = hub.record(two_suites("c1", at=NOON + timedelta(hours=1)))
    hub.record(two_suites("c1", at=NOON + timedelta(hours=2), tests=FAILED))
    body = hub.get(COMPARE, base=object_id("c1"), head=first.id).json()
    assert (body["base_run"]["id"], body["head_run"]["id"]) == (second.id, first.id)
    answer = hub.get(COMPARE, base=object_id("none"), head=first.id)
    assert (answer.status_code, answer.json()["code"]) == (404, "run-not-recorded")


def test_a_commit_with_many_failed_runs_is_still_found(hub: ReadDesk) -> None:
    good = hub.record(two_suites("c1"))
    for number in range(101):
        late = NOON + timedelta(minutes=number + 1)
        hub.record(run("c1", tree="tc1", at=late, snapshots={"api": snap({}, tests=FAILED)}))
    assert hub.get(COMPARE, base=object_id("c1"), head=good.id).json()["base_run"]["id"] == good.id


def test_changed_files_come_in_pages(hub: ReadDesk) -> None:
    sides = pair(hub)
    first = hub.get(COMPARE, **sides, limit=1)
    second = hub.get(first.links["next"]["url"]).json()
    assert [file["head"] for file in (*first.json()["files"], *second["files"])] == ["src/api/a.py", "src/api/b.py"]
    assert second["next"] is None
    answer = hub.get(COMPARE, base=sides["base"], head=sides["base"], after=first.json()["next"])
    assert answer.json()["code"] == "cursor-invalid"


@pytest.mark.parametrize("text", ["main", "HEAD~1", "", "c0ffee", "../x"])
def test_only_ids_are_compared(hub: ReadDesk, text: str) -> None:
    assert hub.get(COMPARE, base=text, head="0" * 64).status_code == 422
