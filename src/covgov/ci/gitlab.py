"""GitLab CI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from covgov.ci.interface import CiContext, CiEvent, commit_or_none, on_default_branch

EVENTS = {
    "merge_request_event": CiEvent.PULL_REQUEST,
    "external_pull_request_event": CiEvent.PULL_REQUEST,
    "push": CiEvent.PUSH,
    "schedule": CiEvent.SCHEDULE,
}


class GitlabCi:
    name: ClassVar[str] = "gitlab"

    def recognises(self, env: Mapping[str, str]) -> bool:
        return env.get("GITLAB_CI") == "true"

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        event = EVENTS.get(env.get("CI_PIPELINE_SOURCE", ""), CiEvent.MANUAL)
        if env.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train":
            event = CiEvent.MERGE_QUEUE
        request = "EXTERNAL_PULL" if env.get("CI_PIPELINE_SOURCE") == "external_pull_request_event" else "MERGE"
        of_request = event in (CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE)
        source = f"CI_{request}_REQUEST_SOURCE_BRANCH_NAME" if of_request else "CI_COMMIT_BRANCH"
        branch, default = env.get(source, ""), env.get("CI_DEFAULT_BRANCH", "")
        return CiContext(
            system="gitlab",
            event=event,
            branch=branch,
            target=env.get(f"CI_{request}_REQUEST_TARGET_BRANCH_NAME", "") if of_request else "",
            before=commit_or_none(env.get("CI_COMMIT_BEFORE_SHA", "")) if event is CiEvent.PUSH else "",
            base_commit=env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "") if of_request else "",
            default_branch=default,
            on_default_branch=on_default_branch(event, branch, default),
            pull_request=env.get(f"CI_{request}_REQUEST_IID", "") if of_request else "",
            run_url=env.get("CI_JOB_URL", "") or env.get("CI_PIPELINE_URL", ""),
            head_commit=_head(env) if of_request else "",
        )


def _head(env: Mapping[str, str]) -> str:
    """The first is set in pipelines for merged results only; any other pipeline of a merge request builds its head."""
    merged = env.get("CI_MERGE_REQUEST_EVENT_TYPE", "detached") != "detached"
    return env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or ("" if merged else env.get("CI_COMMIT_SHA", ""))
