"""The facts of one judgement, in the order in which a person would ask for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from covgov.differential.patch import changed_lines
from covgov.errors import CovgovError, RegisterInvalid, Undetermined, UsageError
from covgov.gather import unmeasured
from covgov.gather.arrivals import Arrival, Here, receive
from covgov.gather.base_branch import policy_at, reader, register_at, trusted_default_branch
from covgov.gather.comparison import Against, compare_all, with_merged
from covgov.gather.line_ends import distrusted
from covgov.gather.request import Edges, Request
from covgov.gather.situation import Kind, Situation, situate
from covgov.history import baseline as baselines
from covgov.ingest.normalise import merge
from covgov.judge import override
from covgov.judge.facts import BasePolicy, ComponentFacts, Facts, Measured, Override, PatchFacts
from covgov.model.diff import Diff
from covgov.model.loosening import Loosening
from covgov.model.run import Baseline, BaselineReason, NoBaseline
from covgov.model.snapshot import MERGED, Snapshot
from covgov.policy import scopes
from covgov.policy.bar import BarScope
from covgov.policy.policy import Policy
from covgov.register import document
from covgov.register.entry import Register
from covgov.tamper import find as tampering
from covgov.tamper import whose
from covgov.vcs import codeowners
from covgov.vcs.interface import WORKTREE


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, the snapshots they rest on (by suite), and faults that did not stop the judgement.

    change: judged as a change on its way to a branch, not as the branch itself.
    """

    facts: Facts
    snapshots: Mapping[str, Snapshot]
    faults: tuple[CovgovError, ...] = ()
    change: bool = False


