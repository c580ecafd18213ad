"""What a CI system is, and what covgov wants to know of the one that runs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol


class CiEvent(StrEnum):
    LOCAL = "local"
    PULL_REQUEST = "pull-request"
    PUSH = "push"
    MERGE_QUEUE = "merge-queue"
    SCHEDULE = "schedule"
    MANUAL = "manual"


OF_A_BRANCH = (CiEvent.PUSH, CiEvent.SCHEDULE, CiEvent.MANUAL)
"""Events that build a branch as it is, as opposed to what it might become."""

NO_COMMIT = re.compile(r"0*")
"""How code hosts write "there was no commit before"."""


class BranchSource(StrEnum):
    """Who says which branch is built: the CI, the caller (`history push --branch`), or nobody."""

    CI = "ci"
    CALLER = "caller"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class CiContext:
    """system: the CI's name in `covgov.ci.registry`, or `local`. branch_from: who says which branch is built.

    branch: the branch being built, "" when detached or unknown. target: the branch a pull request goes to (""
    otherwise).
    base_commit: tip of the target when the CI took the pull request up, as its event says ("" unknown).
    before: the commit the branch pointed to before this push ("" unknown). on_default_branch: only then may history
    be pushed.
    head_commit: the newest commit of a pull request, which the forge shows; not the merge commit that is built ("" when
    there is none).
    summary_path: file that the CI shows as the job summary, "" when it has none.
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
    branch_from: BranchSource = BranchSource.CI

    @property
    def in_ci(self) -> bool:
        return self.system != "local"


class CiSystem(Protocol):
    """One CI system. Pure but for `read`, which gives the bytes of a file, None when there is none."""

    name: ClassVar[str]

    def recognises(self, env: Mapping[str, str]) -> bool:
        """Whether this environment is one of its jobs."""
        ...

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        """What the job builds. Raises InputError (`ci-event-damaged`)."""
        ...


def on_default_branch(event: CiEvent, branch: str, default: str) -> bool:
    """Whether the job builds the default branch itself."""
    return event in OF_A_BRANCH and branch != "" and branch == default


def commit_or_none(name: str) -> str:
    """A commit id, "" for the zeros that mean none."""
    return "" if NO_COMMIT.fullmatch(name) else name
