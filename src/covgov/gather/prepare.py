"""What is known before a suite has run: which change this is, who judges it, and every reason not to judge at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from covgov.ci.interface import CiEvent
from covgov.errors import RegisterInvalid, UsageError
from covgov.gather.base_branch import policy_at, reader, register_at, trusted_default_branch
from covgov.gather.line_ends import distrusted
from covgov.gather.request import Edges, Request
from covgov.gather.situation import Situation, SituationKind, no_checkout, situate
from covgov.history.baseline import recorded_trees
from covgov.judge import override
from covgov.judge.facts import BasePolicy, Override
from covgov.model.diff import Diff
from covgov.model.snapshot import Snapshot
from covgov.policy.policy import Policy
from covgov.register.entry import Register
from covgov.tamper.renames import judging
from covgov.vcs.interface import WORKTREE, Repository


@dataclass(frozen=True, slots=True)
class BaseBranch:
    """The base branch's side: policies where the change starts and at the branch's tip, its register, the diff."""

    state: BasePolicy = BasePolicy.NO_BASE
    at_start: Policy | None = None
    at_tip: Policy | None = None
    register: Register | None = None
    start_register: Register | None = None
    diff: Diff = field(default_factory=Diff)
    read_start: Callable[[str], bytes | None] = lambda path: None
    read_tip: Callable[[str], bytes | None] | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a judgement starts from and no measurement can change. wanted: names of the suites to judge.

    policies: those that judge: the head's, and the base branch's on the head's paths where that is another one.
    base_run: what was measured now where the change starts, or why that proves nothing; None = history is asked.
    """

    request: Request
    situation: Situation | None
    base: BaseBranch
    policies: tuple[Policy, ...]
    wanted: tuple[str, ...]
    override: Override | None
    base_run: Mapping[str, Snapshot] | str | None = None

    @property
    def head(self) -> Policy:
        return self.policies[0]

    @property
    def expected(self) -> tuple[str, ...]:
        """Every suite that either policy declares, sorted."""
        return _declared(self.policies)

    @property
    def register_path(self) -> str:
        """The register stays where the base branch has it, or a change could bring the register that excuses it."""
        return (self.base.at_tip or self.head).exceptions.path

    @property
    def change(self) -> bool:
        """Whether this is a change on its way to a branch, not the branch itself."""
        return self.situation is not None and self.situation.kind is SituationKind.CHANGE


def prepare(request: Request, head: Policy, edges: Edges) -> Preparation:
    """Reads the base branch's policy and register once, for the whole run.

    Raises Undetermined (no commit, unknown base), PolicyInvalid and RegisterInvalid (the base's), UsageError (suites,
    base or bar given on the command line).
    """
    if edges.repository is None:
        if request.base is not None:
            raise UsageError("base-unknown", f"--base {request.base}: this is no git checkout")
        if edges.ci.event is not CiEvent.LOCAL:
            raise no_checkout(edges.ci)
        situation, base = None, BaseBranch()
    else:
        repository = edges.repository
        policy = cache(lambda commit: policy_at(repository, commit))
        trusted = trusted_default_branch(repository, head, policy)
        situation = situate(
            repository,
            edges.ci,
            default_branch=trusted,
            base=request.base,
            recorded=lambda: recorded_trees(edges.store()),
        )
        base = _base_branch(situation, head, repository, policy, edges)
    policies = judging(head, base.at_tip, base.diff.renames())
    wanted = wanted_suites(request.suites, *policies)
    bar = override.override(request.fail_under, edges.env, wanted, base.at_tip or head)
    return Preparation(request, situation, base, policies, wanted, bar)


def _declared(policies: Sequence[Policy]) -> tuple[str, ...]:
    return tuple(sorted({name for policy in policies for name in policy.expected}))


def wanted_suites(suites: Sequence[str], *policies: Policy) -> tuple[str, ...]:
    """The suites asked for, else every declared one. Raises UsageError for a suite that nobody declared."""
    every = _declared(policies)
    unknown = sorted(set(suites) - set(every))
    if unknown:
        names = ", ".join(every) or "none"
        raise UsageError("suite-unknown", f"no suite is called {unknown[0]!r}", hint=f"declared suites: {names}")
    return tuple(sorted(set(suites))) or every


def _base_branch(
    situation: Situation,
    head: Policy,
    repository: Repository,
    policy: Callable[[str], Policy | None],
    edges: Edges,
) -> BaseBranch:
    """A base without a policy is a bootstrap; an unreadable base policy raises PolicyInvalid."""
    start, tip = situation.start, situation.base_tip
    if start is None or tip is None:
        return BaseBranch()
    register = cache(lambda commit, path: register_at(repository, commit, path))
    base = BaseBranch(
        state=BasePolicy.ABSENT if policy(tip) is None else BasePolicy.PRESENT,
        at_start=policy(start),
        at_tip=policy(tip),
        register=register(tip, (policy(tip) or head).exceptions.path),
        diff=distrusted(repository.diff(start, WORKTREE), edges.read),
        read_start=reader(repository, start),
        read_tip=reader(repository, tip),
    )
    try:
        return replace(base, start_register=register(start, (policy(start) or head).exceptions.path))
    except RegisterInvalid:  # repaired since then: the base branch's register has nothing of it
        return replace(base, start_register=base.register)
