"""Which CI is this, and what is it building? Pure: the environment and the event payload are arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from covgov.ci.interface import CiContext, Event
from covgov.errors import InputError

NOBODY = re.compile(r"0*")
"""How both forges spell "there was no commit before"."""

QUEUED = re.compile(r"/pr-(\d+)-[0-9a-f]+$")
"""GitHub's merge queue names its branches `gh-readonly-queue/TARGET/pr-NUMBER-SHA`."""

GITHUB_EVENTS = {
    "pull_request": Event.PULL_REQUEST,
    "pull_request_target": Event.PULL_REQUEST,
    "push": Event.PUSH,
    "merge_group": Event.MERGE_QUEUE,
    "schedule": Event.SCHEDULE,
    "workflow_dispatch": Event.MANUAL,
}
"""Events whose code is the ref's own; any other event is treated as started by hand and never pushes history."""

GITLAB_EVENTS = {
    "merge_request_event": Event.PULL_REQUEST,
    "external_pull_request_event": Event.PULL_REQUEST,
    "push": Event.PUSH,
    "schedule": Event.SCHEDULE,
}

OF_A_BRANCH = (Event.PUSH, Event.SCHEDULE, Event.MANUAL)
"""Events that build a branch as it is, as opposed to what it might become."""


class _Ref(msgspec.Struct):
    ref: str = ""
    sha: str = ""


class _PullRequest(msgspec.Struct):
    number: int = 0
    base: _Ref = msgspec.field(default_factory=_Ref)
    head: _Ref = msgspec.field(default_factory=_Ref)


class _MergeGroup(msgspec.Struct):
    base_ref: str = ""


class _RepositoryShape(msgspec.Struct):
    default_branch: str = ""


class _Payload(msgspec.Struct):
    """What is read of GitHub's event file; everything else in it is ignored."""

    before: str = ""
    repository: _RepositoryShape | None = None
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None


def detect(env: Mapping[str, str], event: bytes | None) -> CiContext:
    """The CI of this environment. `event` is the content of GITHUB_EVENT_PATH, None when there is none.

    Raises InputError (`ci-event-damaged`) when the payload is not what GitHub writes.
    """
    if env.get("GITHUB_ACTIONS") == "true":
        return _github(env, _payload(event, env.get("GITHUB_EVENT_PATH", "GITHUB_EVENT_PATH")))
    if env.get("GITLAB_CI") == "true":
        return _gitlab(env)
    if env.get("CI", "").lower() in ("true", "1", "yes"):
        return CiContext(system="generic", event=Event.LOCAL)
    return CiContext(system="local", event=Event.LOCAL)


def _payload(event: bytes | None, where: str) -> _Payload:
    if event is None:
        return _Payload()
    try:
        return msgspec.json.decode(event, type=_Payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            "ci-event-damaged",
            f"{where} is not an event as GitHub writes it: {error}",
            hint="the runner writes this file; unset GITHUB_ACTIONS to run as on a laptop",
        ) from error


def _github(env: Mapping[str, str], payload: _Payload) -> CiContext:
    name = env.get("GITHUB_EVENT_NAME", "")
    event = GITHUB_EVENTS.get(name, Event.MANUAL)
    known = name in GITHUB_EVENTS
    built = _built_by_github(env, payload, event)
    default = payload.repository.default_branch if payload.repository else ""
    if event is Event.SCHEDULE and not default:
        default = built.branch  # scheduled workflows run on the default branch only
    return CiContext(
        system="github",
        event=event,
        branch=built.branch,
        target=built.target,
        before=_commit(payload.before) if event is Event.PUSH else "",
        base_commit=payload.pull_request.base.sha if payload.pull_request else "",
        default_branch=default,
        on_default_branch=known and _on_default(event, built.branch, default),
        pull_request=built.pull_request,
        run_url=_run_url(env),
        head_commit=payload.pull_request.head.sha if payload.pull_request else "",
        summary_path=env.get("GITHUB_STEP_SUMMARY", ""),
    )


@dataclass(frozen=True, slots=True)
class _Built:
    branch: str
    target: str = ""
    pull_request: str = ""


def _built_by_github(env: Mapping[str, str], payload: _Payload, event: Event) -> _Built:
    ref = env.get("GITHUB_REF", "")
    branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
    if event is Event.PULL_REQUEST:
        pull = payload.pull_request or _PullRequest()
        return _Built(
            branch=pull.head.ref or env.get("GITHUB_HEAD_REF", ""),
            target=pull.base.ref or env.get("GITHUB_BASE_REF", ""),
            pull_request=str(pull.number) if pull.number else _number_in(ref),
        )
    if event is Event.MERGE_QUEUE:
        queued = QUEUED.search(branch)
        base = (payload.merge_group or _MergeGroup()).base_ref
        return _Built(branch, base.removeprefix("refs/heads/"), queued[1] if queued else "")
    return _Built(branch)


def _number_in(ref: str) -> str:
    found = re.fullmatch(r"refs/pull/(\d+)/\w+", ref)
    return found[1] if found else ""


def _run_url(env: Mapping[str, str]) -> str:
    parts = [env.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else ""


def _gitlab(env: Mapping[str, str]) -> CiContext:
    event = GITLAB_EVENTS.get(env.get("CI_PIPELINE_SOURCE", ""), Event.MANUAL)
    if env.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train":
        event = Event.MERGE_QUEUE
    request = "EXTERNAL_PULL" if env.get("CI_PIPELINE_SOURCE") == "external_pull_request_event" else "MERGE"
    of_request = event in (Event.PULL_REQUEST, Event.MERGE_QUEUE)
    source = f"CI_{request}_REQUEST_SOURCE_BRANCH_NAME" if of_request else "CI_COMMIT_BRANCH"
    branch, default = env.get(source, ""), env.get("CI_DEFAULT_BRANCH", "")
    return CiContext(
        system="gitlab",
        event=event,
        branch=branch,
        target=env.get(f"CI_{request}_REQUEST_TARGET_BRANCH_NAME", "") if of_request else "",
        before=_commit(env.get("CI_COMMIT_BEFORE_SHA", "")) if event is Event.PUSH else "",
        default_branch=default,
        on_default_branch=_on_default(event, branch, default),
        pull_request=env.get(f"CI_{request}_REQUEST_IID", "") if of_request else "",
        run_url=env.get("CI_JOB_URL", "") or env.get("CI_PIPELINE_URL", ""),
        head_commit=env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") if of_request else "",
    )


def _on_default(event: Event, branch: str, default: str) -> bool:
    return event in OF_A_BRANCH and branch != "" and branch == default


def _commit(name: str) -> str:
    return "" if NOBODY.fullmatch(name) else name
