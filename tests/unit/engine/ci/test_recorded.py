"""Environments as the vendors document them (`source_of` in the table), and what is read from each."""

from __future__ import annotations

import pytest

from covgov.ci.detect import detect
from covgov.ci.interface import BranchSource, CiContext, CiEvent
from covgov.ci.registry import SYSTEMS
from covgov.ci.variables import TABLE
from covgov_testing.ci_environments import BEFORE, COMMON, PULLS, PUSHES, SHA, Env

NAMES_ITS_DEFAULT_BRANCH = {"buildkite", "cirrus", "drone", "jenkins", "woodpecker"}
NAMES_NO_TARGET = {"circleci"}
NAMES_NO_SOURCE = {"cirrus"}
NAMES_NO_HEAD = {"cirrus", "jenkins", "semaphore"}


def found(system: str, *more: Env) -> CiContext:
    env: Env = dict(COMMON[system])
    for one in more:
        env |= one
    return detect(env, lambda _path: None)


def test_every_system_of_the_table_is_recorded_and_documented() -> None:
    assert set(COMMON) == set(TABLE)
    assert set(PULLS) == set(PUSHES) == set(TABLE) - {"teamcity"}
    assert all(names.source_of.startswith("https://") for names in TABLE.values())


@pytest.mark.parametrize("system", sorted(COMMON))
def test_one_system_and_no_other_recognises_its_job(system: str) -> None:
    for more in ({}, PULLS.get(system, {}), PUSHES.get(system, {})):
        env = {**COMMON[system], **more}
        assert [one.name for one in SYSTEMS.values() if one.recognises(env) and one.name != "generic"] == [system]


@pytest.mark.parametrize("system", sorted(PULLS))
def test_a_pull_request(system: str) -> None:
    told = found(system, PULLS[system])
    assert (told.system, told.event, told.pull_request) == (system, CiEvent.PULL_REQUEST, "7")
    assert told.target == ("" if system in NAMES_NO_TARGET else "main")
    assert told.branch == ("" if system in NAMES_NO_SOURCE else "fix")
    assert told.head_commit == ("" if system in NAMES_NO_HEAD else SHA)
    assert told.base_commit == (BEFORE if system == "bitbucket" else "")
    assert (told.before, told.on_default_branch) == ("", False)


@pytest.mark.parametrize("system", sorted(PULLS))
@pytest.mark.security
def test_a_pull_request_stays_one_when_nothing_else_is_known(system: str) -> None:
    request = {name: PULLS[system][name] for name in TABLE[system].request.split() if name in PULLS[system]}
    told = detect(request, lambda _path: None)
    assert (told.system, told.event, told.on_default_branch) == (system, CiEvent.PULL_REQUEST, False)


@pytest.mark.parametrize("system", sorted(PUSHES))
def test_a_push_to_the_default_branch(system: str) -> None:
    told = found(system, PUSHES[system])
    known = system in NAMES_ITS_DEFAULT_BRANCH
    assert (told.system, told.event, told.branch, told.target) == (system, CiEvent.PUSH, "main", "")
    assert (told.on_default_branch, told.default_branch) == (known, "main" if known else "")
    assert told.branch_from is (BranchSource.CI if known else BranchSource.UNKNOWN)
    assert told.before == (BEFORE if system in ("drone", "jenkins") else "")
    assert told.head_commit == ""


@pytest.mark.parametrize(
    ("system", "tag"),
    [
        ("azure", {"BUILD_SOURCEBRANCH": "refs/tags/main"}),
        ("buildkite", {"BUILDKITE_BRANCH": "main", "BUILDKITE_TAG": "v1"}),
        ("drone", {"DRONE_BRANCH": "main", "DRONE_TAG": "v1"}),
        ("jenkins", {"BRANCH_NAME": "main", "TAG_NAME": "main", "BRANCH_IS_PRIMARY": "true"}),
        ("travis", {"TRAVIS_BRANCH": "main", "TRAVIS_TAG": "main"}),
        ("woodpecker", {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_TAG": "v1"}),
    ],
)
def test_a_tag_is_no_branch(system: str, tag: Env) -> None:
    told = found(system, tag)
    assert (told.branch, told.on_default_branch, told.event) == ("", False, CiEvent.LOCAL)


@pytest.mark.parametrize(
    ("system", "event"),
    [
        ("azure", {"BUILD_REASON": "Schedule", "BUILD_SOURCEBRANCH": "refs/heads/main"}),
        ("buildkite", {"BUILDKITE_SOURCE": "schedule", "BUILDKITE_BRANCH": "main"}),
        ("drone", {"DRONE_BUILD_EVENT": "cron", "DRONE_BRANCH": "main"}),
        ("travis", {"TRAVIS_EVENT_TYPE": "cron", "TRAVIS_BRANCH": "main"}),
        ("woodpecker", {"CI_PIPELINE_EVENT": "cron", "CI_COMMIT_BRANCH": "main"}),
    ],
)
def test_a_schedule_has_no_push_before_it(system: str, event: Env) -> None:
    told = found(system, event)
    assert (told.event, told.branch, told.before) == (CiEvent.SCHEDULE, "main", "")


def test_another_branch_of_jenkins_names_no_default_branch() -> None:
    told = found("jenkins", {"BRANCH_NAME": "fix"})
    assert (told.branch, told.default_branch, told.branch_from) == ("fix", "", BranchSource.UNKNOWN)


def test_teamcity_tells_no_more_than_that_it_is_a_ci() -> None:
    told = found("teamcity", {"BUILD_URL": "https://teamcity.example/build/8"})
    assert (told.system, told.event, told.branch_from) == ("teamcity", CiEvent.LOCAL, BranchSource.UNKNOWN)
    assert told.run_url == "https://teamcity.example/build/8"


@pytest.mark.parametrize("system", sorted(set(COMMON) - {"appveyor", "cirrus", "semaphore", "teamcity"}))
def test_the_address_of_the_build(system: str) -> None:
    assert found(system).run_url.startswith("https://")


def test_an_address_with_an_unset_part_is_none() -> None:
    assert detect({"TF_BUILD": "True", "BUILD_BUILDID": "8"}, lambda _path: None).run_url == ""


def test_a_commit_that_is_none_is_not_taken_for_one() -> None:
    assert found("buildkite", PULLS["buildkite"], {"BUILDKITE_COMMIT": "HEAD"}).head_commit == ""


@pytest.mark.parametrize("variable", ["GITEA_ACTIONS", "FORGEJO_ACTIONS"])
def test_gitea_and_forgejo_have_githubs_events_and_are_not_github(variable: str) -> None:
    env = {
        variable: "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": "/event.json",
        "GITHUB_REF": "refs/pull/7/head",
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_RUN_NUMBER": "8",
    }
    event = (
        b'{"pull_request": {"number": 7, "base": {"ref": "main", "sha": "%s"}, "head": {"ref": "fix", "sha": "%s"}}}'
        % (BEFORE.encode(), SHA.encode())
    )
    told = detect(env, {"/event.json": event}.get)
    assert (told.system, told.event, told.target, told.pull_request) == ("gitea", CiEvent.PULL_REQUEST, "main", "7")
    assert (told.base_commit, told.head_commit) == (BEFORE, SHA)
    assert told.run_url == "https://forge.example/acme/shop/actions/runs/8"
