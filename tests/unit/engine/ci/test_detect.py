from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.ci.detect import detect
from covgov.ci.interface import CiContext, CiEvent
from covgov.ci.registry import SYSTEMS
from covgov.errors import InputError

SHA = "4f2a" * 10
EVENT = "/run/event.json"


def nothing(path: str) -> None:
    return None


def github(name: str, ref: str, event: Mapping[str, object] | None = None, **more: str) -> CiContext:
    env = {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REF": ref,
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_REPOSITORY": "acme/app",
        "GITHUB_RUN_ID": "77",
        "GITHUB_STEP_SUMMARY": "/tmp/summary.md",
        "GITHUB_OUTPUT": "/tmp/outputs",
        **more,
    }
    return detect(
        {**env, "GITHUB_EVENT_PATH": EVENT}, lambda path: None if event is None else json.dumps(event).encode()
    )


def gitlab(source: str, **more: str) -> CiContext:
    env = {"CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main", **more}
    return detect(env, nothing)


def test_a_laptop_is_local() -> None:
    assert detect({}, nothing) == CiContext(system="local", event=CiEvent.LOCAL)


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes"])
def test_an_unknown_ci_is_generic_and_never_on_the_default_branch(value: str) -> None:
    found = detect({"CI": value}, nothing)
    assert (found.system, found.in_ci, found.on_default_branch) == ("generic", True, False)


@pytest.mark.parametrize("value", ["", "false", "0"])
def test_ci_switched_off_is_local(value: str) -> None:
    assert detect({"CI": value}, nothing).system == "local"


def test_github_push_to_the_default_branch() -> None:
    event = {"before": SHA, "repository": {"default_branch": "main", "id": 1}, "forced": False}
    assert github("push", "refs/heads/main", event) == CiContext(
        system="github",
        event=CiEvent.PUSH,
        branch="main",
        before=SHA,
        default_branch="main",
        on_default_branch=True,
        run_url="https://forge.example/acme/app/actions/runs/77",
        summary_path="/tmp/summary.md",
        outputs_path="/tmp/outputs",
    )


def test_github_push_of_a_new_branch_has_no_before() -> None:
    event = {"before": "0" * 40, "repository": {"default_branch": "main"}}
    found = github("push", "refs/heads/feature/x", event)
    assert (found.before, found.branch, found.on_default_branch) == ("", "feature/x", False)


def test_github_tag_is_no_branch() -> None:
    found = github("push", "refs/tags/main", {"repository": {"default_branch": "main"}})
    assert (found.branch, found.on_default_branch) == ("", False)


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_github_pull_request(name: str) -> None:
    event = {
        "pull_request": {"number": 12, "base": {"ref": "main"}, "head": {"ref": "fix"}},
        "repository": {"default_branch": "main"},
    }
    ref = "refs/pull/12/merge" if name == "pull_request" else "refs/heads/main"
    found = github(name, ref, event)
    assert (found.event, found.branch, found.target, found.pull_request) == (CiEvent.PULL_REQUEST, "fix", "main", "12")
    assert not found.on_default_branch


def test_github_pull_request_without_a_payload_is_read_from_the_environment() -> None:
    found = github("pull_request", "refs/pull/9/merge", GITHUB_HEAD_REF="fix", GITHUB_BASE_REF="release")
    assert (found.branch, found.target, found.pull_request) == ("fix", "release", "9")


def test_github_pull_request_of_an_unusual_ref_has_no_number() -> None:
    assert github("pull_request_target", "refs/heads/main").pull_request == ""


def test_github_merge_queue() -> None:
    event = {"merge_group": {"base_ref": "refs/heads/main"}, "repository": {"default_branch": "main"}}
    found = github("merge_group", f"refs/heads/gh-readonly-queue/main/pr-31-{SHA}", event)
    assert (found.event, found.target, found.pull_request) == (CiEvent.MERGE_QUEUE, "main", "31")
    assert not found.on_default_branch


def test_github_merge_queue_of_an_unusual_branch_has_no_number() -> None:
    assert github("merge_group", "refs/heads/queue").pull_request == ""


def test_github_schedule_runs_on_the_default_branch_even_if_the_payload_does_not_name_it() -> None:
    found = github("schedule", "refs/heads/trunk", {"schedule": "0 6 * * 1"})
    assert (found.event, found.default_branch, found.on_default_branch) == (CiEvent.SCHEDULE, "trunk", True)


def test_github_manual_run_on_another_branch() -> None:
    found = github("workflow_dispatch", "refs/heads/fix", {"repository": {"default_branch": "main"}})
    assert (found.event, found.on_default_branch) == (CiEvent.MANUAL, False)


@pytest.mark.security
def test_github_event_of_another_kind_never_counts_as_the_default_branch() -> None:
    found = github("issue_comment", "refs/heads/main", {"repository": {"default_branch": "main"}})
    assert (found.event, found.on_default_branch) == (CiEvent.MANUAL, False)


def test_github_without_a_run_id_has_no_address() -> None:
    assert github("push", "refs/heads/main", GITHUB_RUN_ID="").run_url == ""


