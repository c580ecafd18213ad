"""What is known before a suite has run: which change this is, who judges it, and every reason not to judge at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial

from covgov.ci.interface import CiEvent
from covgov.errors import PolicyInvalid, RegisterInvalid, UsageError
from covgov.gather.base_branch import PolicyOf, policy_at, reader, register_at, settings_reader, trusted_default_branch
from covgov.gather.line_ends import distrusted
from covgov.gather.request import Edges, Request
from covgov.gather.situation import Situation, SituationKind, no_checkout, situate
from covgov.history.adoption import in_adoption
from covgov.history.baseline import recorded_trees
from covgov.judge import override
from covgov.judge.facts import BasePolicy, Override
from covgov.model.diff import Diff
from covgov.model.snapshot import Snapshot
from covgov.policy import scopes
from covgov.policy.policy import Policy
from covgov.policy.suites import declared_suites, wanted_suites
from covgov.register.entry import Register
from covgov.register.table import is_register
from covgov.tamper.moved_code import moved_code
from covgov.tamper.renames import judging
from covgov.vcs.interface import WORKTREE, Repository


@dataclass(frozen=True, slots=True)
class BaseBranch:
    """The base branch's side: policies where the change starts and at the branch's tip, its register, the diff.

    fault: why the tip's own policy cannot be read and which one is used instead; "" when it can. register_taken: what
    the branch has in the register's place never was one. read_settings: files with the coverage.py
    configuration that the head's is compared with.
    """

    state: BasePolicy = BasePolicy.NO_BASE
    fault: str = ""
    at_start: Policy | None = None
    at_tip: Policy | None = None
    register: Register | None = None
    register_taken: bool = False
    start_register: Register | None = None
    diff: Diff = field(default_factory=Diff)
    read_settings: Callable[[str], bytes | None] = lambda path: None
    read_tip: Callable[[str], bytes | None] | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a judgement starts from and no measurement can change. wanted: names of the suites to judge.

    policies: those that judge: the head's, and the base branch's on the head's paths where that is another one.
    adoption: no run of the default branch has passed yet, so the head's policy judges alone.
    base_run: what was measured now where the change starts, or why that proves nothing; None = history is asked.
    """

    request: Request
    situation: Situation | None
    base: BaseBranch
    policies: tuple[Policy, ...]
    wanted: tuple[str, ...]
    override: Override | None
    adoption: bool = False
    base_run: Mapping[str, Snapshot] | str | None = None

    @property
    def head(self) -> Policy:
        return self.policies[0]

    @property
    def expected(self) -> tuple[str, ...]:
        """Every suite that either policy declares, sorted."""
        return declared_suites(self.policies)

    @property
    def register_path(self) -> str:
        """The register stays where the base branch has it, or a change could bring the register that excuses it."""
        policy = self.head if self.base.at_tip is None or self.base.register_taken else self.base.at_tip
        return policy.exceptions.path

    @property
    def change(self) -> bool:
        """Whether this is a change on its way to a branch, not the branch itself."""
        return self.situation is not None and self.situation.kind is SituationKind.CHANGE


def prepare(request: Request, head: Policy, edges: Edges) -> Preparation:
    """Reads the base branch's policy and register once, for the whole run.

    Raises Undetermined (no commit, unknown base), UsageError (suites, base or bar given on the command line) and
    RegisterInvalid (`register-taken`).
    """
    if edges.repository is None:
        if request.base is not None:
            raise UsageError("base-unknown", f"--base {request.base}: this is no git checkout")
        if edges.ci.event is not CiEvent.LOCAL:
            raise no_checkout(edges.ci)
        situation, base, adoption = None, BaseBranch(), False
    else:
        repository = edges.repository
        policy = cache(lambda commit: policy_at(repository, commit))
        trusted = trusted_default_branch(repository, head, policy)
        situation = situate(
            repository,
            edges.ci,
            default_branch=trusted,
            base=request.base,
            recorded=lambda: recorded_trees(edges.store(head.history.store)),
        )
        adoption = _in_adoption(situation, head, repository, policy, edges)
        base = _base_branch(situation, head, repository, policy, edges, adoption=adoption)
    _refuse_taken(head.exceptions.path, edges)
    policies = judging(head, base.at_tip, base.diff.renames(), _files(edges), _moved_code(head, base, situation, edges))
    wanted = wanted_suites(request.suites, *policies)
    bar = override.override(request.fail_under, edges.env, wanted, base.at_tip or head)
    return Preparation(request, situation, base, policies, wanted, bar, adoption)


