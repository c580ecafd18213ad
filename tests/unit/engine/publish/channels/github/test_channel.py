from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from msgspec import structs

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import DeliveryFailed
from covgov.model.change import Delta
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, PatchRow, SuiteLine, Verdict
from covgov.policy.delivery import GithubDelivery, GithubSettings, PublishSettings
from covgov.policy.policy import Suite
from covgov.publish.channels.comment_text import MOST_BYTES
from covgov.publish.channels.github.api import GithubApi
from covgov.publish.channels.github.channel import GithubChannel
from covgov.publish.channels.interface import Parcel, Publication
from covgov.publish.render.parts.sections import changed
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publish import PULL_REQUEST, PUSH, RUN_URL, publication
from covgov_testing.fakes.github import HEAD, FakeGithub, api_of

EVERYTHING = "[publish.github]\nsuite_comments = true\ncheck_run = true\n"
SUITES = (SuiteLine("api", arrived=True), SuiteLine("auth", arrived=False))
RED = build.verdict(build.finding(), suites=SUITES)
HERE = {"GITHUB_REPOSITORY": "acme/shop"}


def channel(github: FakeGithub | None = None) -> GithubChannel:
    def connect(_env: Mapping[str, str], repository: str, /) -> GithubApi:
        assert repository == "acme/shop"
        return api_of(github or FakeGithub())

    return GithubChannel(connect)


def destinations(told: Publication) -> list[str]:
    return [parcel.destination for parcel in channel().parcels(told)]


def parcel_for(told: Publication, destination: str) -> Parcel:
    return next(one for one in channel().parcels(told) if one.destination == destination)


def delta(points: str) -> Delta:
    return build.drop(points)


def test_a_pull_request_gets_a_comment_and_a_status_by_default() -> None:
    assert destinations(publication(RED)) == ["github:comment", "github:status"]


@pytest.mark.security
def test_spooled_parcels_are_sent_under_the_policys_names_only() -> None:
    told = publication(RED, text=EVERYTHING)
    known = told.policy.copy(suites={"api": Suite(), "auth": Suite()})
    parcels = channel().parcels(told)
    assert {parcel.body["kind"] for parcel in parcels} == set(GithubDelivery)
    renamed = known.copy(publish=PublishSettings(github=GithubSettings(name="other")))
    for parcel in parcels:
        assert channel().refusal(parcel, known) == ""
        assert "[publish.github]" in channel().refusal(parcel, renamed)
        assert channel().refusal(replace(parcel, body={"kind": "status"}), known)
        both = {**parcel.body, "context": "covgov", "name": "covgov"}
        assert channel().refusal(replace(parcel, body=both), known), "one name, and the one that is sent"


def test_everything_can_be_asked_for() -> None:
    assert destinations(publication(RED, text=EVERYTHING)) == [
        "github:comment",
        "github:suite-comments:api",
        "github:suite-comments:auth",
        "github:status",
        "github:check-run",
    ]


def test_everything_can_be_declined() -> None:
    text = '[publish.github]\ncomment = "never"\nstatus = false\n'
    assert destinations(publication(RED, text=text)) == []
    assert "neither status nor check run" in channel().silence(publication(RED, text=text))


@pytest.mark.parametrize(
    "ci", [PUSH, replace(PULL_REQUEST, event=CiEvent.MERGE_QUEUE), replace(PULL_REQUEST, pull_request="")]
)
def test_there_is_no_comment_without_a_pull_request(ci: CiContext) -> None:
    assert destinations(publication(RED, ci=ci, text=EVERYTHING)) == ["github:status", "github:check-run"]


@pytest.mark.parametrize(
    "told",
    [
        publication(RED, ci=CiContext(system="local", event=CiEvent.LOCAL)),
        publication(RED, ci=replace(PULL_REQUEST, system="gitlab")),
        publication(RED, repository="shop"),
    ],
)
def test_outside_of_github_workflows_nothing_is_sent(told: Publication) -> None:
    assert destinations(told) == []
    assert channel().silence(told) == "this is not a GitHub workflow"


def test_without_a_commit_there_is_only_a_comment() -> None:
    told = publication(RED, text=EVERYTHING.replace("suite_comments = true\n", ""), commit="unknown")
    assert destinations(told) == ["github:comment"]
    assert parcel_for(told, "github:comment").body["commit"] == ""


def test_required_parcels_come_from_the_policy() -> None:
    text = EVERYTHING + 'required = ["status", "suite-comments"]\n'
    needed = {one.destination for one in channel().parcels(publication(RED, text=text)) if one.required}
    assert needed == {"github:status", "github:suite-comments:api", "github:suite-comments:auth"}


def test_a_comment_holds_the_summary_the_link_and_the_proposal() -> None:
    patch = b"--- a/x.md\n+++ b/x.md\n@@ -1 +1 @@\n-a\n+b\n"
    text = parcel_for(publication(RED, files={"exceptions.patch": patch}), "github:comment").body["text"]
    assert text.startswith("<!-- covgov:summary -->\n<!-- covgov:at 2026-11-22T12:00:00Z -->\n## ✘ covgov: fail")
    assert build.finding().message.split(" < ")[0] in text
    assert RUN_URL in text
    assert "```diff\n--- a/x.md" in text


