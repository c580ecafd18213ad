"""GitHub Actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

import msgspec
from msgspec import Struct

from covgov.ci.interface import CiContext, CiEvent, commit_or_none, on_default_branch
from covgov.errors import InputError

QUEUED = re.compile(r"/pr-(\d+)-[0-9a-f]+$")
"""GitHub's merge queue names its branches `gh-readonly-queue/TARGET/pr-NUMBER-SHA`."""

EVENTS = {
    "pull_request": CiEvent.PULL_REQUEST,
    "pull_request_target": CiEvent.PULL_REQUEST,
    "pull_request_review": CiEvent.PULL_REQUEST,
    "push": CiEvent.PUSH,
    "merge_group": CiEvent.MERGE_QUEUE,
    "schedule": CiEvent.SCHEDULE,
    "workflow_dispatch": CiEvent.MANUAL,
}
"""Events that run the ref's own code; any other event counts as manual and never pushes history."""


class _Ref(msgspec.Struct):
    ref: str = ""
    sha: str = ""


class _PullRequest(msgspec.Struct):
    number: int = 0
    base: _Ref = msgspec.field(default_factory=_Ref)
    head: _Ref = msgspec.field(default_factory=_Ref)


class _MergeGroup(msgspec.Struct):
    base_ref: str = ""


class _PayloadRepository(msgspec.Struct):
    default_branch: str = ""


class _EventPayload(msgspec.Struct):
    """The used fields of GitHub's event file."""

    before: str = ""
    repository: _PayloadRepository | None = None
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None


class GithubActions:
    name: ClassVar[str] = "github"

    def recognises(self, env: Mapping[str, str]) -> bool:
        return env.get("GITHUB_ACTIONS") == "true"

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        path = env.get("GITHUB_EVENT_PATH", "")
        return _context(env, _payload(read(path) if path else None, path))


def _payload(event: bytes | None, where: str) -> _EventPayload:
    if event is None:
        return _EventPayload()
    try:
        return msgspec.json.decode(event, type=_EventPayload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            "ci-event-damaged",
            f"{where} is not a valid GitHub event file: {error}",
            hint="the runner writes this file; unset GITHUB_ACTIONS to run locally",
        ) from error


def _context(env: Mapping[str, str], payload: _EventPayload) -> CiContext:
    name = env.get("GITHUB_EVENT_NAME", "")
    event = EVENTS.get(name, CiEvent.MANUAL)
    known = name in EVENTS
    built = _built(env, payload, event)
    default = payload.repository.default_branch if payload.repository else ""
    if event is CiEvent.SCHEDULE and not default:
        default = built.branch  # scheduled workflows run on the default branch only
    return CiContext(
        system="github",
        event=event,
        branch=built.branch,
        target=built.target,
        before=commit_or_none(payload.before) if event is CiEvent.PUSH else "",
        base_commit=payload.pull_request.base.sha if payload.pull_request else "",
        default_branch=default,
        on_default_branch=known and on_default_branch(event, built.branch, default),
        pull_request=built.pull_request,
        run_url=_url(env, f"actions/runs/{env['GITHUB_RUN_ID']}") if env.get("GITHUB_RUN_ID") else "",
        head_commit=payload.pull_request.head.sha if payload.pull_request else "",
        summary_path=env.get("GITHUB_STEP_SUMMARY", ""),
        change_url=_url(env, f"pull/{built.pull_request}") if built.pull_request else "",
        outputs_path=env.get("GITHUB_OUTPUT", ""),
    )


class _BuiltRef(Struct, frozen=True):
    branch: str
    target: str = ""
    pull_request: str = ""


def _built(env: Mapping[str, str], payload: _EventPayload, event: CiEvent) -> _BuiltRef:
    ref = env.get("GITHUB_REF", "")
    branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
    if event is CiEvent.PULL_REQUEST:
        pull = payload.pull_request or _PullRequest()
        return _BuiltRef(
            branch=pull.head.ref or env.get("GITHUB_HEAD_REF", ""),
            target=pull.base.ref or env.get("GITHUB_BASE_REF", ""),
            pull_request=str(pull.number) if pull.number else _number_in(ref),
        )
    if event is CiEvent.MERGE_QUEUE:
        queued = QUEUED.search(branch)
        base = (payload.merge_group or _MergeGroup()).base_ref
        return _BuiltRef(branch, base.removeprefix("refs/heads/"), queued[1] if queued else "")
    return _BuiltRef(branch)


def _number_in(ref: str) -> str:
    found = re.fullmatch(r"refs/pull/(\d+)/\w+", ref)
    return found[1] if found else ""


def _url(env: Mapping[str, str], page: str) -> str:
    parts = [env.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY")]
    return f"{parts[0]}/{parts[1]}/{page}" if all(parts) else ""
