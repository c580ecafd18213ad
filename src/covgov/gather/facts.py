"""Gathers the facts of one judgement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from covgov.differential import prose
from covgov.differential.patch import changed_lines
from covgov.differential.upstream import UpstreamDiffs
from covgov.errors import CovgovError, RegisterInvalid, Undetermined
from covgov.gather import review
from covgov.gather.arrivals import CurrentCode, receive
from covgov.gather.line_ends import distrusted
from covgov.gather.prepare import Preparation
from covgov.gather.request import Edges
from covgov.gather.situation import Situation, SituationKind
from covgov.history import baseline as baselines
from covgov.ingest.merge import merge
from covgov.judge.facts import ADOPTION, NO_REPOSITORY, Facts, compare_all, suite_line
from covgov.judge.unmeasured import suffixes
from covgov.model.approval import NOT_ASKED
from covgov.model.diff import Diff
from covgov.model.loosening import Loosening
from covgov.model.run import Baseline, NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.model.source_files import SOURCE_SUFFIXES, is_test, measurable, only_named_test
from covgov.policy import scopes
from covgov.policy.bars import BarScope
from covgov.register import document
from covgov.register.entry import Register
from covgov.tamper import find as tampering
from covgov.vcs import codeowners
from covgov.vcs.interface import WORKTREE

Read = Callable[[str], bytes | None]


def gather(prepared: Preparation, edges: Edges) -> tuple[Facts, tuple[CovgovError, ...]]:
    """Everything the rules may look at, and faults that do not stop the judgement (a damaged register)."""
    if edges.repository is not None and prepared.situation is not None:  # a suite may have left something behind
        origin = edges.repository.origin()
        prepared = replace(prepared, situation=replace(prepared.situation, origin=origin))
    request, situation, base = prepared.request, prepared.situation, prepared.base
    blobs = edges.repository.blobs(WORKTREE) if edges.repository else {}
    here = _here(prepared, edges, blobs)
    arrivals = tuple(receive(suite, request.folder, edges.read, here) for suite in prepared.wanted)
    snapshots = {arrival.suite: arrival.snapshot for arrival in arrivals if arrival.snapshot is not None}
    merged = merge(tuple(snapshots.values())) if snapshots else None
    baseline = _baseline(prepared, edges, snapshots, request.today)
    baseline_diff = _baseline_diff(baseline, prepared, edges)
    register, faults = _register(prepared.register_path, edges.read)
    known = situation is not None and situation.start is not None
    changed = changed_lines(base.diff)
    known_before = () if isinstance(baseline, NoBaseline) else baseline.snapshots.values()
    kinds = suffixes([*snapshots.values(), *known_before])
    loosenings = _loosenings(prepared, edges, merged, changed, blobs, kinds)
    upstream = _upstream(baseline, prepared, edges)
    comparisons = compare_all(baseline, snapshots, merged, baseline_diff, request.accept_identity, upstream, loosenings)
    touched = _changed_paths(base.diff)
    facts = Facts(
        today=request.today,
        suites=tuple(suite_line(one.suite, one.snapshot, one.reason) for one in arrivals),
        snapshots=snapshots,
        merged=merged,
        whole=set(prepared.wanted) == set(prepared.expected),
        baseline=baseline,
        comparisons=comparisons,
        changed=changed if known else None,
        added=frozenset(file.new_path for file in base.diff if file.old_path is None and file.new_path is not None),
        renames=base.diff.renames(),
        baseline_renames=baseline_diff.renames(),
        files=blobs.keys(),
        blank=_blank(prepared, snapshots, blobs, edges.read),
        testless=_testless({*changed, *base.diff.renames().values()}, edges.read),
        base_policy=base.state,
        base_fault=base.fault,
        first_pass=prepared.adoption and not prepared.change and not _dirty(situation, snapshots),
        loosenings=loosenings,
        loosening_approval=review.of_policy(prepared, edges) if loosenings else NOT_ASKED,
        register_approval=review.of_register(prepared, edges) if prepared.register_path in touched else NOT_ASKED,
        register=register,
        base_register=base.register,
        start_register=base.start_register,
        changed_paths=touched if known else None,
        owners=_owners(prepared, merged, base.read_tip or edges.read, base.diff.renames()),
        notes=situation.notes if situation else (),
        override=prepared.override,
        commit=situation.origin.commit if situation else "",
        tree=situation.origin.tree if situation else "",
        dirty=_dirty(situation, snapshots),
        branch=situation is not None and situation.kind is SituationKind.BRANCH,
    )
    return facts, faults


def _loosenings(
    prepared: Preparation,
    edges: Edges,
    merged: Snapshot | None,
    changed: Mapping[str, int],
    files: Collection[str],
    kinds: Collection[str],
) -> tuple[Loosening, ...]:
    """Between where the change starts and the head; of a start before the first policy the branch's tip is compared.

    A pragma matters in what is measured or ought to be: the project counts files that no component claims, too.
    """
    base = prepared.base
    measured = merged.files if merged is not None else {}
    sources = {path: bits for path, bits in changed.items() if path in measured or _is_source(prepared, path)}
    return tampering.find(
        (base.at_start or base.at_tip, prepared.head),
        (base.read_settings, edges.read),
        renames=base.diff.renames(),
        changed=sources,
        files=files,
        kinds=kinds,
        rcfile=edges.env.get("COVERAGE_RCFILE") or None,
    )


def _is_source(prepared: Preparation, path: str) -> bool:
    """Whether a component names the path; the rest holds only what is measured."""
    return any(scopes.placed(policy, path) for policy in prepared.policies)


def _blank(
    prepared: Preparation, snapshots: Mapping[str, Snapshot], files: Collection[str], read: Read
) -> frozenset[str]:
    """Files without text among those that a report could be asked for and that some suite does not report."""
    kinds = suffixes(snapshots.values()) | SOURCE_SUFFIXES
    candidates = (
        path
        for path in files
        if measurable(path, kinds) and any(path not in snapshot.files for snapshot in snapshots.values())
    )
    return frozenset(path for path in candidates if _is_source(prepared, path) and not (read(path) or b"").strip())


def _testless(paths: Collection[str], read: Read) -> frozenset[str]:
    """Files that are called tests and hold none: code that nothing would measure."""
    return frozenset(path for path in paths if is_test(path) and only_named_test(path, read(path) or b""))


def _here(prepared: Preparation, edges: Edges, blobs: Mapping[str, str]) -> CurrentCode | None:
    repository, situation = edges.repository, prepared.situation
    if repository is None or situation is None:
        return None

    def differs(tree: str) -> frozenset[str] | None:
        try:
            return _changed_paths(repository.diff(tree, WORKTREE))
        except Undetermined:
            return None  # the tree of uncommitted work elsewhere: nobody here has it

    return CurrentCode(situation.origin, blobs, differs, harmless=frozenset({prepared.register_path}))


def _baseline(
    prepared: Preparation, edges: Edges, snapshots: Mapping[str, Snapshot], today: date
) -> Baseline | NoBaseline:
    """The baseline of this situation; what makes it unreachable blocks the guard, never the absolute bars."""
    situation = prepared.situation
    since = [policy.history.since for policy in prepared.policies if policy.history.since is not None]
    if situation is None or edges.repository is None:
        return replace(NO_REPOSITORY, blocking=bool(since))
    if prepared.adoption:
        return ADOPTION
    if prepared.base_run is not None:
        return baselines.measured(edges.repository, situation.start or "", prepared.base_run, today=today)
    question = baselines.BaselineQuestion(
        kind=_kind(situation),
        start=situation.start or "",
        head="" if situation.origin.dirty else situation.origin.commit,
        head_tree=situation.origin.tree,
        since=min(since, default=None),
        identities={suite: snapshot.identity for suite, snapshot in snapshots.items()},
    )
    return baselines.choose(edges.store(prepared.head.history.store), edges.repository, question, today=today)


def _kind(situation: Situation) -> baselines.BaselineKind:
    if situation.given:
        return baselines.BaselineKind.GIVEN
    match situation.kind:
        case SituationKind.CHANGE:
            return baselines.BaselineKind.PULL_REQUEST
        case SituationKind.BRANCH:
            return baselines.BaselineKind.BRANCH


def _baseline_diff(baseline: Baseline | NoBaseline, prepared: Preparation, edges: Edges) -> Diff:
    """From the baseline's commit to what is on disk: not always where the change starts."""
    situation = prepared.situation
    if isinstance(baseline, NoBaseline) or edges.repository is None or situation is None:
        return Diff()
    if baseline.receipt.commit == situation.start:
        return prepared.base.diff
    return distrusted(edges.repository.diff(baseline.receipt.commit, WORKTREE), edges.read)


