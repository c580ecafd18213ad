"""Which change is being judged: from which commit it starts, and whose policy and register hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import Undetermined, UsageError
from covgov.model.snapshot import Origin
from covgov.vcs.interface import Repository


class SituationKind(StrEnum):
    """A change on its way to a branch, or the branch itself moving on."""

    CHANGE = "change"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Situation:
    """start: where the change starts (merge base; previous commit of the branch), None for a first commit.

    base_tip: the commit of the base branch whose policy and register judge; it may be ahead of `start`. given: the base
    was named on the command line.
    """

    kind: SituationKind
    origin: Origin
    start: str | None
    base_tip: str | None
    given: bool = False


def situate(repository: Repository, ci: CiContext, *, default_branch: str = "", base: str | None = None) -> Situation:
    """Where HEAD is and what it goes to (docs/architecture.md, "Baseline").

    Raises Undetermined (`base-unknown`) when CI names a target that is not in the clone.
    """
    origin = repository.origin()
    if base is not None:
        start = repository.resolve(base)
        if start is None:
            raise UsageError("base-unknown", f"--base {base}: there is no such commit in this clone")
        return Situation(SituationKind.CHANGE, origin, start, start, given=True)
    if ci.event in (CiEvent.PUSH, CiEvent.SCHEDULE, CiEvent.MANUAL) and ci.on_default_branch:
        return _branch(repository, origin, ci.before)
    tip = _target(repository, ci, default_branch)
    if tip is None:
        return _without_target(repository, origin, ci)
    start = repository.merge_base(tip, origin.commit)
    if start is None:
        raise Undetermined(
            "base-unknown",
            f"HEAD and {ci.target or 'the default branch'} have no common ancestor in this clone",
            hint="fetch the whole history: `fetch-depth: 0` in CI, `git fetch --unshallow` locally",
        )
    if start == origin.commit and not origin.dirty:
        return _branch(repository, origin, "")
    return Situation(SituationKind.CHANGE, origin, start, tip)


def _target(repository: Repository, ci: CiContext, default_branch: str) -> str | None:
    """Tip of the branch that the change goes to, as far as this clone knows it. What the CI says comes first."""
    for name in (ci.target, ci.default_branch):
        if name:
            return _branch_tip(repository, name)
    usual = repository.default_branch()
    if usual is not None and usual.startswith("origin/") and repository.resolve("refs/remotes/origin/HEAD"):
        return repository.resolve(usual)
    return _branch_tip(repository, default_branch) or (repository.resolve(usual) if usual else None)


def _branch_tip(repository: Repository, name: str) -> str | None:
    if not name:
        return None
    return repository.resolve(f"refs/remotes/origin/{name}") or repository.resolve(f"refs/heads/{name}")


def _without_target(repository: Repository, origin: Origin, ci: CiContext) -> Situation:
    """A pull request whose target is not in the clone starts at the commit that the CI's event names, and nowhere else:
    a merge commit's first parent may be the author's own. A lone branch is judged against its past."""
    if ci.event is not CiEvent.PULL_REQUEST:
        return _branch(repository, origin, ci.before)
    tip = repository.obtain(ci.base_commit) if ci.base_commit else None
    start = repository.merge_base(tip, origin.commit) if tip else None
    if tip is None or start is None:
        raise Undetermined(
            "base-unknown",
            f"the target branch {ci.target or '(unnamed)'} is not in this clone",
            hint="check out with `fetch-depth: 0`",
        )
    return Situation(SituationKind.CHANGE, origin, start, tip)


def _branch(repository: Repository, origin: Origin, before: str) -> Situation:
    """The branch itself: against what it pointed to before the push, else the first parent; dirty work against HEAD."""
    if origin.dirty:
        return Situation(SituationKind.CHANGE, origin, origin.commit, origin.commit)
    start = repository.obtain(before) if before.strip("0") else None
    if start is None and before.strip("0"):
        raise Undetermined(
            "base-unknown",
            f"the commit {before[:12]} that the branch pointed to before this push is not in this clone",
            hint="check out with `fetch-depth: 0`",
        )
    if start is None or start == origin.commit:
        start = next(iter(repository.parents(origin.commit)), None)
    return Situation(SituationKind.BRANCH, origin, start, start)
