"""When the code host is asked at all. What cannot be asked has approved nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import NotConfigured
from covgov.model.approval import Approval
from covgov.reviews.ask import ReviewReader, approvals
from covgov.reviews.registry import READERS

pytestmark = pytest.mark.security
HEAD = "c0ffee" + "0" * 34
PULL = CiContext("github", CiEvent.PULL_REQUEST, pull_request="7", head_commit=HEAD)


def answering(env: Mapping[str, str], number: str, head: str, owners: Sequence[str], /) -> Approval:
    assert (env, number, head, owners) == ({"X": "1"}, "7", HEAD, ["@alice"])
    return Approval("@alice")


def refusing(_env: Mapping[str, str], _number: str, _head: str, _owners: Sequence[str], /) -> Approval:
    raise NotConfigured("github-token-missing", "no token")


def asked(ci: CiContext, reader: ReviewReader = answering, head: str = HEAD) -> Approval:
    return approvals(ci, {"X": "1"}, {"github": reader})(head, ["@alice"])


def test_the_code_host_of_a_pull_request_is_asked() -> None:
    assert asked(PULL) == Approval("@alice")


@pytest.mark.parametrize(
    "ci",
    [
        replace(PULL, event=CiEvent.PUSH),
        replace(PULL, pull_request=""),
        replace(PULL, system="generic"),
        replace(PULL, event=CiEvent.MERGE_QUEUE),
    ],
)
def test_elsewhere_nobody_is(ci: CiContext) -> None:
    assert asked(ci) == Approval(why="this is no job of a pull request whose reviews can be read")


def test_another_commit_than_the_requests_newest_is_not_approved() -> None:
    found = asked(PULL, head="1" * 40)
    assert found == Approval(why="what is checked out is not the newest commit of the pull request")


def test_without_a_token_or_an_api_nobody_has_approved_and_the_reason_is_kept() -> None:
    assert asked(PULL, refusing) == Approval(why="reviews cannot be read: no token")


def test_github_and_gitlab_can_be_asked() -> None:
    assert set(READERS) == {"github", "gitlab"}
