"""Which change is being judged: from which commit it starts, and whose policy and register hold."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from covgov.ci.interface import OF_A_BRANCH, CiContext, CiEvent
from covgov.errors import Undetermined, UsageError
from covgov.model.snapshot import Origin
from covgov.vcs.interface import SEARCH_LIMIT, Repository


class SituationKind(StrEnum):
    """A change on its way to a branch, or the branch itself moving on."""

    CHANGE = "change"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Situation:
    """start: where the change starts (merge base; previous commit of the branch), None for a first commit.

    base_tip: the commit of the base branch whose policy and register judge; it may be ahead of `start`. given: the base
    was named on the command line. foreign: the commits before `start` are the target branch's, not the change's own.
    notes: what is uncertain about the base.
    """

    kind: SituationKind
    origin: Origin
    start: str | None
    base_tip: str | None
    given: bool = False
    foreign: bool = False
    notes: tuple[str, ...] = ()


def situate(
    repository: Repository,
    ci: CiContext,
    *,
    default_branch: str = "",
    base: str | None = None,
    recorded: Callable[[], Collection[str]] = frozenset,
) -> Situation:
    """Where HEAD is and what it goes to (docs/architecture.md, "Baseline").

    recorded: trees that history has a run of. Raises Undetermined (`base-unknown`) when this is a change and the clone
    cannot show to what.
    """
    origin = repository.origin()
    if base is not None:
        start = repository.resolve(base)
        if start is None:
            raise UsageError("base-unknown", f"--base {base}: there is no such commit in this clone")
        return Situation(SituationKind.CHANGE, origin, start, start, given=True, foreign=True)
    if ci.event in OF_A_BRANCH and ci.on_default_branch:
        return _branch(repository, origin, ci.before, recorded)
    tip = _target(repository, ci, default_branch)
    if tip is None:
        return _without_target(repository, origin, ci, recorded)
    start = repository.merge_base(tip, origin.commit)
    if start is None:
        raise Undetermined(
            "base-unknown",
            f"HEAD and {ci.target or 'the default branch'} have no common ancestor",
            hint="rebase onto it, or name another base with `covgov check --base REVISION`",
        )
    if start == origin.commit and not origin.dirty:
        return _branch(repository, origin, "", recorded)
    # in CI, what a job leaves lying about makes no change of the branch itself
    foreign = start != origin.commit or not ci.in_ci
    return Situation(SituationKind.CHANGE, origin, start, tip, foreign=foreign)


def no_checkout(ci: CiContext) -> Undetermined:
    """The error for a job whose files are in no git checkout: to what they go, and whose policy judges, is unknown."""
    what = f"the pull request to {ci.target or ci.default_branch or 'an unnamed branch'}"
    what = what if ci.event is CiEvent.PULL_REQUEST else f"this {ci.event} job"
    return Undetermined(
        "base-unknown",
        f"{what} has no git checkout (.git) here, so there is nothing to compare with",
        hint="install git before the checkout step, and keep .git where covgov runs",
    )


def _target(repository: Repository, ci: CiContext, configured: str) -> str | None:
    """Tip of the branch that the change goes to, as far as this clone knows it. What the CI says comes first."""
    if named := ci.target or ci.default_branch:
        return repository.branch_tip(named)
    names = (repository.remote_default, lambda: configured, repository.usual_branch)
    return next(filter(None, (repository.branch_tip(name()) for name in names)), None)


def _without_target(
    repository: Repository, origin: Origin, ci: CiContext, recorded: Callable[[], Collection[str]]
) -> Situation:
    """A pull request whose target is not in the clone starts at the commit that the CI's event names, and nowhere else:
    a merge commit's first parent may be the author's own. Whatever nobody calls a change is judged against its past if
    it can only be the default branch, or as long as nothing is recorded.
    """
    if ci.event in (CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE):
        tip = repository.obtain(ci.base_commit) if ci.base_commit else None
        start = repository.merge_base(tip, origin.commit) if tip else None
        if tip is not None and start is not None:
            return Situation(SituationKind.CHANGE, origin, start, tip, foreign=True)
    elif not (ci.target or ci.default_branch):
        certain = _is_the_branch(repository, ci)
        if certain or not recorded():
            taken = f"the default branch is unknown: {repository.branch() or 'HEAD'} is taken for it"
            note = () if certain and not repository.remote() else (taken,)
            return replace(_branch(repository, origin, ""), notes=note)
    raise _unknown(repository, ci)


def _is_the_branch(repository: Repository, ci: CiContext) -> bool:
    """Whether HEAD can only be on the default branch. A CI's clone often has no other branch, whatever there is."""
    return repository.alone() and not (ci.in_ci and (repository.remote() or not repository.branch()))


def _unknown(repository: Repository, ci: CiContext) -> Undetermined:
    """The error for a target that is not here."""
    name, remote = ci.target or ci.default_branch, repository.remote()
    if repository.shallow():
        hint = "check out with the whole history: `fetch-depth: 0` in actions/checkout, GIT_DEPTH=0 in GitLab"
    elif remote and name:
        hint = f"fetch it: `git fetch {remote} {name}:refs/remotes/{remote}/{name}`"
    elif remote:
        hint = f"`git remote set-head {remote} --auto` asks {remote}; or set `default_branch` in [policy]"
    else:
        hint = "set `default_branch` in [policy], or name the base with `covgov check --base REVISION`"
    if name:
        return Undetermined("base-unknown", f"the target branch {name} is not in this clone", hint=hint)
    missing = "no remote names its default branch, and there is no main or master"
    return Undetermined("base-unknown", f"the target branch is unknown: {missing}", hint=hint)


def _branch(
    repository: Repository, origin: Origin, before: str, recorded: Callable[[], Collection[str]] = frozenset
) -> Situation:
    """The branch itself: against what it pointed to before the push, else the first parent; dirty work against HEAD."""
    if origin.dirty:
        return Situation(SituationKind.CHANGE, origin, origin.commit, origin.commit)
    start = repository.obtain(before) if before.strip("0") else None
    if start is None and before.strip("0"):
        return _forced(repository, origin, before, recorded())
    if start is None or start == origin.commit:
        start = next(iter(repository.parents(origin.commit)), None)
    return Situation(SituationKind.BRANCH, origin, start, start)


def _forced(repository: Repository, origin: Origin, before: str, recorded: Collection[str]) -> Situation:
    """A force push took away what the branch pointed to: it starts where it left the recorded line, or a lowered policy
    of an earlier commit of the same push would judge itself."""
    gone = f"the commit {before[:12]} that the branch pointed to before this push is not in this clone"
    if repository.shallow():
        raise Undetermined("base-unknown", gone, hint="check out with `fetch-depth: 0`")
    line = islice(repository.first_parents(origin.commit), 1, SEARCH_LIMIT)
    parent = next(iter(repository.parents(origin.commit)), None)
    start = next((commit for commit in line if repository.tree(commit) in recorded), parent)
    note = f"{gone} (a force push): the push starts at {start[:12] if start else 'its first commit'}"
    return Situation(SituationKind.BRANCH, origin, start, start, notes=(note,))
