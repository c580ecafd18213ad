"""The command as CI calls it, against real servers: what arrives, and that planted secrets come out nowhere else."""

from __future__ import annotations

import email
import email.policy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from covgov.model.verdict import Effect, Finding, Scope
from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import below, dropped
from covgov_testing.installed import Done
from covgov_testing.receivers import Answer, Mailbox, Received, Receiver, certificate, dripping, mail_server, receiver
from covgov_testing.slack_rules import slack_answer, slack_faults, slack_shows

SECRETS = {
    "SLACK_TOKENS": "T0PL4NTED/B0PL4NTED/slackPL4NTED",
    "TEAMS_URL": "https://prod-1.westus.logic.azure.com:443/workflows/teamsPL4NTED/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=sigPL4NTED",
    "MAIL_USER": "ci@example.invalid",
    "MAIL_PASSWORD": "p@ss/PL4NTED:#?",
    "HOOK_PATH": "hookPL4NTED",
}
MARK = "PL4NTED"
HOSTILE = (
    "<!channel> <@U0123> *bold* [click](https://evil.example)",
    "a\r\nBcc: victim@example.invalid\r\n\r\ninjected",
    "{{app_title}} <at>everyone</at> &lt;!here&gt;",
)
POLICY = """\
[suites.api]
[components.api]
paths = ["a.py"]
[history]
store = "dir:history"
[notify]
on_drop = ["slack://${{SLACK_TOKENS}}/", "${{TEAMS_URL}}", "{mail}", "json://127.0.0.1:{port}/${{HOOK_PATH}}"]
on_under_bar = ["slack://${{SLACK_TOKENS}}/", "${{TEAMS_URL}}", "{mail}", "json://127.0.0.1:{port}/${{HOOK_PATH}}"]
required = [{required}]
"""
MAIL = "mailtos://${{MAIL_USER}}:${{MAIL_PASSWORD}}@localhost:{port}?mode=starttls&from=ci@example.invalid&to=team@example.invalid"


@dataclass
class Town:
    """A project whose alerts go to four places, all of them on loopback."""

    root: Path
    env: Mapping[str, str]
    web: Receiver
    mail: Mailbox

    def covgov(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "covgov", *argv],
            cwd=self.root,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def of(self, host: str) -> list[Received]:
        return [one for one in self.web.inbox if one.host.startswith(host)]

    def written(self) -> str:
        """Everything that lies in the project, names and contents."""
        files = [path for path in sorted(self.root.rglob("*")) if path.is_file()]
        return "\n".join(f"{path}\n{path.read_text(errors='replace')}" for path in files)


@contextmanager
def town(
    tmp_path: Path, *findings: Finding, answer: Callable[[Received], Answer], refusing: bool = False, required: str = ""
) -> Iterator[Town]:
    root = tmp_path / "project"
    (root / "coverage").mkdir(parents=True)
    made = build.verdict(*findings, rows=(build.row(delta=build.drop()),))
    (root / "coverage" / "verdict.json").write_text(RENDERERS["json"](made))
    trusted = certificate(tmp_path, "localhost", "hooks.slack.com", "prod-1.westus.logic.azure.com")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    with receiver(answer, trusted.context) as web, mail_server(trusted.context, refusing=refusing) as mail:
        mail_target = MAIL.format(port=mail.port)
        (root / "covgov.toml").write_text(POLICY.format(mail=mail_target, port=web.port, required=required))
        env = {
            **os.environ,
            **SECRETS,
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "17",
            "HTTPS_PROXY": web.url("http", ""),
            "REQUESTS_CA_BUNDLE": str(trusted.path),
            "SSL_CERT_FILE": str(trusted.path),
        }
        yield Town(root, env, web, mail)


def answers(one: Received) -> Answer:
    return slack_answer(one) if one.host.startswith("hooks.slack.com") else (200, "ok")


def test_one_drop_reaches_slack_teams_mail_and_a_webhook(tmp_path: Path) -> None:
    with town(tmp_path, dropped(), below(), answer=answers) as place:
        done = place.covgov("publish", "notify")
        assert (done.code, done.err) == (0, "")
        assert done.out.count("sent: accepted\n") == 4
        (slack,) = place.of("hooks.slack.com")
        (teams,) = place.of("prod-1.westus")
        (hook,) = place.of("127.0.0.1")
    assert slack.path == f"/services/{SECRETS['SLACK_TOKENS']}"
    assert "sig=sigPL4NTED" in teams.path
    assert hook.path == f"/{SECRETS['HOOK_PATH']}"
    assert place.mail.logins == [(SECRETS["MAIL_USER"], SECRETS["MAIL_PASSWORD"])]
    assert place.mail.encrypted == [True]
    (envelope,) = place.mail.inbox
    assert isinstance(envelope.content, bytes)
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    subject = "covgov FAIL acme/shop main: dropped: api; under the bar: api"
    assert mail["subject"] == hook.json["title"] == subject
    told = [slack_shows(slack.json), teams.body, str(mail.get_content()), str(hook.json["message"])]
    for text in told:
        assert "1599/2000 = 79.95 %, bar 80 %" in text
        assert "-5.00 pp = -5.00 new uncovered code" in text
        assert "abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)" in text
        assert "https://github.example/acme/shop/actions/runs/17" in text


def test_the_same_state_is_sent_once_to_each_place(tmp_path: Path) -> None:
    with town(tmp_path, dropped(), answer=answers) as place:
        assert place.covgov("publish", "notify").out.count("sent: accepted\n") == 4
        again = place.covgov("publish", "notify")
        assert (again.code, again.out) == (0, "")
        assert again.err.count("not sent: already delivered\n") == 4
        assert (len(place.web.inbox), len(place.mail.inbox)) == (3, 1)
        assert MARK not in again.text + place.written()