@pytest.mark.reliability
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"before": 5}', b'{"pull_request": {"number": "x"}}', b'{"x":' * 5000],
)
def test_damaged_event_is_one_clear_error(data: bytes) -> None:
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": "/run/event.json"}
    with pytest.raises(InputError, match=r"/run/event\.json is not a valid GitHub event file") as caught:
        detect(env, {EVENT: data}.get)
    assert caught.value.code == "ci-event-damaged"


@given(st.binary(max_size=60))
@pytest.mark.reliability
def test_any_bytes_are_an_event_or_an_input_error(data: bytes) -> None:
    with contextlib.suppress(InputError):
        assert detect({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": EVENT}, {EVENT: data}.get).system == "github"


def test_an_event_file_outside_github_is_ignored() -> None:
    assert detect({"GITHUB_EVENT_PATH": EVENT}, {EVENT: b"{"}.get).system == "local"


def test_gitlab_push() -> None:
    found = gitlab("push", CI_COMMIT_BRANCH="main", CI_COMMIT_BEFORE_SHA=SHA, CI_JOB_URL="https://forge.example/j/1")
    assert found == CiContext(
        system="gitlab",
        event=CiEvent.PUSH,
        branch="main",
        before=SHA,
        default_branch="main",
        on_default_branch=True,
        run_url="https://forge.example/j/1",
    )


def test_gitlab_merge_request() -> None:
    found = gitlab(
        "merge_request_event",
        CI_MERGE_REQUEST_IID="4",
        CI_MERGE_REQUEST_SOURCE_BRANCH_NAME="fix",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main",
        CI_COMMIT_BEFORE_SHA="0" * 40,
    )
    assert (found.event, found.branch, found.target, found.pull_request) == (CiEvent.PULL_REQUEST, "fix", "main", "4")
    assert (found.before, found.on_default_branch) == ("", False)


def test_gitlab_merge_train_is_a_merge_queue() -> None:
    found = gitlab(
        "merge_request_event",
        CI_MERGE_REQUEST_EVENT_TYPE="merge_train",
        CI_MERGE_REQUEST_SOURCE_BRANCH_NAME="main",
        CI_PIPELINE_URL="https://forge.example/p/1",
    )
    assert (found.event, found.on_default_branch) == (CiEvent.MERGE_QUEUE, False)
    assert found.run_url == "https://forge.example/p/1"


def test_gitlab_external_pull_request() -> None:
    found = gitlab(
        "external_pull_request_event",
        CI_EXTERNAL_PULL_REQUEST_IID="8",
        CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME="fix",
        CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME="main",
    )
    assert (found.branch, found.target, found.pull_request) == ("fix", "main", "8")


@pytest.mark.parametrize(
    ("source", "event"), [("schedule", CiEvent.SCHEDULE), ("web", CiEvent.MANUAL), ("", CiEvent.MANUAL)]
)
def test_gitlab_other_pipelines_of_the_default_branch(source: str, event: CiEvent) -> None:
    found = gitlab(source, CI_COMMIT_BRANCH="main", CI_COMMIT_BEFORE_SHA=SHA)
    assert (found.event, found.on_default_branch, found.before) == (event, True, "")


def test_gitlab_tag_pipeline_is_on_no_branch() -> None:
    assert not gitlab("push", CI_COMMIT_TAG="v1").on_default_branch


def no_file(path: str) -> None:
    """No event file is anywhere."""


def test_gitlab_names_where_a_merge_request_starts() -> None:
    start = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": SHA}
    assert gitlab("merge_request_event", **start).base_commit == SHA
    assert gitlab("push", **start).base_commit == ""


def test_another_ci_without_a_pull_request_says_nothing_of_a_base() -> None:
    found = detect({"CI": "true"}, no_file)
    assert (found.system, found.event, found.target) == ("generic", CiEvent.LOCAL, "")


def test_only_a_pull_request_has_a_head_commit() -> None:
    event = {"pull_request": {"number": 7, "head": {"ref": "f", "sha": SHA}, "base": {"ref": "main"}}}
    assert github("pull_request", "refs/pull/7/merge", event).head_commit == SHA
    assert github("push", "refs/heads/main", {}).head_commit == ""
    source = {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": SHA}
    assert gitlab("merge_request_event", **source).head_commit == SHA
    assert gitlab("push", **source).head_commit == ""


@pytest.mark.security
def test_gitlab_names_the_head_by_the_built_commit_unless_it_builds_a_merge() -> None:
    built = {"CI_COMMIT_SHA": SHA}
    assert gitlab("merge_request_event", CI_MERGE_REQUEST_EVENT_TYPE="detached", **built).head_commit == SHA
    assert gitlab("merge_request_event", CI_MERGE_REQUEST_EVENT_TYPE="merged_result", **built).head_commit == ""
    assert gitlab("push", **built).head_commit == ""


def test_the_registry_knows_each_system_by_its_own_name_and_asks_generic_last() -> None:
    assert [system.name for system in SYSTEMS.values()] == list(SYSTEMS)
    assert list(SYSTEMS)[-1] == "generic"


def test_a_pull_request_on_github_has_a_page() -> None:
    pull = github("pull_request", "refs/pull/7/merge")
    assert pull.change_url == "https://forge.example/acme/app/pull/7"
    assert github("push", "refs/heads/main").change_url == ""
