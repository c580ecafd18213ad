"""The approvals of the change that a CI job builds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import CovgovError
from covgov.model.approval import Approval, Approvals


class ReviewReader(Protocol):
    """Reads the reviews of one request from its code host. Raises CovgovError."""

    def __call__(self, env: Mapping[str, str], number: str, head: str, owners: Sequence[str], /) -> Approval: ...


def approvals(ci: CiContext, env: Mapping[str, str], readers: Mapping[str, ReviewReader]) -> Approvals:
    """readers: by name of the CI system. Whatever cannot be asked has approved nothing."""

    def ask(head: str, owners: Sequence[str], /) -> Approval:
        reader = readers.get(ci.system)
        if ci.event is not CiEvent.PULL_REQUEST or not ci.pull_request or reader is None:
            return Approval(why="this is no job of a pull request whose reviews can be read")
        if head != ci.head_commit:
            return Approval(why="what is checked out is not the newest commit of the pull request")
        try:
            return reader(env, ci.pull_request, head, owners)
        except CovgovError as error:
            return Approval(why=f"reviews cannot be read: {error.message}")

    return ask


def nobody(owners: Sequence[str]) -> Approval:
    """The answer when no review counts."""
    return Approval(why=f"no owner ({', '.join(owners)}) other than the author has approved the newest commit")
