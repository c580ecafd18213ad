from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import structs

from covgov.errors import DeliveryFailed
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, Outcome, Scope, Verdict
from covgov.publish.channels.github.fields import ParcelFields
from covgov.publish.channels.github.status import MOST_CHARACTERS, STATES, CommitStatus, description, put, read, written
from covgov.publish.channels.interface import Parcel
from covgov_testing.builders import verdict as build
from covgov_testing.fakes.github import HEAD, FakeGithub, api_of, refusal
from covgov_testing.laws import examples

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STATUS = CommitStatus(HEAD, "covgov", "success", "pass: project 92.10 %", "https://github.example/r/1", NOON)
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(verdict: Verdict) -> str:
    return description(verdict)


@pytest.mark.reliability
def test_only_a_pass_is_a_success() -> None:
    assert {outcome for outcome in Outcome if STATES[outcome] == "success"} == {Outcome.PASS}
    assert STATES == {"pass": "success", "fail": "failure", "undetermined": "error"}


def test_a_pass_shows_the_projects_figure() -> None:
    project = build.row("project", Ratio(921, 1000), None, scope=Scope.PROJECT)
    assert told(build.verdict(project=project)) == "pass: project 92.10 %"
    assert told(build.verdict(project=build.row("project", None, None))) == "pass"
    assert told(build.verdict()) == "pass"


def test_a_failure_shows_its_first_reason_and_the_number_of_others() -> None:
    waived, note = build.finding("waived", waived_by="EX-1"), build.finding("note", Effect.NOTE)
    one = build.verdict(note, waived, build.finding("api: 79.95 % < 80 %"))
    assert told(one) == "fail: api: 79.95 % < 80 %"
    three = build.verdict(build.finding("first"), build.finding("second"), build.finding("third"))
    assert told(three) == "fail: first (and 2 more)"


def test_an_undetermined_status_has_its_reason() -> None:
    assert told(build.verdict(build.finding("api did not arrive", Effect.UNDETERMINED))) == (
        "undetermined: api did not arrive"
    )


def test_a_long_reason_is_cut_before_the_count_of_others() -> None:
    text = told(build.verdict(build.finding("x" * 200), build.finding("y")))
    assert len(text) == MOST_CHARACTERS
    assert text.endswith("x… (and 1 more)")


@quick
@given(build.verdicts())
def test_every_description_fits_and_begins_with_the_outcome(verdict: Verdict) -> None:
    text = told(verdict)
    assert len(text) <= MOST_CHARACTERS
    assert text.startswith(verdict.outcome)
    assert text.isprintable()


def test_a_status_is_set_with_its_link() -> None:
    github = FakeGithub()
    assert put(api_of(github), STATUS) == "status of c0ffee000000 set to success"
    (shown,) = github.statuses[HEAD]
    assert {name: shown[name] for name in ("state", "context", "description", "target_url")} == {
        "state": "success",
        "context": "covgov",
        "description": "pass: project 92.10 %",
        "target_url": "https://github.example/r/1",
    }


def test_without_a_link_none_is_sent() -> None:
    github = FakeGithub()
    put(api_of(github), replace(STATUS, target=""))
    assert "target_url" not in github.statuses[HEAD][0]


def test_another_run_of_the_same_commit_sets_it_again() -> None:
    github = FakeGithub()
    put(api_of(github), STATUS)
    put(api_of(github), replace(STATUS, state="failure", at=NOON + timedelta(hours=1)))
    assert [one["state"] for one in github.statuses[HEAD]] == ["success", "failure"]


@pytest.mark.reliability
def test_a_status_that_is_delivered_late_does_not_replace_a_later_one() -> None:
    github = FakeGithub(now=NOON + timedelta(hours=1))
    put(api_of(github), replace(STATUS, state="failure", at=NOON + timedelta(hours=1)))
    assert put(api_of(github), STATUS) == "status of c0ffee000000 left unchanged: it shows a later verdict"
    assert [one["state"] for one in github.statuses[HEAD]] == ["failure"]


def test_statuses_of_others_are_not_compared() -> None:
    github = FakeGithub(now=NOON + timedelta(hours=1))
    put(api_of(github), replace(STATUS, context="build"))
    assert put(api_of(github), STATUS) == "status of c0ffee000000 set to success"


@pytest.mark.reliability
def test_clocks_that_differ_a_little_do_not_lose_a_verdict() -> None:
    github = FakeGithub(now=NOON + timedelta(minutes=1))
    put(api_of(github), STATUS)
    assert put(api_of(github), replace(STATUS, state="failure")) == "status of c0ffee000000 set to failure"


@pytest.mark.reliability
def test_a_status_that_cannot_be_set_is_reported() -> None:
    github = FakeGithub()
    github.fail(refusal(500, "no"), method="POST", times=9)
    with pytest.raises(DeliveryFailed) as caught:
        put(api_of(github), STATUS)
    assert caught.value.code == "github-unreachable"


def fields(**changed: str) -> ParcelFields:
    return ParcelFields(Parcel("github", "github:status", "", {**written(STATUS), **changed}))


def test_a_status_survives_its_parcel() -> None:
    assert read(fields()) == STATUS


@pytest.mark.security
@pytest.mark.parametrize("changed", [{"commit": "main"}, {"state": "pending"}, {"at": "yesterday"}])
def test_a_parcel_that_was_tampered_with_is_not_sent(changed: dict[str, str]) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        read(fields(**changed))
    assert caught.value.code == "github-parcel-damaged"


def test_a_status_of_what_is_not_enforced_says_what_would_fail() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    assert description(build.verdict(evaluated)) == "would fail, not enforced: bad"
    assert description(build.verdict(evaluated, build.finding("worse"))) == "fail: worse"