@pytest.mark.reliability
def test_repeating_tries_those_places_again_that_refused(tmp_path: Path) -> None:
    with town(tmp_path, dropped(), answer=answers, refusing=True) as place:
        assert place.covgov("publish", "notify").out.count("sent: accepted\n") == 3
        place.mail.refusing = False
        again = place.covgov("publish", "notify")
        assert again.out.count("sent: accepted\n") == 1
        assert place.covgov("publish", "--spooled").out.count("sent: already\n") == 1
        assert (len(place.web.inbox), len(place.mail.inbox)) == (3, 1)
        assert list((place.root / "coverage" / "spool").iterdir()) == []


@pytest.mark.security
def test_names_that_want_to_be_more_are_only_shown(tmp_path: Path) -> None:
    hostile = [
        build.finding(name, Effect.FAIL, scope=Scope.FILE, subject=name, rule="max-drop", hint=name) for name in HOSTILE
    ]
    with town(tmp_path, *hostile, answer=answers) as place:
        branch = "x\r\nBcc: victim@example.invalid <!here>"
        (place.root / "covgov.toml").write_text((place.root / "covgov.toml").read_text() + 'branches = ["**"]\n')
        done = place.covgov("publish", "notify", env={"GITHUB_REF": f"refs/heads/{branch}"})
        assert done.code == 0, done.text
        assert done.out.count("sent: accepted\n") == 4
        (slack,) = place.of("hooks.slack.com")
        (teams,) = place.of("prod-1.westus")
    assert slack_faults(slack.json) == []
    shown = slack_shows(slack.json)
    assert "file <!channel> <@U0123> *bold* [click](https://evil.example)" in shown
    assert "{{app_title}} <at>everyone</at> &lt;!here&gt;" in shown
    card = json.loads(teams.body)["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert set(card["msteams"]) == {"width"}
    assert [one["url"] for one in card["actions"]] == ["https://github.example/acme/shop/actions/runs/17"]
    (envelope,) = place.mail.inbox
    assert envelope.rcpt_tos == ["team@example.invalid"]
    assert isinstance(envelope.content, bytes)
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert mail["bcc"] is None
    assert mail.get_content_type() == "text/plain"
    assert r"x\r\nBcc: victim@example.invalid" in str(mail["subject"])


@pytest.mark.security
@pytest.mark.reliability
def test_refusals_keep_the_message_and_tell_no_secret(tmp_path: Path) -> None:
    def echo(one: Received) -> Answer:
        return 500, f"{one.path} {one.headers} {one.body}"

    with town(tmp_path, dropped(), answer=echo, refusing=True, required='"${{TEAMS_URL}}"'.format()) as place:
        dry = place.covgov("publish", "notify", "--dry-run")
        assert dry.code == 0
        assert place.web.inbox == []
        done = place.covgov("publish", "notify")
        assert done.code == 5
        assert done.out.count("kept in the spool") == 4
        assert "${TEAMS_URL} did not take the message (HTTP 500) [notify-refused]" in done.err
        again = place.covgov("publish", "--spooled", "--json")
        assert again.code == 5
        assert len(json.loads(again.out)["deliveries"]) == 4
        assert len(list((place.root / "coverage" / "spool").iterdir())) == 4
        for text in (dry.text, done.text, again.text, place.written()):
            assert MARK not in text


@pytest.mark.security
@pytest.mark.reliability
def test_nobody_there_damaged_addresses_and_missing_variables_tell_no_secret(tmp_path: Path) -> None:
    broken = {
        "SLACK_TOKENS": "not-the-shape/PL4NTED",
        "TEAMS_URL": f"nosuch://{MARK}",
        "MAIL_PASSWORD": "",
        "HOOK_PATH": f"{MARK}\r\nX-Injected: {MARK}",
        "PYTHONASYNCIODEBUG": "1",
    }
    with town(tmp_path, dropped(), answer=lambda _: (200, "ok")) as place:
        done = place.covgov("publish", "notify", env=broken)
        assert done.code == 0
        assert "skipped: MAIL_PASSWORD is not set\n" in done.out
        assert done.out.count("is not an address that Apprise supports") == 3
        assert place.web.inbox == []
        assert MARK not in done.text + place.written()


@pytest.mark.reliability
def test_a_server_that_never_ends_its_answer_does_not_hold_the_process() -> None:
    code = """
from covgov.errors import DeliveryFailed
from covgov.publish.channels.alerts.post import post
try:
    post("json://127.0.0.1:{port}/", "t", {{"text": "x", "severity": "info"}}, "d", patience=0.5)
except DeliveryFailed as error:
    print(error.message)
"""
    with dripping() as port:
        done = subprocess.run(
            [sys.executable, "-c", code.format(port=port)], capture_output=True, text=True, check=False, timeout=120
        )
    assert (done.stdout, done.stderr, done.returncode) == (
        "d did not take the message (no answer within 0.5 seconds)\n",
        "",
        0,
    )


@pytest.mark.reliability
def test_what_was_refused_is_delivered_once_when_the_places_are_back(tmp_path: Path) -> None:
    healthy = False

    def later(one: Received) -> Answer:
        return answers(one) if healthy else (503, "")

    with town(tmp_path, dropped(), answer=later, refusing=True) as place:
        assert place.covgov("publish", "notify").out.count("kept in the spool") == 4
        place.web.inbox.clear()
        healthy, place.mail.refusing = True, False
        assert place.covgov("publish", "--spooled").out.count("sent: accepted\n") == 4
        assert place.covgov("publish", "--spooled").text == ""
        assert (len(place.web.inbox), len(place.mail.inbox)) == (3, 1)
