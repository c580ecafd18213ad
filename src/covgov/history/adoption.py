"""Whether enforcement has begun. docs/decisions/0036-adoption.md argues the rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from covgov.errors import InputError, Undetermined
from covgov.history.baseline import PROPOSED
from covgov.history.interface import AnnotatedStore, LocalCopyStore, RunStore, RunSummary
from covgov.model.verdict import Outcome
from covgov.vcs.interface import SEARCH_LIMIT, Repository


def in_adoption(
    store: RunStore, repository: Repository, tip: str | None, names: Collection[str], *, since: bool, head: str = ""
) -> bool:
    """Whether no run of the branch that ends at `tip` has passed yet.

    tip: None = the branch has no earlier commit. names: what the branch may be called. since: a policy sets
    `history.since`. head: the commit that is checked; its own runs do not count. A history that is lost, cannot be
    read, was not asked for or is an old copy answers nothing, so it is not adoption.
    """
    try:
        if not store.exists():
            return not since and not (isinstance(store, LocalCopyStore) and store.unfetched_remote())
        passed = [run for run in store.list() if _passed(run) and run.commit != head]
        if not passed:
            return not (isinstance(store, AnnotatedStore) and store.notes())
        return tip is not None and not (_on_line(passed, repository, tip) or _behind(passed, repository, tip, names))
    except (InputError, Undetermined):
        return False


def _on_line(runs: Sequence[RunSummary], repository: Repository, tip: str) -> bool:
    """Whether a run is of a commit, or of the tree of a recent commit, of the branch."""
    commits, trees = {run.commit for run in runs}, {run.tree for run in runs}
    return any(
        commit in commits or (distance < SEARCH_LIMIT and repository.tree(commit) in trees)
        for distance, commit in enumerate(repository.first_parents(tip))
    )


def _behind(runs: Sequence[RunSummary], repository: Repository, tip: str, names: Collection[str]) -> bool:
    """Whether a run was recorded of the branch by its name, of a commit that it still holds. A merge that was pushed
    with its parents swapped takes the branch's own past off its first-parent line; enforcement does not end by that."""
    named = (run.commit for run in reversed(runs) if run.branch in names)
    here = (commit for commit in dict.fromkeys(named) if repository.resolve(commit) is not None)
    return any(repository.merge_base(commit, tip) == commit for commit in here)


def _passed(run: RunSummary) -> bool:
    return run.outcome is Outcome.PASS and run.complete and not run.dirty and not run.branch.startswith(PROPOSED)
