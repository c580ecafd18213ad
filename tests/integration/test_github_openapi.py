"""Every request to GitHub is one that GitHub's published description of its API allows.

A real client talks to a real server on loopback. In front of it stands the description (`@octokit/openapi`, fetched by
`make setup-openapi`, pinned by hash), which refuses what it does not describe.
"""

from __future__ import annotations

import hashlib
import runpy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from covgov.errors import DeliveryFailed
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, Outcome, PatchRow, SuiteLine
from covgov.publish.bundle import zip_bytes
from covgov.publish.channels.github import artifacts, status
from covgov.publish.channels.github.api import GithubApi
from covgov.publish.channels.github.channel import GITHUB
from covgov.publish.channels.github.fields import connect
from covgov.publish.channels.github.fork import ForkRun, fork_run, snapshots
from covgov.publish.channels.github.status import CommitStatus
from covgov.reviews import github as reviews
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publish import NOW, publication
from covgov_testing.fakes.github import BOT, HEAD, REPOSITORY, TOKEN, FakeGithub, Json
from covgov_testing.github_description import FETCHED, OPERATIONS, Gate, load
from covgov_testing.github_server import serving

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not FETCHED.is_file(), reason="GitHub's description is not here: make setup-openapi"),
]

CHECKOUT = Path(__file__).resolve().parents[2]
DESCRIPTION = "829b4bebb19a53133289f7b0bc819f4f1118115821db2ca9f25e9ee995a7da2a"
EVERYTHING = "[publish.github]\nsuite_comments = true\ncheck_run = true\n"
VERDICTS = {
    Outcome.PASS: build.verdict(),
    Outcome.FAIL: build.verdict(build.finding(), suites=(SuiteLine("api", arrived=True),)),
    Outcome.UNDETERMINED: build.verdict(build.finding(effect=Effect.UNDETERMINED)),
}
LONG = ",".join(str(2 * line) for line in range(1, 130))


@pytest.fixture(scope="module")
def description() -> Json:
    return load()


