"""Whose approval of a GitLab merge request counts, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx2
import pytest

from covgov.errors import NotConfigured
from covgov.model.approval import Approval
from covgov.publish.channels.gitlab.client import GitlabClient
from covgov.reviews.gitlab import GitlabApi, approval, read

pytestmark = pytest.mark.security
HEAD, OLD = "c0ffee" + "0" * 34, "0" * 40
PUSHED, BEFORE, AFTER = (f"2026-11-22T{hour}:00:00.000Z" for hour in ("12", "11", "13"))
OWNERS = ("@alice", "@acme/gate")


def gitlab(
    given: Mapping[str, str | None], *, author: str = "author", sha: str = HEAD, members: Sequence[str] = ()
) -> GitlabApi:
    """A GitLab in which these users approved at these times."""
    at = "/api/v4/projects/acme%2Fshop/merge_requests/7"
    approved = [{"user": {"username": name}, "approved_at": when} for name, when in given.items()]
    answers: dict[str, object] = {
        at: {"sha": sha, "author": {"username": author}},
        f"{at}/versions": [
            {"head_commit_sha": sha, "created_at": PUSHED},
            {"head_commit_sha": OLD, "created_at": "2026-11-20T00:00:00.000Z"},
        ],
        f"{at}/approvals": {"approved_by": approved},
        "/api/v4/groups/acme%2Fgate/members/all": [{"username": name, "state": "active"} for name in members],
    }

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["private-token"] == "token"
        path = request.url.raw_path.decode().partition("?")[0]
        return httpx2.Response(200, json=answers[path]) if path in answers else httpx2.Response(404)

    client = GitlabClient("https://gitlab.example/api/v4", "token", transport=httpx2.MockTransport(answer))
    return GitlabApi(client, "acme/shop")


def test_an_owner_who_approved_after_the_newest_commit_was_pushed_approves() -> None:
    assert approval(gitlab({"alice": AFTER}), "7", HEAD, OWNERS) == Approval("@alice")


def test_a_member_of_a_group_that_owns_the_file_approves() -> None:
    assert approval(gitlab({"carol": AFTER}, members=["carol"]), "7", HEAD, OWNERS) == Approval("@carol")


@pytest.mark.parametrize(
    "api",
    [
        gitlab({}),
        gitlab({"alice": BEFORE}),
        gitlab({"alice": None}),
        gitlab({"mallory": AFTER}),
        gitlab({"alice": AFTER}, author="alice"),
        gitlab({"alice": AFTER}, sha=OLD),
    ],
    ids=["nobody", "before the push", "no time", "no owner", "the author", "moved on"],
)
def test_nothing_else_is_an_approval(api: GitlabApi) -> None:
    found = approval(api, "7", HEAD, OWNERS)
    assert not found.by
    assert found.why


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"CI_API_V4_URL": "https://gitlab.example/api/v4", "CI_PROJECT_ID": "1"},
        {"CI_API_V4_URL": "http://gitlab.example/api/v4", "CI_PROJECT_ID": "1", "GITLAB_TOKEN": "t"},
    ],
)
def test_without_a_token_that_travels_safely_nothing_is_asked(env: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        read(env, "7", HEAD, OWNERS)