def test_the_outcome_is_shown_without_the_summary() -> None:
    told = replace(publication(RED), file=lambda _name: None)
    assert " covgov: fail" in parcel_for(told, "github:comment").body["text"]


def test_the_name_in_the_policy_tells_projects_apart() -> None:
    told = publication(RED, text=EVERYTHING + 'name = "backend"\n')
    assert parcel_for(told, "github:comment").body["marker"] == "<!-- covgov:summary:backend -->"
    assert parcel_for(told, "github:suite-comments:api").body["marker"] == "<!-- covgov:suite:api:backend -->"
    assert parcel_for(told, "github:status").body["context"] == "backend"
    assert parcel_for(told, "github:check-run").body["name"] == "backend"


QUIET = build.verdict(rows=(build.row(delta=delta("0")),))


@pytest.mark.parametrize(
    ("verdict", "moved"),
    [
        (QUIET, False),
        (build.verdict(build.finding(effect=Effect.NOTE), rows=QUIET.rows), False),
        (build.verdict(build.finding(), rows=QUIET.rows), True),
        (build.verdict(build.finding(effect=Effect.UNDETERMINED), rows=QUIET.rows), True),
        (build.verdict(build.finding(waived_by="EX-1"), rows=QUIET.rows), True),
        (build.verdict(rows=(build.row(delta=delta("-1/1000")),)), True),
        (build.verdict(rows=(build.row(),)), True),
        (build.verdict(rows=(build.row(delta=structs.replace(delta("0"), points=None)),)), True),
        (build.verdict(rows=QUIET.rows, project=build.row("project", delta=delta("1/9"))), True),
        (build.verdict(rows=QUIET.rows, patch=PatchRow(Ratio(0, 1), None, 3, {"a.py": "1"})), True),
        (build.verdict(rows=QUIET.rows, patch=PatchRow(Ratio(1, 1), None, 0, {})), False),
    ],
)
def test_a_verdict_is_unchanged_only_if_all_passes_and_no_figure_moved(verdict: Verdict, moved: bool) -> None:
    assert changed(verdict) is moved


def test_on_change_an_unchanged_pass_only_updates_a_comment() -> None:
    text = '[publish.github]\ncomment = "on-change"\n'
    assert parcel_for(publication(QUIET, text=text), "github:comment").body["only_existing"] == "yes"
    assert parcel_for(publication(RED, text=text), "github:comment").body["only_existing"] == "no"
    assert parcel_for(publication(QUIET), "github:comment").body["only_existing"] == "no"


def test_every_parcel_is_delivered_where_it_belongs() -> None:
    github = FakeGithub()
    told = publication(RED, text=EVERYTHING)
    done = [channel(github).send(one, HERE) for one in channel(github).parcels(told)]
    assert done == [
        "comment 1 created",
        "comment 2 created",
        "comment 3 created",
        "status of c0ffee000000 set to failure",
        "check run 5 concluded: failure, 1 annotations",
    ]
    assert [body.splitlines()[0] for body in github.bodies(7)] == [
        "<!-- covgov:summary -->",
        "<!-- covgov:suite:api -->",
        "<!-- covgov:suite:auth -->",
    ]
    assert github.statuses[HEAD][0]["state"] == "failure"
    assert github.check_runs[0]["conclusion"] == "failure"


@pytest.mark.reliability
@pytest.mark.security
def test_a_forks_pull_request_gets_no_comment_and_no_green_status() -> None:
    github = FakeGithub(read_only=True)
    for parcel in channel(github).parcels(publication(RED, text=EVERYTHING)):
        with pytest.raises(DeliveryFailed) as caught:
            channel(github).send(parcel, HERE)
        assert caught.value.code == "github-forbidden"
        assert caught.value.exit_code == 5
    assert (github.bodies(7), github.statuses, github.check_runs) == ([], {}, [])


@pytest.mark.security
@pytest.mark.parametrize("changed_to", [{"kind": "merge"}, {"repository": "mallory/shop"}, {"kind": ""}])
def test_a_parcel_that_was_tampered_with_is_not_sent(changed_to: dict[str, str]) -> None:
    github = FakeGithub()
    for parcel in channel().parcels(publication(RED, text=EVERYTHING)):
        with pytest.raises(DeliveryFailed) as caught:
            channel(github).send(replace(parcel, body={**parcel.body, **changed_to}), HERE)
        assert caught.value.code == "github-parcel-damaged"
    assert github.asked == []


def test_a_huge_verdict_still_fits() -> None:
    files = {f"src/m{number}.py": "1-9,11,13" for number in range(100)}
    rows = tuple(build.row(f"part{number}", uncovered=files, delta=delta("-1")) for number in range(90))
    verdict = build.verdict(*(build.finding(f"{'x' * 300} {number}") for number in range(400)), rows=rows)
    told = publication(verdict, text=EVERYTHING, files={"exceptions.patch": b"+| row |\n" * 30_000})
    assert len(parcel_for(told, "github:comment").body["text"].encode()) <= MOST_BYTES
    assert len(parcel_for(told, "github:check-run").body["text"]) <= 65_535
