"""What the base branch's commits hold: their files, and their policy."""

from __future__ import annotations

from collections.abc import Callable

from covgov.errors import PolicyInvalid
from covgov.policy import config
from covgov.policy.policy import Policy
from covgov.register import document
from covgov.register.entry import Register
from covgov.vcs.interface import Repository

PolicyOf = Callable[[str], Policy | None]

REPAIR = (
    "exit 3 ends once the repaired policy is the base; the repair itself cannot pass this gate, but an administrator "
    "may merge it"
)


def reader(repository: Repository, commit: str) -> Callable[[str], bytes | None]:
    """Path -> bytes of the file at the commit, None when it has none there."""
    return lambda path: repository.read(commit, path)


def register_at(repository: Repository, commit: str, path: str) -> Register | None:
    """The commit's register, None when it has none. Raises RegisterInvalid that names the commit."""
    data = repository.read(commit, path)
    return document.read(data, f"{path} at {commit[:12]}") if data else None


def policy_at(repository: Repository, commit: str) -> Policy | None:
    """The commit's policy, None when nobody had written one.

    Raises PolicyInvalid that names the commit: the file on disk may be without a fault.
    """
    try:
        return config.load(reader(repository, commit), at=f"at {commit[:12]} (base branch)")
    except PolicyInvalid as error:
        error.hint = REPAIR
        raise


def trusted_default_branch(repository: Repository, head: Policy, policy: PolicyOf | None = None) -> str:
    """The configured default branch, as the usual one configures it: a change must not choose its own base.

    policy: reads the policy of a commit. "" = it has none. Raises PolicyInvalid when that policy cannot be read.
    """
    tip = repository.branch_tip(repository.remote_default()) or repository.branch_tip(repository.usual_branch())
    if tip is None:
        return head.gate.default_branch
    governed = policy(tip) if policy else policy_at(repository, tip)
    return governed.gate.default_branch if governed is not None else ""
