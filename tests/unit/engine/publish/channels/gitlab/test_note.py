"""The note on a merge request: when there is one, what it says, and how it is kept to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import httpx2
import pytest

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import DeliveryFailed, NotConfigured
from covgov.http.client import RetryPolicy
from covgov.model.verdict import Verdict
from covgov.publish.channels.gitlab.channel import GitlabChannel, connect
from covgov.publish.channels.gitlab.client import GitlabClient
from covgov.publish.channels.gitlab.note import inert
from covgov.publish.channels.interface import Parcel, Publication
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publish import PULL_REQUEST, publication
from covgov_testing.fakes.gitlab import API, HEAD, OPERATIONS, PROJECT, FakeGitlab

MERGE_REQUEST = replace(PULL_REQUEST, system="gitlab", run_url="https://gitlab.example/acme/shop/-/jobs/9")
RED = build.verdict(build.finding())
HERE = {"CI_PROJECT_PATH": PROJECT}


def told(verdict: Verdict = RED, *, ci: CiContext = MERGE_REQUEST, text: str = "", **more: str) -> Publication:
    return publication(verdict, ci=ci, text=text, repository=more.get("repository", PROJECT), commit=HEAD)


def channel(gitlab: FakeGitlab) -> GitlabChannel:
    def client(_env: Mapping[str, str]) -> GitlabClient:
        quick = RetryPolicy(3, 1.0, 0.001, 0.002)
        return GitlabClient(API, "token", patience=quick, transport=httpx2.MockTransport(gitlab))

    return GitlabChannel(client)


def note(publication: Publication | None = None) -> Parcel:
    (parcel,) = GitlabChannel().parcels(publication or told())
    return parcel


def test_one_note_is_created_renewed_and_left_alone() -> None:
    gitlab = FakeGitlab()
    gitlab.say("<!-- covgov:summary -->\nby somebody else", author="mallory")
    sent = channel(gitlab)
    assert sent.send(note(), HERE) == "note 2 created"
    assert sent.send(note(), HERE) == "note 2 unchanged"
    assert sent.send(note(told(build.verdict())), HERE) == "note 2 updated"
    assert len(gitlab.notes) == 2
    assert "covgov: pass" in gitlab.bodies()[1]
    assert "by somebody else" in gitlab.bodies()[0]
    assert gitlab.wrong == []


def test_surplus_notes_of_concurrent_runs_are_deleted_and_every_documented_operation_is_used() -> None:
    gitlab = FakeGitlab()
    for _ in range(120):
        gitlab.say("unrelated", author="alice")
    for _ in range(2):
        gitlab.say(note().body["text"])
    assert channel(gitlab).send(note(told(build.verdict())), HERE) == "note 121 updated"
    assert len(gitlab.notes) == 121
    channel(FakeGitlab()).send(note(), HERE)
    other = FakeGitlab()
    channel(other).send(note(), HERE)
    assert gitlab.used | other.used == {(one.method, one.path) for one in OPERATIONS}
    assert gitlab.wrong + other.wrong == []


def test_a_request_that_gitlab_does_not_document_is_refused() -> None:
    gitlab = FakeGitlab()
    client = channel(gitlab).connect({})
    with pytest.raises(DeliveryFailed):
        client.insist(lambda: client.once("POST", "/projects/acme%2Fshop/merge_requests/7/notes", body={"text": "x"}))
    assert gitlab.wrong


def test_a_newer_head_or_a_later_verdict_is_left_alone() -> None:
    gitlab = FakeGitlab(head="1" * 40)
    assert "newer head" in channel(gitlab).send(note(), HERE)
    shown = FakeGitlab()
    shown.say(note().body["text"].replace("covgov:at 2026", "covgov:at 2027"))
    assert "later verdict" in channel(shown).send(note(), HERE)


@pytest.mark.reliability
def test_a_rate_limit_and_a_fault_are_waited_out() -> None:
    gitlab = FakeGitlab(faults=[httpx2.Response(429, headers={"Retry-After": "0"}), httpx2.Response(502)])
    assert channel(gitlab).send(note(), HERE) == "note 1 created"


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "gitlab-token-refused"),
        (403, "gitlab-forbidden"),
        (404, "gitlab-refused"),
        (429, "gitlab-rate-limited"),
        (500, "gitlab-unreachable"),
    ],
)
def test_what_gitlab_refuses_is_one_error_with_a_hint(status: int, code: str) -> None:
    gitlab = FakeGitlab(faults=[httpx2.Response(status, text="no\nreally") for _ in range(9)])
    with pytest.raises(DeliveryFailed) as caught:
        channel(gitlab).send(note(), HERE)
    assert caught.value.code == code
    assert caught.value.hint
    assert caught.value.message.isprintable()


def test_a_token_that_only_reads_is_told_apart() -> None:
    with pytest.raises(DeliveryFailed, match="403") as caught:
        channel(FakeGitlab(read_only=True)).send(note(), HERE)
    assert caught.value.code == "gitlab-forbidden"


def test_an_answer_of_something_else_is_an_error() -> None:
    gitlab = FakeGitlab(faults=[httpx2.Response(200, text="<html>")])
    with pytest.raises(DeliveryFailed, match="not what GitLab documents"):
        channel(gitlab).send(note(), HERE)


@pytest.mark.parametrize(
    "publication",
    [
        told(ci=PULL_REQUEST),
        told(ci=replace(MERGE_REQUEST, event=CiEvent.PUSH)),
        told(ci=replace(MERGE_REQUEST, pull_request="")),
        told(repository="shop"),
        told(text='[publish.gitlab]\ncomment = "never"\n'),
    ],
)
def test_elsewhere_there_is_no_note_and_a_reason(publication: Publication) -> None:
    assert GitlabChannel().parcels(publication) == ()
    assert GitlabChannel().silence(publication)


def test_on_change_a_plain_pass_only_renews_a_note() -> None:
    quiet = note(told(build.verdict(), text='[publish.gitlab]\ncomment = "on-change"\n'))
    gitlab = FakeGitlab()
    assert channel(gitlab).send(quiet, HERE) == "no note: nothing changed"
    assert gitlab.notes == []
    assert note(told(text='[publish.gitlab]\ncomment = "on-change"\n')).body["only_existing"] == "no"


def test_the_policy_makes_it_required() -> None:
    assert not note().required
    assert note(told(text="[publish.gitlab]\nrequired = true\n")).required


@pytest.mark.security
def test_no_line_of_the_note_is_a_quick_action() -> None:
    assert inert("/merge\na /b\n/close") == "\\/merge\na /b\n\\/close"
    assert not [line for line in note().body["text"].splitlines() if line.startswith("/")]


@pytest.mark.security
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project", "mallory/shop"),
        ("number", "7/../8"),
        ("commit", "HEAD"),
        ("marker", "<!-- other -->"),
        ("text", "without a marker"),
        ("surplus", ""),
    ],
)
def test_a_damaged_parcel_is_not_sent(field: str, value: str) -> None:
    gitlab, parcel = FakeGitlab(), note()
    with pytest.raises(DeliveryFailed) as caught:
        channel(gitlab).send(replace(parcel, body={**parcel.body, field: value}), HERE)
    assert (caught.value.code, gitlab.asked) == ("gitlab-parcel-damaged", [])


def test_a_parcel_of_this_project_is_not_sent_from_another() -> None:
    with pytest.raises(DeliveryFailed):
        channel(FakeGitlab()).send(note(), {"CI_PROJECT_PATH": "acme/other"})


@pytest.mark.security
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"GITLAB_TOKEN": "t"},
        {"GITLAB_TOKEN": "t", "CI_API_V4_URL": "http://gitlab.example/api/v4"},
        {"GITLAB_TOKEN": "t\u00e4", "CI_API_V4_URL": API},
    ],
)
def test_without_a_token_or_encryption_nothing_is_sent(env: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        connect(env)