def _upstream(baseline: Baseline | NoBaseline, prepared: Preparation, edges: Edges) -> UpstreamDiffs | None:
    """Set when the target branch touched more than prose between the baseline and where the change starts."""
    situation = prepared.situation
    if isinstance(baseline, NoBaseline) or edges.repository is None or situation is None or situation.start is None:
        return None
    if not situation.foreign or baseline.receipt.commit == situation.start:
        return None
    there, start = baseline.receipt.commit, situation.start
    before, change = edges.repository.diff(there, start), prepared.base.diff
    if prose.inert(before, partial(edges.repository.read, there)):
        return None
    return UpstreamDiffs(before, change, prose.inert(change, partial(edges.repository.read, start)))


def _owners(prepared: Preparation, merged: Snapshot | None, read: Read, renames: Mapping[str, str]) -> dict[str, str]:
    """Owner of every measured file, by the base branch's CODEOWNERS and its name there; asked only when a bar is about
    owners."""
    scope = {bar.scope for policy in prepared.policies for bar in policy.bars}
    if merged is None or BarScope.OWNER not in scope:
        return {}
    owner_of, before = codeowners.find(read).owner_of, {after: old for old, after in renames.items()}
    return {path: owner for path in merged.paths if (owner := owner_of(before.get(path, path)))}


def _register(path: str, read: Read) -> tuple[Register | None, tuple[CovgovError, ...]]:
    """The register on disk. A damaged one waives nothing and has its own exit code; the judgement goes on."""
    try:
        return document.read(read(path), path), ()
    except RegisterInvalid as error:
        return None, (error,)


def _dirty(situation: Situation | None, snapshots: Mapping[str, Snapshot]) -> bool:
    """What is on disk, or anything that was measured, is no commit's code."""
    measured = (snapshot.origin for snapshot in snapshots.values())
    return (situation is not None and situation.origin.dirty) or any(one is not None and one.dirty for one in measured)


def _changed_paths(diff: Diff) -> frozenset[str]:
    return frozenset(path for file in diff for path in (file.old_path, file.new_path) if path is not None)