def env(address: str) -> dict[str, str]:
    return {"GITHUB_API_URL": address, "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY}


def test_the_description_is_the_one_that_is_pinned() -> None:
    assert hashlib.sha256(FETCHED.read_bytes()).hexdigest() == DESCRIPTION
    package = runpy.run_path(str(CHECKOUT / "scripts" / "setup" / "fetch_openapi.py"))["PACKAGE"]
    documented = (CHECKOUT / "docs" / "github.md").read_text(encoding="utf-8")
    assert package in documented
    assert DESCRIPTION in documented


@pytest.mark.parametrize(
    ("outcome", "app"), [(Outcome.PASS, True), (Outcome.FAIL, False), (Outcome.UNDETERMINED, True)]
)
def test_what_is_published_is_as_described(description: Json, outcome: Outcome, app: bool) -> None:
    github = FakeGithub(app=app)
    gate = Gate(description, github)
    patch = PatchRow(Ratio(0, 129), None, 0, {"src/a.py": LONG})
    verdict = structs.replace(VERDICTS[outcome], patch=patch)
    with serving(gate) as address:
        for round_ in range(3):
            told = publication(verdict, text=EVERYTHING, now=NOW + timedelta(hours=round_ > 1))
            for parcel in GITHUB.parcels(told):
                GITHUB.send(parcel, env(address))
    assert gate.wrong == []
    assert {one["state"] for one in github.statuses[HEAD]} == {status.STATES[outcome]}
    assert len(github.bodies(7)) == 1 + len(verdict.suites)


def test_every_operation_that_covgov_knows_is_used_and_described(description: Json) -> None:
    github = FakeGithub(teams={"gate": ("carol",)})
    gate = Gate(description, github)
    patch = PatchRow(Ratio(0, 129), None, 0, {"src/a.py": LONG})
    red = structs.replace(VERDICTS[Outcome.FAIL], patch=patch)
    with serving(gate) as address:
        first = GITHUB.parcels(publication(red, text=EVERYTHING))
        for parcel in first:
            GITHUB.send(parcel, env(address))
        github.comment(7, first[0].body["text"], BOT)
        later = publication(VERDICTS[Outcome.PASS], text=EVERYTHING, now=NOW + timedelta(hours=1))
        for parcel in GITHUB.parcels(later):
            GITHUB.send(parcel, env(address))
        for day in range(1, 4):
            github.artifact("coverage-unit-api", day)
        artifacts.prune(connect(env(address), REPOSITORY), keep=1, prefix="coverage-", dry_run=False)
        github.review("mallory")
        github.review("carol")
        approved = reviews.approval(connect(env(address), REPOSITORY), 7, HEAD, ["@acme/gate"])
        run = github.fork_run()
        github.open_pull(7)
        github.uploaded(run, "coverage-unit-api", zip_bytes({"api.snapshot": b"data"}))
        github.storage = f"{address}/storage"
        gate.unchecked = "/storage/"
        api = connect(env(address), REPOSITORY)
        fork = fork_run(api, run, REPOSITORY)
        assert isinstance(fork, ForkRun)
        found, why = snapshots(api, fork, ["api", "auth"])
    assert approved.by == "@carol"
    assert (fork.number, fork.target, found, list(why)) == (7, "main", {"api": b"data"}, ["auth"])
    assert gate.wrong == []
    assert gate.used == set(OPERATIONS)
    assert (len(github.bodies(7)), len(github.artifacts)) == (2, 2)


STATUS = CommitStatus(HEAD, "covgov", "success", "pass", "", NOW)
WRONG: dict[str, Callable[[GithubApi], object]] = {
    "a state that there is not": lambda api: status.put(api, replace(STATUS, state="passed")),
    "a status without a state": lambda api: api.create_status(HEAD, {"context": "covgov"}),
    "a field that there is not": lambda api: api.create_status(HEAD, {"state": "success", "colour": "green"}),
    "a text where a number belongs": lambda api: api.update_check_run(1, {"output": {"summary": 3}}),
    "51 annotations at once": lambda api: api.create_check_run(
        {
            "name": "covgov",
            "head_sha": HEAD,
            "output": {
                "title": "t",
                "summary": "s",
                "annotations": [
                    {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
                ]
                * 51,
            },
        }
    ),
    "a conclusion that there is not": lambda api: api.create_check_run(
        {"name": "covgov", "head_sha": HEAD, "status": "completed", "conclusion": "green"}
    ),
    "a comment without a body": lambda api: api.client.once("POST", f"/repos/{REPOSITORY}/issues/7/comments", body={}),
    "a parameter that there is not": lambda api: api.client.once("GET", "/user", params={"verbose": "1"}),
    "a method that there is not": lambda api: api.client.once("PUT", f"/repos/{REPOSITORY}/check-runs/1", body={}),
    "an endpoint that there is not": lambda api: api.client.once("GET", f"/repos/{REPOSITORY}/coverage"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_request_is_refused(description: Json, wrong: str) -> None:
    github = FakeGithub()
    gate = Gate(description, github)
    with serving(gate) as address:
        api = connect(env(address), REPOSITORY)
        with pytest.raises(DeliveryFailed) as caught:
            api.client.insist(lambda: WRONG[wrong](api))
    assert caught.value.code == "github-refused"
    assert "GitHub does not describe this" in caught.value.message
    assert (github.statuses, github.check_runs, github.comments) == ({}, [], {})


def test_an_answer_that_github_would_not_give_is_noticed(description: Json) -> None:
    gate = Gate(description, FakeGithub())
    gate.github.full = {}
    with serving(gate) as address:
        status.put(connect(env(address), REPOSITORY), STATUS)
    assert gate.wrong
    assert "post" in gate.wrong[0]


def test_the_upload_of_coverage_is_still_not_described(description: Json) -> None:
    """When this fails, GitHub has begun to describe it: hold the channel to the description like everything else."""
    paths = description["paths"]
    assert isinstance(paths, dict)
    assert not [path for path in paths if "code-coverage" in path]
