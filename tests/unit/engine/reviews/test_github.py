"""Whose review of a GitHub pull request approves it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from covgov.errors import DeliveryFailed
from covgov.model.approval import Approval
from covgov.reviews.github import approval
from covgov_testing.fakes.github import HEAD, FakeGithub, api_of, refusal

pytestmark = pytest.mark.security
OWNERS = ("@alice", "@acme/gate")
OLD = "0" * 40


def asked(github: FakeGithub, owners: Sequence[str] = OWNERS, head: str = HEAD) -> Approval:
    return approval(api_of(github), 7, head, owners)


def test_an_owner_who_approved_the_newest_commit_approves() -> None:
    github = FakeGithub()
    github.review("Alice")
    assert asked(github) == Approval("@Alice")


def test_a_member_of_a_team_that_owns_the_file_approves() -> None:
    github = FakeGithub(teams={"gate": ("carol",)})
    github.review("carol")
    assert asked(github) == Approval("@carol")


def test_nobody_has_approved() -> None:
    assert asked(FakeGithub()) == Approval(
        why="no owner (@alice, @acme/gate) other than the author has approved the newest commit"
    )


def test_the_author_does_not_approve_their_own_change() -> None:
    github = FakeGithub(author="Alice")
    github.review("alice")
    assert not asked(github).by


def test_who_does_not_own_the_file_does_not_approve() -> None:
    github = FakeGithub(teams={"gate": ("carol",)})
    github.review("mallory")
    assert not asked(github).by
    assert not asked(github, ["alice", "alice@example.org"]).by


def test_an_approval_of_an_older_commit_does_not_count() -> None:
    github = FakeGithub()
    github.review("alice", commit=OLD)
    assert not asked(github).by


@pytest.mark.parametrize("state", ["DISMISSED", "CHANGES_REQUESTED"])
def test_an_approval_that_was_taken_back_does_not_count(state: str) -> None:
    github = FakeGithub()
    github.review("alice")
    github.review("alice", state)
    assert not asked(github).by


@pytest.mark.parametrize("state", ["DISMISSED", "CHANGES_REQUESTED", "COMMENTED", "PENDING"])
def test_other_reviews_are_no_approval(state: str) -> None:
    github = FakeGithub()
    github.review("alice", state)
    assert not asked(github).by


def test_a_comment_takes_nothing_back() -> None:
    github = FakeGithub()
    github.review("alice")
    github.review("alice", "COMMENTED")
    assert asked(github).by == "@alice"


def test_a_request_that_has_moved_on_is_not_approved() -> None:
    github = FakeGithub()
    github.review("alice", commit=OLD)
    assert asked(github, head=OLD) == Approval(why=f"the pull request has a newer commit, {HEAD[:12]}")


def test_every_page_of_reviews_is_read() -> None:
    github = FakeGithub()
    for _ in range(120):
        github.review("mallory")
    github.review("alice")
    assert asked(github).by == "@alice"


def test_a_team_that_the_token_may_not_see_has_no_members() -> None:
    github = FakeGithub()
    github.review("carol")
    assert not asked(github).by


def test_an_api_that_refuses_is_an_error_and_no_approval() -> None:
    github = FakeGithub()
    github.fail(refusal(401, "Bad credentials"))
    with pytest.raises(DeliveryFailed):
        asked(github)
