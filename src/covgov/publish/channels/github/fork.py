"""What a workflow run of a fork left: which pull request it was for, and the snapshots that it uploaded.

Everything that the fork could have written is data here, and little of it: one file of one artifact per suite, of a
bounded size. Commit, pull request and base branch come from GitHub's API.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from covgov.publish.channels.github.fields import REPOSITORY
from covgov.publish.channels.github.untrusted_zip import member
from covgov.publish.channels.interface import COMMIT

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import ChangeOfRun, GithubApi, WorkflowArtifact, WorkflowRun

ARTIFACT = "coverage-unit-"
"""Name of a suite's artifact before the suite's own (docs/github.md)."""

TOGETHER = "coverage-govern"
"""Name of the artifact of a job that measured every suite."""

MOST_BYTES = 64 * 2**20
"""Of one artifact, packed."""


@dataclass(frozen=True, slots=True)
class ForkRun:
    """fork: `owner/name`. head: the newest commit of the pull request, which is the one that the run measured.

    target, target_commit: the branch that it goes to, and its commit when GitHub last looked.
    """

    id: int
    fork: str
    head: str
    number: int
    target: str
    target_commit: str
    url: str


def fork_run(api: GithubApi, number: int, repository: str) -> ForkRun | str:
    """The run, or why there is nothing to publish of it. Raises DeliveryFailed."""
    run = api.client.insist(partial(api.run, number))
    fork = run.head_repository.full_name if run.head_repository else ""
    if run.event != "pull_request" or run.status != "completed":
        return f"run {number} is no completed run of a pull request"
    if not REPOSITORY.fullmatch(fork) or fork.casefold() == repository.casefold():
        return f"run {number} is of no fork: its own job publishes the verdict"
    changes = api.client.insist(lambda: [one for one in _changes(api, run, fork) if _is_of(one, run, repository)])
    if len(changes) != 1:
        return f"{len(changes)} open pull requests have the head {run.head_sha[:12]} of run {number}, not one"
    (change,) = changes
    return ForkRun(number, fork, run.head_sha, change.number, change.base.ref, change.base.sha, run.html_url)


def _changes(api: GithubApi, run: WorkflowRun, fork: str) -> list[ChangeOfRun]:
    """GitHub filters by branch only; the commit decides."""
    return list(api.changes(f"{fork.partition('/')[0]}:{run.head_branch or ''}"))


def _is_of(change: ChangeOfRun, run: WorkflowRun, repository: str) -> bool:
    ours = change.base.repo is not None and change.base.repo.full_name.casefold() == repository.casefold()
    return ours and COMMIT.fullmatch(run.head_sha) is not None and change.head.sha == run.head_sha


def snapshots(api: GithubApi, run: ForkRun, suites: Collection[str]) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
    """Suite -> its snapshot's bytes, and suite -> why there is none. Raises DeliveryFailed."""
    listed = api.client.insist(lambda: [one for one in api.run_artifacts(run.id) if one.is_of(run.id)])
    found: dict[str, bytes] = {}
    why: dict[str, str] = {}
    for suite in suites:
        own, together = (
            [one for one in listed if one.name == name and not one.expired] for name in (f"{ARTIFACT}{suite}", TOGETHER)
        )
        try:
            found[suite] = _snapshot(api, suite, own or together)
        except ValueError as error:
            why[suite] = f"the fork's measurement is not used: {error}"
    return found, why


def _snapshot(api: GithubApi, suite: str, named: Collection[WorkflowArtifact]) -> bytes:
    """Raises ValueError when it is not there or not to be used."""
    if not named:
        raise ValueError(f"the run has no artifact {ARTIFACT}{suite}")
    newest = max(named, key=lambda one: one.id)
    if newest.size_in_bytes > MOST_BYTES:
        raise ValueError(f"the artifact has {newest.size_in_bytes} bytes, more than {MOST_BYTES}")
    archive = api.client.insist(partial(api.archive, newest.id, MOST_BYTES))
    if len(archive) > MOST_BYTES:
        raise ValueError(f"the artifact has more than {MOST_BYTES} bytes")
    return member(archive, f"{suite}.snapshot")