@dataclass(frozen=True, slots=True)
class _Base:
    """The base branch's side: policies where the change starts and at the branch's tip, its register, the diff."""

    state: BasePolicy
    at_start: Policy | None = None
    at_tip: Policy | None = None
    register: Register | None = None
    start_register: Register | None = None
    diff: Diff = field(default_factory=Diff)
    read_start: Callable[[str], bytes | None] = lambda path: None
    read_tip: Callable[[str], bytes | None] | None = None

    @property
    def renames(self) -> dict[str, str]:
        return self.diff.renames()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a judgement stands on and no measurement can change. policy: the stricter of base and head."""

    situation: Situation | None
    base: _Base
    policy: Policy
    wanted: tuple[str, ...]
    override: Override | None


def preflight(request: Request, head: Policy, edges: Edges) -> Ground:
    """Every reason not to judge that is known before a suite has run, raised: so that `covgov run` need not run it.

    Raises Undetermined (no commit, unknown base), PolicyInvalid and RegisterInvalid (the base's), UsageError (suites,
    base or bar given on the command line).
    """
    situation = _situation(request, head, edges)
    base = _base(situation, head, edges)
    effective = whose.stricter(base.at_tip, head, base.renames)
    wanted = wanted_suites(request.suites, effective)
    bar = override.override(request.fail_under, edges.env, wanted, base.at_tip if base.at_tip else head)
    return Ground(situation, base, effective, wanted, bar)


def gather(request: Request, head: Policy, edges: Edges) -> Gathered:
    """Everything the rules may look at. Raises Undetermined and PolicyInvalid when no judgement is possible at all."""
    ground = preflight(request, head, edges)
    situation, base, effective, wanted = ground.situation, ground.base, ground.policy, ground.wanted
    whole = set(wanted) == set(effective.expected)
    blobs = edges.repository.blobs(WORKTREE) if edges.repository else None
    here = _here(situation, effective, edges, blobs)
    arrivals = tuple(receive(suite, request.folder, edges.read, here) for suite in wanted)
    heads = {arrival.suite: arrival.snapshot for arrival in arrivals if arrival.snapshot is not None}
    baseline = _baseline(situation, effective, edges, heads, request.today)
    merged = merge(tuple(heads.values())) if heads else None
    baseline_diff = _baseline_diff(baseline, situation, base, edges)
    against = _against(
        baseline,
        heads,
        merged,
        baseline_diff,
        accept_identity=request.accept_identity,
        count_deletions=effective.gate.count_deletions,
    )
    register, faults = _register(effective.exceptions.path, edges.read)
    changed = changed_lines(base.diff)
    absent = unmeasured.changed_files(effective, heads, base.diff, changed)
    patch = PatchFacts(changed, merged, absent) if merged else None
    facts = Facts(
        today=request.today,
        policy=effective,
        base_policy=base.state,
        loosenings=_loosenings(base, head, edges, _sources(effective, merged, changed), blobs or ()),
        suites=tuple(arrival.line() for arrival in arrivals),
        components=_components(effective, wanted, arrivals, against),
        project=_project(arrivals, merged, against) if whole else None,
        patch=patch if whole and situation and situation.start else None,
        vanished=unmeasured.vanished(effective, heads, baseline, baseline_diff, blobs or ()),
        register=register,
        base_register=base.register,
        start_register=base.start_register,
        notes={suite: snapshot.notes for suite, snapshot in heads.items()},
        override=ground.override,
        commit=situation.origin.commit if situation else "",
        tree=situation.origin.tree if situation else "",
        dirty=_dirty(situation, heads),
        changed_paths=_changed_paths(base.diff) if situation and situation.start else None,
        owners=_owners(effective, merged, base.read_tip or edges.read),
    )
    told = {*facts.vanished, *(facts.patch.unmeasured if facts.patch else ())}
    silent = unmeasured.unreported(effective, heads, blobs or (), edges.read, told)
    change = situation is not None and situation.kind is Kind.CHANGE
    return Gathered(replace(facts, unreported=silent), heads, faults, change)


def _loosenings(
    base: _Base,
    head: Policy,
    edges: Edges,
    sources: Mapping[str, int],
    files: Collection[str],
) -> tuple[Loosening, ...]:
    """Between where the change starts and the head. sources: changed lines of the files in which a pragma matters."""
    return tampering.find(
        (base.at_start, head),
        (base.read_start, edges.read),
        renames=base.renames,
        changed=sources,
        files=files,
        rcfile=edges.env.get("COVERAGE_RCFILE") or None,
    )


def _sources(policy: Policy, merged: Snapshot | None, changed: Mapping[str, int]) -> dict[str, int]:
    """Changed lines of what is measured or ought to be: the project counts files that no component claims, too."""
    measured = merged.files if merged is not None else {}
    return {path: bits for path, bits in changed.items() if path in measured or scopes.is_source(policy, path)}


def _situation(request: Request, head: Policy, edges: Edges) -> Situation | None:
    if edges.repository is None:
        if request.base is not None:
            raise UsageError("base-unknown", f"--base {request.base}: this is no git checkout")
        return None
    trusted = trusted_default_branch(edges.repository, head)
    return situate(edges.repository, edges.ci, default_branch=trusted, base=request.base)


def wanted_suites(suites: Sequence[str], policy: Policy) -> tuple[str, ...]:
    """The suites asked for, else every declared one. Raises UsageError for a suite that nobody declared."""
    unknown = sorted(set(suites) - set(policy.expected))
    if unknown:
        declared = ", ".join(policy.expected) or "none"
        raise UsageError("suite-unknown", f"no suite is called {unknown[0]!r}", hint=f"declared suites: {declared}")
    return tuple(sorted(set(suites))) or policy.expected


def _base(situation: Situation | None, head: Policy, edges: Edges) -> _Base:
    """A base without a policy is a bootstrap; an unreadable base policy raises PolicyInvalid."""
    repository = edges.repository
    if repository is None or situation is None or situation.start is None or situation.base_tip is None:
        return _Base(BasePolicy.NO_BASE)
    at_start = policy_at(repository, situation.start)
    at_tip = policy_at(repository, situation.base_tip)
    diff = distrusted(repository.diff(situation.start, WORKTREE), edges.read)
    register = register_at(repository, situation.base_tip, (at_tip or head).exceptions.path)
    try:
        start_register = register_at(repository, situation.start, (at_start or head).exceptions.path)
    except RegisterInvalid:  # mended since then: nothing of it can be told from what the base branch has
        start_register = register
    state = BasePolicy.PRESENT if at_tip is not None else BasePolicy.ABSENT
    return _Base(
        state=state,
        at_start=at_start,
        at_tip=at_tip,
        register=register,
        start_register=start_register,
        diff=diff,
        read_start=reader(repository, situation.start),
        read_tip=reader(repository, situation.base_tip),
    )


def _here(situation: Situation | None, policy: Policy, edges: Edges, blobs: Mapping[str, str] | None) -> Here | None:
    repository = edges.repository
    if repository is None or situation is None or blobs is None:
        return None

    def differs(tree: str) -> frozenset[str] | None:
        try:
            return _changed_paths(repository.diff(tree, WORKTREE))
        except Undetermined:
            return None  # the tree of uncommitted work elsewhere: nobody here has it

    return Here(situation.origin, blobs, differs, harmless=frozenset({policy.exceptions.path}))


def _baseline(
    situation: Situation | None, policy: Policy, edges: Edges, heads: Mapping[str, Snapshot], today: date
) -> Baseline | NoBaseline:
    """The baseline of this situation; what makes it unreachable blocks the guard, never the absolute bars."""
    if situation is None or edges.repository is None:
        return NoBaseline(BaselineReason.NO_REPOSITORY, "", blocking=False)
    question = baselines.Question(
        kind=_kind(situation),
        start=situation.start or "",
        head="" if situation.origin.dirty else situation.origin.commit,
        head_tree=situation.origin.tree,
        since=policy.history.since,
        identities={suite: snapshot.identity for suite, snapshot in heads.items()},
    )
    return baselines.choose(edges.store(), edges.repository, question, today=today)


def _kind(situation: Situation) -> baselines.Kind:
    if situation.given:
        return baselines.Kind.GIVEN
    match situation.kind:
        case Kind.CHANGE:
            return baselines.Kind.PULL_REQUEST
        case Kind.BRANCH:
            return baselines.Kind.BRANCH


def _baseline_diff(baseline: Baseline | NoBaseline, situation: Situation | None, base: _Base, edges: Edges) -> Diff:
    """From the baseline's commit to what is on disk: not always where the change starts."""
    if isinstance(baseline, NoBaseline) or edges.repository is None or situation is None:
        return Diff()
    if baseline.receipt.commit == situation.start:
        return base.diff
    return distrusted(edges.repository.diff(baseline.receipt.commit, WORKTREE), edges.read)


