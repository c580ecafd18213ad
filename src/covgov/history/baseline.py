"""Which recorded run the head is compared with, and why. docs/decisions/0011-baseline-choice.md argues the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import islice

from msgspec import Struct, field

from covgov.errors import InputError, Undetermined
from covgov.history.interface import AnnotatedStore, LocalCopyStore, RunStore, RunSummary
from covgov.history.usable import RunCombination, usable_run
from covgov.model.run import Baseline, BaselineReason, NoBaseline, Receipt
from covgov.model.snapshot import Identity, Snapshot
from covgov.vcs.interface import SEARCH_LIMIT, Repository

PROPOSED = "refs/"
"""Prefix of the branch of a run that a job of a pull request, merge request or tag sent to a hub."""


class BaselineKind(StrEnum):
    PULL_REQUEST = "pull-request"  # also local work against the default branch
    BRANCH = "branch"  # a push to the target branch
    GIVEN = "given"  # the base was named on the command line


class BaselineQuestion(Struct, frozen=True):
    """kind and start: where the search begins: the merge base, the push's `before` (else the first parent), or the
    commit given; "" when there is no such commit (the first commit of all).

    head, head_tree: what is being checked; it is never its own baseline. head "" = any commit of that tree.
    since: the policy's `history.since`. identities: by suite, what measured
    the head; preferred where there is a choice.
    """

    kind: BaselineKind
    start: str
    head_tree: str
    since: date | None = None
    head: str = ""
    identities: Mapping[str, Identity] = field(default_factory=dict)


class _FoundRun(Struct, frozen=True):
    commit: str
    distance: int
    combination: RunCombination


class _Search(Struct, frozen=True):
    """recorded: whether any commit that was passed had a run. oldest: the last complete one that was passed."""

    found: _FoundRun | None
    oldest: _FoundRun | None
    recorded: bool


def choose(
    store: RunStore, repository: Repository, question: BaselineQuestion, *, today: date
) -> Baseline | NoBaseline:
    """The baseline with its receipt, or why there is none. Never raises for a history that cannot be read: that
    is a result too (`UNREACHABLE`, blocking)."""
    try:
        if not store.exists():
            return _absent(question.since, store.unfetched_remote() if isinstance(store, LocalCopyStore) else "")
        runs = store.list()
        search = _search(runs, repository, question)
        found = search.found or search.oldest
        if found is None:
            return _not_recorded(search.recorded, question)
        return _baseline(store, repository, found, _reason(search, question.kind), today)
    except Undetermined as error:
        shallow = error.code == "clone-too-shallow"
        reason = BaselineReason.SHALLOW if shallow else BaselineReason.UNREACHABLE
        return NoBaseline(reason, _told(error), blocking=True)
    except InputError as error:
        return NoBaseline(BaselineReason.UNREACHABLE, _told(error), blocking=True)


def recorded_trees(store: RunStore) -> frozenset[str]:
    """Trees that history has a run of; none when it cannot be read, which `choose` reports."""
    try:
        return frozenset(_by_tree(store.list())) if store.exists() else frozenset()
    except (Undetermined, InputError):
        return frozenset()


def measured(
    repository: Repository, commit: str, found: Mapping[str, Snapshot] | str, *, today: date
) -> Baseline | NoBaseline:
    """The baseline that this run itself measured at a commit; a text is why that proves nothing."""
    if isinstance(found, str):
        return NoBaseline(BaselineReason.BASE_FAILED, f"{commit[:12]}: {found}", blocking=True)
    return Baseline(Receipt(commit, 0, _age(repository, commit, today), BaselineReason.MEASURED), found)


def _age(repository: Repository, commit: str, today: date) -> int:
    return max(0, (today - repository.committed_at(commit).date()).days)


def _absent(since: date | None, remote: str) -> NoBaseline:
    if since is None and remote:
        detail = f"run `covgov history fetch` to look for it on {remote}"
        return NoBaseline(BaselineReason.NOT_FETCHED, detail, blocking=False)
    if since is None:
        return NoBaseline(BaselineReason.FIRST_RUN, "no run is recorded yet", blocking=False)
    detail = f"[history] since = {since}, but no run is here; run `covgov history fetch`"
    return NoBaseline(BaselineReason.LOST, detail, blocking=True)


def _search(runs: Sequence[RunSummary], repository: Repository, question: BaselineQuestion) -> _Search:
    by_tree = _by_tree(runs)
    oldest: _FoundRun | None = None
    recorded = False
    unseen = set(by_tree)
    for distance, commit in enumerate(_line(repository, question.start)):
        if not unseen:
            break  # no older commit can have a run
        tree = repository.tree(commit)
        unseen.discard(tree)
        if tree == question.head_tree and question.head in ("", commit):
            continue
        combination = usable_run(by_tree.get(tree, ()), question.identities)
        recorded = recorded or combination is not None
        if combination is None or not combination.complete:
            continue
        oldest = _FoundRun(commit, distance, combination)
        if combination.passed or question.kind is not BaselineKind.BRANCH:
            return _Search(oldest, None, recorded=True)
    return _Search(None, oldest, recorded)


def _by_tree(runs: Sequence[RunSummary]) -> Mapping[str, Sequence[RunSummary]]:
    """Runs of committed code that a branch itself recorded."""
    found: dict[str, list[RunSummary]] = {}
    for run in runs:
        if not run.dirty and not run.branch.startswith(PROPOSED):
            found.setdefault(run.tree, []).append(run)
    return found


def _line(repository: Repository, start: str) -> Iterator[str]:
    """Lazily: a shallow clone is deepened only as far as the search goes."""
    if start and repository.resolve(start) is not None:
        yield from islice(repository.first_parents(start), SEARCH_LIMIT)


def _reason(search: _Search, kind: BaselineKind) -> BaselineReason:
    if search.found is None:
        return BaselineReason.NEVER_PASSED
    if kind is BaselineKind.BRANCH:
        return BaselineReason.PREVIOUS_PASSED
    if search.found.distance:
        return BaselineReason.MERGE_BASE_ANCESTOR
    return BaselineReason.GIVEN if kind is BaselineKind.GIVEN else BaselineReason.MERGE_BASE


def _not_recorded(recorded: bool, question: BaselineQuestion) -> NoBaseline:
    if recorded:
        detail = "earlier commits have runs, but none is complete with passing tests; re-run the newest one's job"
    else:
        detail = f"no run of {question.start[:12] or 'an earlier commit'} or of the commits before it"
    return NoBaseline(BaselineReason.NOT_RECORDED, detail, blocking=recorded or question.since is not None)


def _baseline(
    store: RunStore, repository: Repository, found: _FoundRun, reason: BaselineReason, today: date
) -> Baseline:
    sources = found.combination.sources
    run_ids = sorted(set(sources.values()))
    runs = dict(zip(run_ids, store.snapshots(run_ids), strict=True))
    snapshots: dict[str, Snapshot] = {name: runs[run_id][name] for name, run_id in sources.items()}
    receipt = Receipt(
        commit=found.commit,
        distance=found.distance,
        age_days=_age(repository, found.commit, today),
        reason=reason,
        detail="; ".join(store.notes()) if isinstance(store, AnnotatedStore) else "",
    )
    return Baseline(receipt, snapshots)


def _told(error: Undetermined | InputError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
