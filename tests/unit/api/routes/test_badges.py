from __future__ import annotations

import pytest

from covgov.model.verdict import Outcome
from covgov_testing.builders.run import run, verdict
from covgov_testing.hub.reading import EMPTY, OPEN, SHOP, ReadDesk
from covgov_testing.hub.runs import component_row, two_suites


def test_a_badge_shows_the_component_of_the_default_branch(hub: ReadDesk) -> None:
    hub.record(two_suites())
    answer = hub.get(f"{SHOP}/badges/api.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "<title>api: 60.00 % unverified</title>" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_shields_gets_the_same_figure(hub: ReadDesk) -> None:
    hub.record(two_suites())
    body = hub.get(f"{SHOP}/badges/auth.json", label="login").json()
    assert (body["schemaVersion"], body["label"], body["message"]) == (1, "login", "100.00 % unverified")


def test_a_branch_has_its_own_badge(hub: ReadDesk) -> None:
    hub.record(two_suites())
    hub.record(
        two_suites(
            "c2", pictures={"src/api/a.py": "+++", "src/auth/l.py": "+"}, sources={"src/auth/l.py": "l"}, branch="dev"
        )
    )
    assert hub.get(f"{SHOP}/badges/api.json", branch="dev").json()["message"] == "100.00 % unverified"
    assert hub.get(f"{SHOP}/badges/api.json").json()["message"] == "60.00 % unverified"


def test_without_a_run_there_is_a_badge_that_says_so(hub: ReadDesk) -> None:
    assert hub.get(f"{EMPTY}/badges/api.json").json()["message"] == "no runs"


def test_a_dirty_run_shows_on_no_badge(hub: ReadDesk) -> None:
    hub.record(two_suites())
    low = two_suites("c2", dirty=True)
    hub.record(
        run("c3", made=verdict(Outcome.FAIL, rows=[component_row("api", low.snapshots["api"], "99")], dirty=True))
    )
    assert hub.get(f"{SHOP}/badges/api.json").json()["message"] == "60.00 % unverified"


def test_dirty_runs_do_not_count_as_components(hub: ReadDesk) -> None:
    hub.record(two_suites(dirty=True))
    assert hub.get(f"{SHOP}/badges/api.svg").json()["code"] == "component-unknown"


def test_an_unknown_component_is_not_found(hub: ReadDesk) -> None:
    hub.record(two_suites())
    assert hub.get(f"{SHOP}/badges/none.json").json()["code"] == "component-unknown"


@pytest.mark.security
def test_badges_are_public_when_the_repository_is(hub: ReadDesk) -> None:
    for name in ("acme/shop", "acme/open"):
        hub.record(two_suites(), name)
    for kind in ("svg", "json"):
        assert hub.get(f"{SHOP}/badges/api.{kind}", {}).status_code == 401
        answer = hub.get(f"{OPEN}/badges/api.{kind}", {})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=300")
    assert hub.get(f"{SHOP}/badges/api.svg").headers["cache-control"] == "private, no-cache"


@pytest.mark.security
def test_a_label_is_escaped(hub: ReadDesk) -> None:
    hub.record(two_suites())
    answer = hub.get(f"{SHOP}/badges/api.svg", label="<script>alert(1)</script>\u202e")
    assert "<script" not in answer.text
    assert "\u202e" not in answer.text
