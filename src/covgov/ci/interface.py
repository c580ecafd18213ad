"""The protocol of CI systems, and the facts about a job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class CiEvent(StrEnum):
    LOCAL = "local"
    PULL_REQUEST = "pull-request"
    PUSH = "push"
    MERGE_QUEUE = "merge-queue"
    SCHEDULE = "schedule"
    MANUAL = "manual"


OF_A_BRANCH = (CiEvent.PUSH, CiEvent.SCHEDULE, CiEvent.MANUAL)
"""Events that build a branch itself, not a merge of it."""

NO_COMMIT = re.compile(r"0*")
"""How code hosts write "no commit"."""


class BranchSource(StrEnum):
    """Source of the branch name: the CI, the caller (`history push --branch`), or none."""

    CI = "ci"
    CALLER = "caller"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CiContext:
    """system: the CI's name in `covgov.ci.registry`, or `local`. branch_from: source of the branch name.

    branch: the branch being built, "" when detached or unknown. target: the branch a pull request goes to (""
    otherwise).
    base_commit: a commit of the target branch that the CI names, its tip or the merge base ("" unknown).
    before: the branch's commit before this push ("" unknown). on_default_branch: only then is history
    pushed.
    head_commit: the newest commit of a pull request, not the merge commit that is built ("" when
    there is none).
    change_url: the page of the pull request, "" when there is none or it is unknown.
    summary_path: the CI's job summary file, outputs_path: its file for a step's outputs; "" when it has none.
    """

    system: str
    event: CiEvent
    branch: str = ""
    target: str = ""
    before: str = ""
    base_commit: str = ""
    default_branch: str = ""
    on_default_branch: bool = False
    pull_request: str = ""
    run_url: str = ""
    head_commit: str = ""
    summary_path: str = ""
    change_url: str = ""
    outputs_path: str = ""
    branch_from: BranchSource = BranchSource.CI

    @property
    def in_ci(self) -> bool:
        return self.system != "local"


class CiSystem(Protocol):
    """One CI system. Pure except for `read`: path -> bytes, None when there is no such file."""

    @property
    def name(self) -> str:
        """Its name in `covgov.ci.registry`."""
        ...

    def recognises(self, env: Mapping[str, str]) -> bool:
        """Whether the environment is a job of this system."""
        ...

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        """The facts about the job. Raises InputError (`ci-event-damaged`)."""
        ...


def on_default_branch(event: CiEvent, branch: str, default: str) -> bool:
    """Whether the job builds the default branch itself."""
    return event in OF_A_BRANCH and branch != "" and branch == default


def commit_or_none(name: str) -> str:
    """The commit id, "" for all zeros."""
    return "" if NO_COMMIT.fullmatch(name) else name
