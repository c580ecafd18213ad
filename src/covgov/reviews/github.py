"""Reviews of a GitHub pull request. The token needs to read pull requests, and for owners that are teams the members of
the organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from covgov.errors import DeliveryFailed
from covgov.model.approval import Approval
from covgov.publish.channels.github.fields import connect, own_repository
from covgov.reviews.ask import nobody

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi, PullRequestReview


def read(env: Mapping[str, str], number: str, head: str, owners: Sequence[str], /) -> Approval:
    """Raises UsageError (`http-extra-missing`), NotConfigured and DeliveryFailed."""
    return approval(connect(env, own_repository(env)), int(number), head, owners)


def approval(api: GithubApi, number: int, head: str, owners: Sequence[str]) -> Approval:
    """Of each reviewer the last review that is more than a comment counts, if it is of the newest commit."""
    pull = api.client.insist(lambda: api.pull(number))
    if pull.head.sha != head:
        return Approval(why=f"the pull request has a newer commit, {pull.head.sha[:12]}")
    reviews = api.client.insist(lambda: list(api.reviews(number)))
    for login, review in _last(reviews).items():
        counts = review.state == "APPROVED" and review.commit_id == head
        if counts and login != pull.author.casefold() and _owns(api, login, owners):
            return Approval(by=f"@{review.author}")
    return nobody(owners)


def _last(reviews: Iterable[PullRequestReview]) -> dict[str, PullRequestReview]:
    """By login; GitHub lists reviews oldest first."""
    return {one.author.casefold(): one for one in reviews if one.author and one.state not in ("COMMENTED", "PENDING")}


def _owns(api: GithubApi, login: str, owners: Sequence[str]) -> bool:
    return any(
        _member(api, owner.removeprefix("@"), login) if "/" in owner else owner.casefold() == f"@{login}"
        for owner in owners
    )


def _member(api: GithubApi, team: str, login: str) -> bool:
    """A token that may not see the team has seen nobody in it."""
    organisation, _, slug = team.partition("/")
    try:
        return api.client.insist(lambda: api.is_member(organisation, slug, login))
    except DeliveryFailed as failed:
        if failed.code in ("github-forbidden", "github-refused"):
            return False
        raise
