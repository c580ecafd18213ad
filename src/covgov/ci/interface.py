"""What covgov wants to know of the CI that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    LOCAL = "local"
    PULL_REQUEST = "pull-request"
    PUSH = "push"
    MERGE_QUEUE = "merge-queue"
    SCHEDULE = "schedule"
    MANUAL = "manual"


NAMED = "named"


@dataclass(frozen=True, slots=True)
class CiContext:
    """system: `github`, `gitlab`, `generic` (CI=true and nothing else known), `named` (the same, but the caller named
    the branch that is built) or `local`.

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
    event: Event
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

    @property
    def in_ci(self) -> bool:
        return self.system != "local"
