"""What the owners of the base branch's policy and register said of the change in review."""

from __future__ import annotations

from covgov.gather.prepare import Preparation
from covgov.gather.request import Edges
from covgov.model.approval import Approval
from covgov.policy import config
from covgov.vcs import codeowners


def of_policy(prepared: Preparation, edges: Edges) -> Approval:
    """By an owner of the file that holds the base branch's policy."""
    read = prepared.base.read_tip or edges.read
    return _asked(prepared, edges, config.file_of(read))


def of_register(prepared: Preparation, edges: Edges) -> Approval:
    """By an owner of the register."""
    return _asked(prepared, edges, prepared.register_path)


def _asked(prepared: Preparation, edges: Edges, path: str) -> Approval:
    """The owners are those of the base branch: a change must not name its own."""
    base, situation, repository = prepared.base, prepared.situation, edges.repository
    owners = codeowners.find(base.read_tip).owner_of(path).split() if base.read_tip is not None else []
    if situation is None or repository is None:
        return Approval(why="this is no git checkout")
    if not owners:
        return Approval(why=f"CODEOWNERS of the base branch names no owner of {path}")
    head = edges.ci.head_commit
    built = situation.origin.commit
    if head and head not in (built, *repository.parents(built)):
        head = built
    return edges.approvals(head or built, owners)
