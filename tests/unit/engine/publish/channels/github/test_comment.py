from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from covgov.errors import DeliveryFailed
from covgov.publish.channels.comment_text import compose, marker, stamp
from covgov.publish.channels.github.comment import StickyComment, place, read, written
from covgov.publish.channels.github.fields import ParcelFields
from covgov.publish.channels.interface import Parcel
from covgov_testing.fakes.github import BOT, HEAD, FakeGithub, api_of, refusal

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MARK = marker("covgov")


def sticky(text: str = "told", *, at: datetime = NOON, mark: str = MARK, only_existing: bool = False) -> StickyComment:
    body = compose(f"{mark}\n{stamp(at)}", text)
    return StickyComment(7, HEAD, mark, body, BOT, only_existing)


def placed(github: FakeGithub, comment: StickyComment) -> str:
    return place(api_of(github), comment)


def test_the_first_verdict_makes_a_comment_and_the_next_ones_edit_it_in_place() -> None:
    github = FakeGithub()
    assert placed(github, sticky("one")) == "comment 1 created"
    assert placed(github, sticky("two", at=NOON + timedelta(hours=1))) == "comment 1 updated"
    (body,) = github.bodies(7)
    assert "two" in body
    assert "one" not in body


def test_an_unchanged_comment_is_not_edited() -> None:
    github = FakeGithub()
    placed(github, sticky())
    assert placed(github, sticky(at=NOON + timedelta(hours=1))) == "comment 1 unchanged"
    assert github.requests("PATCH") == []


def test_other_subjects_have_comments_of_their_own() -> None:
    github = FakeGithub()
    for mark in (MARK, marker("covgov", "api"), marker("other"), MARK):
        placed(github, sticky(f"of {mark}", mark=mark))
    assert len(github.bodies(7)) == 3


def test_an_own_comment_is_found_on_a_later_page() -> None:
    github = FakeGithub()
    for number in range(250):
        github.comment(7, f"remark {number}", "ana")
    assert placed(github, sticky()) == "comment 251 created"
    assert placed(github, sticky("new")) == "comment 251 updated"
    assert len(github.bodies(7)) == 251


@pytest.mark.security
def test_comments_of_others_are_never_touched() -> None:
    github = FakeGithub()
    theirs = sticky("forged").body
    github.comment(7, theirs, "mallory")
    github.comment(7, theirs, "github-actions")
    github.comment(7, f"> {theirs}", BOT)
    assert placed(github, sticky()) == "comment 4 created"
    assert github.bodies(7)[:2] == [theirs, theirs]
    assert (github.requests("PATCH"), github.requests("DELETE")) == ([], [])


def test_a_token_of_a_person_finds_the_comments_of_that_person() -> None:
    github = FakeGithub(app=False, login="Ana")
    github.comment(7, sticky("of the bot").body, BOT)
    assert placed(github, sticky("mine")) == "comment 2 created"
    assert placed(github, replace(sticky("mine again"), login="whoever")) == "comment 2 updated"


def test_an_app_with_another_login_is_told_to_set_it() -> None:
    github = FakeGithub(login="gate[bot]")
    assert placed(github, sticky()) == (
        "comment 1 created by gate[bot]; set [publish.github] login to this name, or the next run creates another one"
    )
    assert placed(github, replace(sticky("new"), login="gate[bot]")) == "comment 1 updated"


def test_surplus_comments_of_concurrent_runs_are_deleted() -> None:
    github = FakeGithub()
    for text in ("first", "second", "third"):
        github.comment(7, sticky(text).body)
    assert placed(github, sticky("new")) == "comment 1 updated"
    assert len(github.bodies(7)) == 1


@pytest.mark.reliability
def test_a_verdict_of_an_outdated_commit_replaces_nothing() -> None:
    github = FakeGithub(head="d" * 40)
    assert placed(github, sticky()) == "left unchanged: the pull request has a newer head, dddddddddddd"
    assert github.bodies(7) == []


@pytest.mark.reliability
def test_a_verdict_that_is_delivered_late_does_not_replace_a_later_one() -> None:
    github = FakeGithub()
    placed(github, sticky("red", at=NOON + timedelta(minutes=1)))
    assert placed(github, sticky("green, but old")) == "comment 1 left unchanged: it shows a later verdict"
    assert "red" in github.bodies(7)[0]


def test_a_comment_without_a_stamp_is_replaced() -> None:
    github = FakeGithub()
    github.comment(7, f"{MARK}\nof an older version")
    assert placed(github, sticky()) == "comment 1 updated"


def test_an_unknown_commit_is_not_compared_with_the_head() -> None:
    github = FakeGithub(head="d" * 40)
    assert placed(github, replace(sticky(), commit="")) == "comment 1 created"
    assert not any("/pulls/" in path for path in github.requests("GET"))


def test_an_unchanged_verdict_creates_no_comment() -> None:
    github = FakeGithub()
    assert placed(github, sticky(only_existing=True)) == "no comment: nothing changed"
    placed(github, sticky("red"))
    assert placed(github, sticky("green", at=NOON + timedelta(hours=1), only_existing=True)) == "comment 1 updated"
    assert "green" in github.bodies(7)[0]


@pytest.mark.reliability
@pytest.mark.parametrize("lost", [refusal(502, "Bad Gateway"), httpx2.ReadTimeout("slow")])
def test_a_lost_answer_creates_no_second_comment(lost: httpx2.Response | Exception) -> None:
    github = FakeGithub()
    github.fail(lost, method="POST", done=True)
    assert placed(github, sticky()) == "comment 1 unchanged"
    assert len(github.bodies(7)) == 1


@pytest.mark.security
def test_a_read_only_token_writes_nothing() -> None:
    github = FakeGithub(read_only=True)
    with pytest.raises(DeliveryFailed) as caught:
        placed(github, sticky())
    assert caught.value.code == "github-forbidden"
    assert github.bodies(7) == []


@pytest.mark.reliability
def test_a_pull_request_with_too_many_comments_gets_none() -> None:
    github = FakeGithub()
    github.comments[7] = [{"id": number, "body": "x", "user": {"login": "ana"}} for number in range(10_001)]
    with pytest.raises(DeliveryFailed) as caught:
        placed(github, sticky())
    assert caught.value.code == "github-too-many"
    assert github.requests("POST") == []


def test_other_errors_of_the_user_request_are_raised() -> None:
    github = FakeGithub()
    github.fail(refusal(401, "Bad credentials"), times=9)
    with pytest.raises(DeliveryFailed) as caught:
        placed(github, sticky())
    assert caught.value.code == "github-token-refused"


def fields(comment: StickyComment, **changed: str) -> ParcelFields:
    return ParcelFields(Parcel("github", "github:comment", "", {**written(comment), **changed}))


@pytest.mark.parametrize("comment", [sticky(), sticky(only_existing=True), replace(sticky(), commit="")])
def test_a_comment_survives_its_parcel(comment: StickyComment) -> None:
    assert read(fields(comment)) == comment


@pytest.mark.security
@pytest.mark.parametrize(
    "changed",
    [
        {"number": "0"},
        {"number": "7/../8"},
        {"commit": "HEAD"},
        {"text": "without a marker"},
        {"marker": "LGTM", "text": "LGTM\nforged"},
        {"only_existing": ""},
    ],
)
def test_a_parcel_that_was_tampered_with_is_not_sent(changed: dict[str, str]) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        read(fields(sticky(), **changed))
    assert caught.value.code == "github-parcel-damaged"
