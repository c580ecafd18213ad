"""Approvals of a GitLab merge request. A CI job's own token cannot read them: GITLAB_TOKEN needs the scope `read_api`.

GitLab names no commit in an approval. One counts that was given after the newest commit was pushed, by GitLab's clock
in both cases (`approved_at`, and `created_at` of the version).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from covgov.errors import DeliveryFailed
from covgov.model.approval import Approval
from covgov.publish.channels.gitlab.channel import connect
from covgov.publish.channels.gitlab.note import GitlabUser
from covgov.reviews.ask import nobody

if TYPE_CHECKING:
    from covgov.publish.channels.gitlab.client import GitlabClient

PER_PAGE = "100"

T = TypeVar("T")


class GitlabMember(GitlabUser, frozen=True):
    state: str = ""


class GivenApproval(msgspec.Struct, frozen=True):
    """approved_at: None from a GitLab that does not say it."""

    user: GitlabUser
    approved_at: datetime | None = None


class ApprovalList(msgspec.Struct, frozen=True):
    approved_by: list[GivenApproval] = []


class MergeRequest(msgspec.Struct, frozen=True):
    sha: str
    author: GitlabUser


class MergeRequestVersion(msgspec.Struct, frozen=True):
    head_commit_sha: str
    created_at: datetime


class GitlabApi:
    """The used endpoints. Every method raises DeliveryFailed."""

    def __init__(self, client: GitlabClient, project: str) -> None:
        self._client, self._project = client, f"/projects/{quote(project, safe='')}"

    def request(self, number: str) -> MergeRequest:
        return self._get(f"{self._project}/merge_requests/{number}", MergeRequest)

    def approvals(self, number: str) -> list[GivenApproval]:
        return self._get(f"{self._project}/merge_requests/{number}/approvals", ApprovalList).approved_by

    def versions(self, number: str) -> list[MergeRequestVersion]:
        """What was pushed, newest first."""
        return self._get(f"{self._project}/merge_requests/{number}/versions", list[MergeRequestVersion])

    def is_member(self, group: str, username: str) -> bool:
        """Whether the user is an active member of the group; False for a group that the token may not see."""
        path = f"/groups/{quote(group, safe='')}/members/all"
        try:
            found = self._get(path, list[GitlabMember], {"query": username, "per_page": PER_PAGE})
        except DeliveryFailed as failed:
            if failed.code in ("gitlab-refused", "gitlab-forbidden"):
                return False
            raise
        return any(one.username.casefold() == username.casefold() and one.state == "active" for one in found)

    def _get(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> T:
        return self._client.insist(lambda: self._client.get(path, kind, params))


def read(env: Mapping[str, str], number: str, head: str, owners: Sequence[str], /) -> Approval:
    """Raises UsageError (`http-extra-missing`), NotConfigured (`gitlab-token-missing`) and DeliveryFailed."""
    return approval(GitlabApi(connect(env), env.get("CI_PROJECT_ID", "")), number, head, owners)


def approval(api: GitlabApi, number: str, head: str, owners: Sequence[str]) -> Approval:
    """Whether an owner other than the author approved after the newest commit was pushed."""
    request = api.request(number)
    pushed = next((one.created_at for one in api.versions(number) if one.head_commit_sha == head), None)
    if request.sha != head or pushed is None:
        return Approval(why="the merge request has a newer commit")
    for given in api.approvals(number):
        name = given.user.username
        late = given.approved_at is not None and given.approved_at > pushed
        if late and name != request.author.username and _owns(api, name, owners):
            return Approval(by=f"@{name}")
    return nobody(owners)


def _owns(api: GitlabApi, username: str, owners: Sequence[str]) -> bool:
    """An owner is a user or a group; both are written as @NAME."""
    names = [owner.removeprefix("@") for owner in owners if owner.startswith("@") and not owner.startswith("@@")]
    if any(name.casefold() == username.casefold() for name in names):
        return True
    return any(api.is_member(name, username) for name in names)