def _against(
    baseline: Baseline | NoBaseline,
    heads: Mapping[str, Snapshot],
    merged: Snapshot | None,
    diff: Diff,
    *,
    accept_identity: bool,
    count_deletions: bool,
) -> Against:
    heads = {**heads, MERGED: merged} if merged else heads
    if isinstance(baseline, Baseline):
        parts = tuple(baseline.snapshots[name] for name in sorted(baseline.snapshots))
        baseline = with_merged(baseline, merge(parts)) if parts else baseline
    compared = compare_all(baseline, heads, diff, accept_identity=accept_identity)
    return Against(baseline, compared, count_deletions)


def _components(
    policy: Policy, wanted: tuple[str, ...], arrivals: tuple[Arrival, ...], against: Against
) -> tuple[ComponentFacts, ...]:
    by_suite = {arrival.suite: arrival for arrival in arrivals}
    return tuple(
        ComponentFacts(
            component,
            against.measure(
                component.suite,
                by_suite[component.suite].snapshot,
                by_suite[component.suite].reason,
                scopes.belongs(policy, name),
            ),
        )
        for name, component in sorted(policy.components.items())
        if component.suite in wanted
    )


def _project(arrivals: tuple[Arrival, ...], merged: Snapshot | None, against: Against) -> Measured:
    """The whole: every file any suite reports. One suite that did not arrive leaves the whole unmeasured."""
    missing = [arrival.suite for arrival in arrivals if arrival.snapshot is None]
    if missing:
        return against.measure(MERGED, None, f"the suite {missing[0]} did not arrive", lambda path: True)
    return against.measure(MERGED, merged, "", lambda path: True)


def _owners(policy: Policy, merged: Snapshot | None, read: Callable[[str], bytes | None]) -> dict[str, str]:
    """Owner of every measured file, by the base branch's CODEOWNERS; asked only when a bar is about owners."""
    if merged is None or all(bar.scope is not BarScope.OWNER for bar in policy.bars):
        return {}
    owner_of = codeowners.find(read).owner_of
    return {path: owner for path in merged.paths if (owner := owner_of(path))}


def _register(path: str, read: Callable[[str], bytes | None]) -> tuple[Register | None, tuple[CovgovError, ...]]:
    """The register on disk. A damaged one waives nothing and has its own exit code; the judgement goes on."""
    try:
        return document.read(read(path), path), ()
    except RegisterInvalid as error:
        return None, (error,)


def _dirty(situation: Situation | None, heads: Mapping[str, Snapshot]) -> bool:
    """What is on disk, or anything that was measured, is no commit's code."""
    measured = (snapshot.origin for snapshot in heads.values())
    return (situation is not None and situation.origin.dirty) or any(one is not None and one.dirty for one in measured)


def _changed_paths(diff: Diff) -> frozenset[str]:
    return frozenset(path for file in diff for path in (file.old_path, file.new_path) if path is not None)
