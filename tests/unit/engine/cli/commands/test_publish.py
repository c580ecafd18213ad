"""`covgov publish`, called as a function in a directory of its own, against a real receiver."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from covgov.cli.main import main
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.model import codec
from covgov.model.verdict import Finding, Verdict
from covgov.publish.channels.interface import Parcel
from covgov.publish.channels.spool import Spool
from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import below, dropped, unknown
from covgov_testing.builders.run import run
from covgov_testing.receivers import Receiver, receiver

POLICY = """\
[policy]
fail_under = 90
[suites.api]
tests = ["tests"]
[components.api]
paths = ["a.py"]
suite = "api"
[history]
store = "dir:history"
"""
ALL = ("on_drop", "on_under_bar", "on_overdue", "on_undetermined", "on_fail", "on_recovery")
EVERYTHING = "[notify]\n" + "".join(f'{one} = "${{HOOK}}"\n' for one in ALL)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLANTED = "pl4nted"


class Shell:
    """A project in CI on its default branch. `hook`: what ${HOOK} stands for."""

    def __init__(self, root: Path, notify: str = EVERYTHING, hook: str = "") -> None:
        root.mkdir(parents=True, exist_ok=True)
        (root / "covgov.toml").write_text(POLICY + notify)
        event = root / "event.json"
        event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
        self.root = root
        self.env = {
            **os.environ,
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "acme/shop",
            **({"HOOK": hook} if hook else {}),
        }
        self.out, self.err = StringIO(), StringIO()

    def judged(self, *findings: Finding) -> Verdict:
        """The newest verdict."""
        made = build.verdict(*findings)
        (self.root / "coverage").mkdir(exist_ok=True)
        (self.root / "coverage" / "verdict.json").write_text(RENDERERS["json"](made))
        return made

    def recorded(self, at: datetime, *findings: Finding, branch: str = "main", tree: str = "7ree") -> None:
        """The newest verdict, and the run in history."""
        made = self.judged(*findings)
        record = run("c1", at=at, branch=branch, made=made)
        Project(self.world(at)).store.append(replace(record, commit=made.commit or "", tree=tree))

    def world(self, now: datetime = NOON, env: Mapping[str, str] | None = None) -> World:
        self.out, self.err = StringIO(), StringIO()
        return World(cwd=self.root, env={**self.env, **(env or {})}, now=lambda: now, out=self.out, err=self.err)

    def publish(self, *argv: str, now: datetime = NOON, env: Mapping[str, str] | None = None) -> int:
        return main(["publish", *argv], self.world(now, env))

    def spooled(self) -> list[str]:
        return sorted(path.name for path in (self.root / "coverage" / "spool").glob("*"))


def titles(found: Receiver) -> list[str]:
    return [str(one.json["title"]) for one in found.inbox]


def test_a_change_of_state_is_told_once(tmp_path: Path) -> None:
    with receiver() as found:
        shell = Shell(tmp_path, hook=found.url("json", "/"))
        shell.recorded(NOON, below())
        assert shell.publish("notify") == 0
        assert shell.out.getvalue() == "notify -> ${HOOK} (best effort): sent: accepted\n"
        shell.recorded(NOON + timedelta(hours=1), below())
        assert shell.publish("notify") == 0
        assert shell.out.getvalue() == ""
        assert "nothing to send: nothing changed for the occasions of a target" in shell.err.getvalue()
    assert titles(found) == ["covgov FAIL acme/shop main: under the bar: api"]


def test_publishing_the_same_state_again_sends_nothing(tmp_path: Path) -> None:
    with receiver() as found:
        shell = Shell(tmp_path, hook=found.url("json", "/"))
        for recorded in (True, False):
            if recorded:
                shell.recorded(NOON, below())
            else:
                shell.judged(below(), dropped())
            for expected in ("notify -> ${HOOK} (best effort): sent: accepted\n", "", ""):
                assert shell.publish("notify") == 0
                assert shell.out.getvalue() == expected
            assert shell.err.getvalue() == "covgov: notify -> ${HOOK}: not sent: already delivered\n"
        assert shell.publish("notify", "--dry-run") == 0
        assert "0 would be sent" in shell.err.getvalue()
    assert titles(found) == [f"covgov FAIL acme/shop main: {what}" for what in ("under the bar: api", "dropped: api")]


def test_a_run_that_is_not_recorded_is_compared_with_the_newest_that_is(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.recorded(NOON, below())
    shell.judged(below(), dropped())
    shell.publish("notify", "--dry-run", "--json")
    (one,) = json.loads(shell.out.getvalue())["parcels"]
    assert one["subject"].endswith("main: dropped: api")


def test_runs_of_other_branches_and_later_runs_do_not_count(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.recorded(NOON, below(), tree="earlier")
    shell.recorded(NOON + timedelta(hours=1), unknown(), branch="side")
    shell.recorded(NOON + timedelta(hours=2), below(), dropped())
    mine = (shell.root / "coverage" / "verdict.json").read_bytes()
    shell.recorded(NOON + timedelta(hours=3), below(), dropped(), unknown(), tree="later")
    (shell.root / "coverage" / "verdict.json").write_bytes(mine)
    shell.publish("notify", "--dry-run", "--json")
    (one,) = json.loads(shell.out.getvalue())["parcels"]
    assert one["subject"].endswith("main: dropped: api")


def test_the_time_of_a_run_is_when_it_was_recorded(tmp_path: Path) -> None:
    shell = Shell(tmp_path, EVERYTHING + 'quiet_hours = "22:00-07:00"\n')
    shell.recorded(NOON.replace(hour=6, minute=59), below())
    assert shell.publish("notify", "--dry-run", now=NOON) == 0
    assert "nothing to send: quiet hours until 07:00 UTC" in shell.err.getvalue()
    shell.recorded(NOON.replace(hour=21, minute=59), below())
    assert shell.publish("notify", "--dry-run", now=NOON.replace(hour=22)) == 0
    assert shell.out.getvalue().startswith("notify -> ${HOOK}")


KINDS = (below("api"), below("auth"), dropped("api"), unknown("logging"))
histories = st.lists(st.tuples(st.sets(st.sampled_from(range(len(KINDS)))), st.integers(0, 23)), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.sampled_from(("", "22:00-07:00", "12:00-13:00", "07:00-22:00")))
@example([({0}, 12), ({0}, 23), (set(), 2), ({0}, 12), (set(), 23), (set(), 12)], "22:00-07:00")
def test_alerts_are_the_changes_of_state_of_the_runs_outside_of_quiet_hours(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[set[int], int]], quiet: str
) -> None:
    notify = EVERYTHING + (f'quiet_hours = "{quiet}"\n' if quiet else "")
    shell = Shell(tmp_path_factory.mktemp("project"), notify)
    told: list[bool] = []
    expected: list[bool] = []
    before: set[int] | None = None
    for day, (state, hour) in enumerate(runs):
        at = NOON.replace(hour=hour) + timedelta(days=day)
        shell.recorded(at, *(KINDS[index] for index in sorted(state)))
        assert shell.publish("notify", "--dry-run", "--json", now=at) == 0
        told.append(bool(json.loads(shell.out.getvalue())["parcels"]))
        start, end = (int(text[:2]) for text in (quiet or "00:00-00:00").split("-"))
        asleep = start <= hour < end if start <= end else hour >= start or hour < end
        expected.append(not asleep and bool(state - (before or set()) or (before and not state)))
        before = before if asleep else state
    assert told == expected


@pytest.mark.reliability
def test_a_history_that_cannot_be_read_alerts_rather_than_not(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.recorded(NOON, below())
    for manifest in (tmp_path / "history" / "runs").rglob("*.json"):
        manifest.write_text("{")
    assert shell.publish("notify", "--dry-run", "--json") == 0
    assert len(json.loads(shell.out.getvalue())["parcels"]) == 1
    assert "the previous run cannot be read, so everything is reported as new: " in shell.err.getvalue()


@pytest.mark.reliability
def test_a_lost_alert_is_a_remark_and_a_lost_required_one_exits_5(tmp_path: Path) -> None:
    with receiver(lambda _: (500, PLANTED)) as found:
        shell = Shell(tmp_path / "a", hook=found.url("json", f"/{PLANTED}"))
        shell.judged(below())
        assert shell.publish("notify") == 0
        assert shell.out.getvalue() == (
            "notify -> ${HOOK} (best effort): failed: ${HOOK} did not take the message (HTTP 500), kept in the spool\n"
        )
        assert len(shell.spooled()) == 1
        strict = Shell(tmp_path / "b", EVERYTHING + 'required = ["${HOOK}"]\n', hook=found.url("json", "/"))
        strict.judged(below())
        assert strict.publish("notify") == 5
        assert "[notify-refused]" in strict.err.getvalue()
        assert PLANTED not in strict.out.getvalue() + strict.err.getvalue()


@pytest.mark.reliability
def test_what_was_kept_is_delivered_once(tmp_path: Path) -> None:
    answers = iter([500, 500, 200])
    with receiver(lambda _: (next(answers), "")) as found:
        shell = Shell(tmp_path, hook=found.url("json", "/"))
        shell.judged(below())
        shell.publish("notify")
        assert shell.publish("--spooled", "--dry-run") == 0
        assert shell.out.getvalue().startswith("notify -> ${HOOK} (best effort)\n  subject: covgov FAIL")
        assert shell.publish("--spooled", "prometheus") == 0
        assert len(shell.spooled()) == 1
        assert shell.publish("--spooled") == 0
        assert shell.spooled() == []
        assert shell.publish("--spooled") == 0
        assert shell.out.getvalue() == ""


@pytest.mark.security
def test_no_target_and_no_file_of_the_spool_forges_a_line_of_the_log(tmp_path: Path) -> None:
    shell = Shell(tmp_path, '[notify]\non_drop = ["${HOOK}\\n::error::forged"]\n')
    shell.judged(dropped())
    assert shell.publish("notify") == 0
    assert shell.out.getvalue().startswith(r"notify -> ${HOOK}\n::error::forged (best effort): skipped: ")
    assert shell.out.getvalue().count("\n") == 1
    spool = tmp_path / "coverage" / "spool"
    spool.mkdir()
    (spool / "x\n::error::forged.json").write_text('{"a\\n::error::forged": 1}')
    Spool(tmp_path / "coverage").keep(Parcel("notify", "d", "s", {"target": "planted"}))
    (kept,) = (path for path in spool.glob("*.json") if "forged" not in path.name)
    kept.rename(spool / "y\n::error::forged.json")
    for dry_run in ((), ("--dry-run",)):
        assert shell.publish("--spooled", *dry_run) == 4
        assert not [line for line in shell.err.getvalue().splitlines() if line.startswith("::")]


def test_why_there_is_nothing_to_tell_is_one_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path, '[publish.github_coverage]\nreport = "x\\n::error::forged"\n')
    told = structs.replace(shell.judged(below()), commit="f" * 40)
    (tmp_path / "coverage" / "verdict.json").write_bytes(codec.encode(told))
    assert shell.publish("github-coverage", "--dry-run") == 0
    assert r"there is no coverage/x\n::error::forged" in shell.err.getvalue()


@pytest.mark.reliability
def test_a_damaged_file_in_the_spool_exits_4_and_stays(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "coverage" / "spool").mkdir(parents=True)
    (tmp_path / "coverage" / "spool" / "x.json").write_text("{")
    assert shell.publish("--spooled", "--json") == 4
    assert "[spool-damaged]" in shell.err.getvalue()
    assert shell.spooled() == ["x.json"]


@pytest.mark.security
def test_a_parcel_that_somebody_put_into_the_spool_takes_no_secret_anywhere(tmp_path: Path) -> None:
    with receiver() as found:
        shell = Shell(tmp_path)
        shell.judged(below())
        shell.publish("notify", env={"HOOK": "json://127.0.0.1:1/"})
        (name,) = shell.spooled()
        kept = tmp_path / "coverage" / "spool" / name
        kept.write_text(kept.read_text().replace("${HOOK}", found.url("json", "/${GITHUB_TOKEN}")))
        assert shell.publish("--spooled", env={"GITHUB_TOKEN": PLANTED}) == 4
        assert "[spool-foreign]" in shell.err.getvalue()
    assert found.inbox == []


def test_a_variable_that_is_not_set_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.judged(below())
    assert shell.publish("notify") == 0
    assert shell.out.getvalue() == "notify -> ${HOOK} (best effort): skipped: HOOK is not set\n"
    assert shell.spooled() == []
    strict = Shell(tmp_path / "b", EVERYTHING + 'required = ["${HOOK}"]\n')
    strict.judged(below())
    assert strict.publish("notify") == 5
    assert "HOOK is not set [notify-variable-unset]" in strict.err.getvalue()


@pytest.mark.security
def test_a_dry_run_says_what_would_leave_and_reads_no_secret(tmp_path: Path) -> None:
    with receiver() as found:
        shell = Shell(tmp_path, hook=found.url("json", f"/{PLANTED}"))
        shell.judged(below())
        assert shell.publish("notify", "--dry-run") == 0
    text = shell.out.getvalue()
    assert text.startswith(
        "notify -> ${HOOK} (best effort)\n  subject: covgov FAIL acme/shop main: under the bar: api\n"
    )
    assert "  | FAIL: acme/shop, branch main, commit c0ffee123456, 2026-11-22 UTC\n" in text
    assert "1 would be sent" in shell.err.getvalue()
    assert PLANTED not in text + shell.err.getvalue()
    assert found.inbox == []
    assert shell.spooled() == []


def test_json_tells_what_became_of_each(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.judged(below())
    assert shell.publish("notify", "notify", "--json") == 0
    assert json.loads(shell.out.getvalue()) == {
        "format": "covgov-publish",
        "version": 1,
        "dry_run": False,
        "deliveries": [
            {
                "channel": "notify",
                "destination": "${HOOK}",
                "subject": "covgov FAIL acme/shop main: under the bar: api",
                "required": False,
                "outcome": "skipped",
                "detail": "HOOK is not set",
                "spooled": False,
            }
        ],
    }


def test_the_digest_is_sent_without_a_verdict(tmp_path: Path) -> None:
    with receiver() as found:
        shell = Shell(tmp_path, '[notify]\non_digest = "${HOOK}"\nquiet_hours = "00:00-23:59"\n')
        (tmp_path / "digest.md").write_text("# Coverage digest 2026-W47\n\nAll is well.\n")
        assert shell.publish("notify", "--digest", "digest.md", env={"HOOK": found.url("json", "/")}) == 0
    assert titles(found) == ["Coverage digest 2026-W47: acme/shop"]
    assert "All is well." in str(found.inbox[0].json["message"])


def test_a_digest_that_nobody_wants_is_said(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "digest.md").write_text("# Coverage digest\n")
    assert shell.publish("notify", "--digest", "digest.md") == 0
    assert "notify.on_digest names no target" in shell.err.getvalue()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_digest_that_cannot_be_read_exits_4(tmp_path: Path, content: bytes | None) -> None:
    shell = Shell(tmp_path)
    if content is not None:
        (tmp_path / "digest.md").write_bytes(content)
    assert shell.publish("notify", "--digest", "digest.md") == 4
    assert "[digest-unreadable]" in shell.err.getvalue()


def test_without_a_verdict_there_is_nothing_to_publish(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.publish("notify") == 4
    assert "[verdict-missing]" in shell.err.getvalue()


@pytest.mark.parametrize("text", ["", "{}", '{"format": "covgov-verdict", "version": 2}'])
def test_a_damaged_verdict_is_one_error(tmp_path: Path, text: str) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "coverage").mkdir()
    (tmp_path / "coverage" / "verdict.json").write_text(text)
    assert shell.publish("notify") == 4
    assert "[verdict-damaged]" in shell.err.getvalue()


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((), "give a TARGET (notify, "),
        (("pigeon",), "unknown target 'pigeon'; choose from notify, "),
        (("notify", "github", "--digest", "x"), "--digest needs the target notify alone"),
        (("--spooled", "--digest", "x"), "--digest needs the target notify alone"),
    ],
)
def test_nonsense_is_a_usage_error(tmp_path: Path, argv: tuple[str, ...], told: str) -> None:
    shell = Shell(tmp_path)
    assert shell.publish(*argv) == 2
    assert told in shell.err.getvalue()


@pytest.mark.security
def test_a_secret_in_the_policy_is_refused_and_not_told(tmp_path: Path) -> None:
    shell = Shell(tmp_path, f'[notify]\non_drop = ["${{A}}", "slack://T0/B0/{PLANTED}"]\n')
    shell.judged(below())
    assert shell.publish("notify", "--dry-run") == 3
    assert "notify.on_drop[1]" in shell.err.getvalue()
    assert PLANTED not in shell.out.getvalue() + shell.err.getvalue()