def _in_adoption(situation: Situation, head: Policy, repository: Repository, policy: PolicyOf, edges: Edges) -> bool:
    """Asks the history that the base branch names, or a change could begin anew by naming another one."""
    tip, origin = situation.base_tip, situation.origin
    governed = policy(tip)[0] if tip else None
    judges = [head, governed] if governed is not None else [head]
    since = any(one.history.since is not None for one in judges)
    try:
        store = edges.store(judges[-1].history.store)
    except PolicyInvalid:  # no history was ever there
        store = edges.store(head.history.store)
    names = {edges.ci.target or edges.ci.default_branch, repository.remote_default(), repository.usual_branch()}
    names |= {one.gate.default_branch for one in judges}
    if situation.kind is SituationKind.BRANCH:
        names.add(edges.ci.branch)
    head_commit = "" if origin.dirty else origin.commit
    return in_adoption(store, repository, tip, names - {""}, since=since, head=head_commit)


def _base_branch(
    situation: Situation, head: Policy, repository: Repository, policy: PolicyOf, edges: Edges, *, adoption: bool
) -> BaseBranch:
    """Until enforcement begins, only the diff counts."""
    start, tip = situation.start, situation.base_tip
    if start is None or tip is None:
        return BaseBranch()
    (at_tip, fault), (at_start, _) = policy(tip), policy(start)
    files = BaseBranch(
        state=BasePolicy.ABSENT if at_tip is None else BasePolicy.ADOPTION,
        diff=distrusted(repository.diff(start, WORKTREE), edges.read),
    )
    if adoption:
        return files
    register = cache(partial(register_at, repository))
    at_base, unreadable = register(tip, (at_tip or head).exceptions.path)
    return replace(
        files,
        state=BasePolicy.ABSENT if at_tip is None else BasePolicy.PRESENT,
        fault=fault,
        read_settings=settings_reader(repository, start if at_start else tip, edges.env.get("COVERAGE_RCFILE") or None),
        read_tip=reader(repository, tip),
        at_start=at_start,
        at_tip=at_tip,
        register=at_base,
        register_taken=at_base is None and bool(unreadable),
        start_register=register(start, (at_start or head).exceptions.path)[0],
    )


def _moved_code(head: Policy, base: BaseBranch, situation: Situation | None, edges: Edges) -> Mapping[str, str]:
    """New path -> old path of code that leaves the base branch's components for a file that neither policy names."""
    policy, repository = base.at_tip, edges.repository
    if policy is None or repository is None or situation is None or situation.start is None:
        return {}

    def claimed(path: str) -> bool:
        return bool(scopes.placed(policy, path))

    unclaimed = Diff(tuple(file for file in base.diff if file.old_path or not scopes.placed(head, file.new_path or "")))
    return moved_code(unclaimed, claimed, partial(repository.read_all, situation.start), edges.read)


def _files(edges: Edges) -> Callable[[], Collection[str]]:
    return lambda: edges.repository.blobs(WORKTREE).keys() if edges.repository is not None else ()


def _refuse_taken(path: str, edges: Edges) -> None:
    """A file of the project's own where the register should be is refused before anything runs or is recorded."""
    if not is_register(edges.read(path)):
        raise RegisterInvalid(
            "register-taken",
            f"{path} is the exception register's path, but this file has no markers of a register",
            hint='set another in covgov.toml, `[register] path = "coverage-register.md"`, or use `covgov init`',
        )
