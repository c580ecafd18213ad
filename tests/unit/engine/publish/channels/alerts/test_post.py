"""Against real servers on loopback: what arrives, what a refusal is told as, and that no address is ever told."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from apprise import AppriseResult

from covgov.errors import DeliveryFailed, UsageError
from covgov.publish.channels.alerts import forms
from covgov.publish.channels.alerts.note import Note, Paragraph, Severity
from covgov.publish.channels.alerts.post import error_of, post
from covgov_testing.receivers import Receiver, certificate, dripping, mail_server, receiver
from covgov_testing.slack_rules import slack_answer, slack_shows

PLANTED = "pl4ntedS3cret"
HOSTS = {"slack": "hooks.slack.com", "teams": "prod-1.westus.logic.azure.com"}
NOTE = Note("api <!channel> {{app_body}}", Severity.FAILURE, "lead", (Paragraph(("a <b> & **c**",)),))
BODY = {"text": forms.text(NOTE), "severity": "failure", "slack": forms.slack(NOTE), "teams": forms.teams(NOTE)}


def sent(address: str) -> str:
    return post(address, NOTE.title, BODY, "${HOOK}")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Everything that is sent by https arrives here, whatever its host."""
    trusted = certificate(tmp_path, *HOSTS.values())
    with receiver(slack_answer, trusted.context) as found:
        monkeypatch.setenv("HTTPS_PROXY", found.url("http", ""))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.path))
        yield found


def test_a_webhook_gets_title_text_and_severity() -> None:
    with receiver() as found:
        assert sent(found.url("json", f"/hook/{PLANTED}")) == "accepted"
    (one,) = found.inbox
    assert one.path == f"/hook/{PLANTED}"
    assert (one.json["title"], one.json["message"], one.json["type"]) == (
        NOTE.title,
        BODY["text"].rstrip("\n"),
        "failure",
    )


@pytest.mark.parametrize("address", [f"slack://T0/B0/{PLANTED}", f"https://hooks.slack.com/services/T0/B0/{PLANTED}"])
def test_slack_gets_blocks_that_it_takes(world: Receiver, address: str) -> None:
    assert sent(address) == "accepted"
    (one,) = world.inbox
    assert (one.host, one.path) == ("hooks.slack.com", f"/services/T0/B0/{PLANTED}")
    assert slack_shows(one.json) == "api <!channel> {{app_body}}\nlead\na <b> & **c**"


def test_slack_refusing_a_message_is_told(world: Receiver) -> None:
    bad = {**BODY, "slack": json.dumps({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": ""}}]})}
    with pytest.raises(DeliveryFailed, match=r"^\$\{HOOK\} did not take the message \(HTTP 400\)$"):
        post(f"slack://T0/B0/{PLANTED}", "t", bad, "${HOOK}")


def test_teams_gets_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = certificate(tmp_path, *HOSTS.values())
    with receiver(lambda _: (202, ""), trusted.context) as found:
        monkeypatch.setenv("HTTPS_PROXY", found.url("http", ""))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.path))
        assert sent(f"workflows://{HOSTS['teams']}:443/643e69f83c/{PLANTED}/") == "accepted"
    (one,) = found.inbox
    assert one.json == json.loads(BODY["teams"])


def test_mail_arrives_as_plain_text_with_a_subject_of_one_line() -> None:
    with mail_server() as box:
        sent(f"mailto://127.0.0.1:{box.port}?from=ci@example.invalid&to=a@example.invalid")
    (one,) = box.inbox
    assert (one.mail_from, one.rcpt_tos) == ("ci@example.invalid", ["a@example.invalid"])
    assert isinstance(one.content, bytes)
    head, _, text = one.content.decode().partition("\r\n\r\n")
    assert 'Content-Type: text/plain; charset="utf-8"' in head
    assert f"Subject: {NOTE.title}" in head.split("\r\n")
    assert text.replace("\r\n", "\n").startswith("lead\n\na <b> & **c**")


def test_a_transient_failure_is_retried() -> None:
    answers = iter([(503, ""), (200, "ok")])
    with receiver(lambda _: next(answers)) as found:
        assert sent(found.url("json", "/")) == "accepted"
    assert len(found.inbox) == 2


def test_redirects_are_not_followed() -> None:
    with receiver(lambda _: (307, "")) as found, pytest.raises(DeliveryFailed, match="HTTP 307"):
        sent(found.url("json", "/"))
    assert {one.path for one in found.inbox} == {"/"}


@pytest.mark.security
def test_a_refusal_names_the_status_and_never_the_address(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"you are {PLANTED}"
    with receiver(lambda _: (500, echo)) as found, pytest.raises(DeliveryFailed) as caught:
        sent(found.url("json", f"/hook/{PLANTED}"))
    assert len(found.inbox) == 2
    assert caught.value.code == "notify-refused"
    assert caught.value.message == "${HOOK} did not take the message (HTTP 500)"
    told = (
        "".join(traceback.format_exception(caught.value))
        + caught.value.hint
        + caplog.text
        + "".join(capfd.readouterr())
    )
    assert PLANTED not in told


@pytest.mark.security
@pytest.mark.reliability
def test_an_unreachable_server_is_reported_without_the_address(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(DeliveryFailed) as caught:
        sent(f"json://127.0.0.1:1/{PLANTED}")
    assert caught.value.message == "${HOOK} did not take the message (no usable answer)"
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capfd.readouterr())
    assert PLANTED not in told


@pytest.mark.security
@pytest.mark.parametrize(
    "address",
    [PLANTED, f"https://hooks.example/{PLANTED}", f"nosuch://{PLANTED}", f"slack://{PLANTED}", f"json://:{PLANTED}@"],
)
def test_an_unusable_address_is_refused_without_showing_it(
    address: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(DeliveryFailed) as caught:
        sent(address)
    assert caught.value.code == "notify-address-unusable"
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capfd.readouterr())
    assert PLANTED not in told


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(UsageError) as caught:
        sent("json://127.0.0.1/")
    assert (caught.value.code, caught.value.hint) == ("notify-extra-missing", 'pip install "covgov[notify]"')


@pytest.mark.reliability
def test_an_endless_answer_is_abandoned() -> None:
    with dripping() as port, pytest.raises(DeliveryFailed, match=r"no answer within 0\.2 seconds"):
        post(f"json://127.0.0.1:{port}/", "t", BODY, "${HOOK}", patience=0.2)


@pytest.mark.reliability
@pytest.mark.parametrize("body", [{}, {"text": "x", "severity": PLANTED}])
def test_a_damaged_parcel_is_a_refusal(body: dict[str, str]) -> None:
    with receiver() as found, pytest.raises(DeliveryFailed) as caught:
        post(found.url("json", "/"), "t", body, "${HOOK}")
    assert caught.value.code == "notify-refused"
    assert PLANTED not in caught.value.message
    assert found.inbox == []


@pytest.mark.security
def test_an_exception_in_apprise_is_reported_by_its_type_only() -> None:
    def broken() -> AppriseResult:
        raise RuntimeError(PLANTED)

    assert error_of(broken, 10) == "RuntimeError"
