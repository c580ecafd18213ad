from __future__ import annotations

from datetime import timedelta

from covgov.model.verdict import Outcome
from covgov_testing.builders.run import NOON, row, run, verdict
from covgov_testing.hub.reading import EMPTY, SHOP, ReadDesk
from covgov_testing.hub.runs import PICTURES, two_suites

COMPONENTS = f"{SHOP}/components"


def test_components_come_from_the_newest_clean_run(hub: ReadDesk) -> None:
    hub.record(two_suites("c1"))
    second = hub.record(two_suites("c2", pictures={**PICTURES, "src/api/a.py": "+--"}, outcome=Outcome.FAIL))
    hub.record(two_suites("c3", dirty=True))
    body = hub.get(COMPONENTS).json()
    assert (body["branch"], body["run"]["id"], body["run"]["outcome"]) == ("main", second.id, "fail")
    assert [(one["name"], one["now"]["percent"], one["outcome"]) for one in body["components"]] == [
        ("api", "40.00", "fail"),
        ("auth", "100.00", "pass"),
    ]
    assert body["components"][0]["bar"] == "50"
    assert body["components"][0]["attributes"] == {"security": None}
    assert (body["project"]["scope"], body["project"]["now"]["total"]) == ("project", 5)


def test_components_come_in_pages_by_name(small_hub: ReadDesk) -> None:
    names = ["web", "api", "jobs", "auth", "mail"]
    small_hub.record(run(made=verdict(rows=[row(name, 1, 2) for name in names])))
    first = small_hub.get(COMPONENTS)
    second = small_hub.get(first.links["next"]["url"])
    last = small_hub.get(second.links["next"]["url"]).json()
    found = [one["name"] for body in (first.json(), second.json(), last) for one in body["components"]]
    assert found == sorted(names)
    assert last["next"] is None
    assert small_hub.get(COMPONENTS, after=first.json()["next"], branch="dev").json()["code"] == "cursor-invalid"


def test_a_verdict_without_a_project_has_none(hub: ReadDesk) -> None:
    hub.record(run(made=verdict(rows=[row("api", 1, 2)])))
    assert hub.get(COMPONENTS).json()["project"] is None


def test_a_branch_without_runs_has_no_components(hub: ReadDesk) -> None:
    hub.record(two_suites())
    expected: dict[str, object] = {"run": None, "components": [], "project": None, "next": None}
    assert hub.get(COMPONENTS, branch="dev").json() == {"branch": "dev", **expected}
    assert hub.get(f"{EMPTY}/components").json() == {"branch": "main", **expected}


def test_a_trend_lists_each_runs_figure_in_pages(hub: ReadDesk) -> None:
    for number, picture in enumerate(("+--", "++-", "+++")):
        at = NOON + timedelta(days=number)
        hub.record(two_suites(f"c{number}", pictures={**PICTURES, "src/api/a.py": picture}, at=at))
    first = hub.get(f"{COMPONENTS}/api/trend", limit=2)
    rest = hub.get(first.links["next"]["url"]).json()
    items = first.json()["items"] + rest["items"]
    assert [item["now"]["covered"] for item in items] == [4, 3, 2]
    assert [item["recorded_at"][:10] for item in items] == ["2026-11-20", "2026-11-19", "2026-11-18"]
    assert (items[0]["metric"], items[0]["bar"], items[0]["complete"], items[0]["dirty"]) == (
        "combined",
        "50",
        True,
        False,
    )
    assert rest["next"] is None


def test_an_unmeasured_component_is_null_not_zero(hub: ReadDesk) -> None:
    hub.record(run(made=verdict(rows=[row("api", 0, 0, measured=False)])))
    assert hub.get(f"{COMPONENTS}/api/trend").json()["items"][0]["now"] is None


def test_the_project_has_a_trend_of_its_own(hub: ReadDesk) -> None:
    hub.record(two_suites())
    body = hub.get(f"{COMPONENTS}/project/trend").json()
    assert (body["component"], len(body["items"])) == ("project", 1)


def test_a_component_called_project_wins_over_the_project(hub: ReadDesk) -> None:
    hub.record(run(made=verdict(rows=[row("project", 7, 9)])))
    assert hub.get(f"{COMPONENTS}/project/trend").json()["items"][0]["now"]["covered"] == 7


def test_a_component_without_runs_is_not_found(hub: ReadDesk) -> None:
    hub.record(two_suites())
    answer = hub.get(f"{COMPONENTS}/none/trend")
    assert (answer.status_code, answer.json()["code"]) == (404, "component-unknown")
    assert hub.get(f"{COMPONENTS}/a%20b/trend").status_code == 422
