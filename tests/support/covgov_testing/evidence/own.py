"""This repository's own summary and alert: `make govern` in a fresh clone, and again without some of its tests."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence.cycles import Mail, letter
from covgov_testing.evidence.stage import timeless
from covgov_testing.receivers import mail_server
from covgov_testing.repos import Repo, opened

PAGE = Path("docs/portfolio/own.json")
MISSING = "tests/unit/logging/test_audit.py"
"""The tests that somebody removes: their component then drops by more than the limit."""


class Own(msgspec.Struct, frozen=True):
    """commit, day: what was judged, and when. table: of its job summary. mail: the alert about the run that dropped."""

    commit: str
    day: str
    table: str
    mail: Mail


@dataclass(frozen=True, slots=True)
class Clone:
    """The clone, its origin, and the environment of a push to its main branch on GitHub."""

    root: Path
    work: Repo
    env: Mapping[str, str]

    def run(self, *command: str, code: int = 0) -> None:
        """Raises AssertionError with what was printed when it ends with another code."""
        done = subprocess.run(
            command, cwd=self.work.root, env={**self.env}, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"

    def push(self, message: str) -> None:
        before = self.work.git("rev-parse", "HEAD")
        self.work.git("commit", "--quiet", "--all", "--message", message)
        self.work.git("push", "--quiet", "origin", "main")
        _event(self.root, before)


def recorded() -> Own:
    """As it was produced last."""
    return msgspec.json.decode((CHECKOUT / PAGE).read_bytes(), type=Own)


def play(root: Path) -> Own:
    """Measure and judge HEAD of this repository below `root`, twice; takes as long as its suites take."""
    with mail_server() as mailbox:
        clone = _clone(
            root, f"mailto://127.0.0.1:{mailbox.port}?mode=insecure&from=ci@covgov.example&to=team@covgov.example"
        )
        clone.run("make", "govern")
        summary = timeless((clone.work.root / "coverage/summary.md").read_text(encoding="utf-8"))
        commit = clone.work.git("rev-parse", "HEAD")
        clone.work.git("rm", "--quiet", MISSING)
        clone.push("Remove the tests of the audit log")
        clone.run("make", "govern", code=2)  # make's own code for a command that fails
        clone.run(".venv/bin/covgov", "publish", "notify")
        (envelope,) = mailbox.inbox
    table = summary[summary.index("| component |") :].split("\n\n", 1)[0]
    return Own(commit, datetime.now(UTC).date().isoformat(), table, letter(envelope))


def encoded(own: Own) -> bytes:
    return msgspec.json.format(msgspec.json.encode(own), indent=2) + b"\n"


def _clone(root: Path, mail: str) -> Clone:
    origin = opened(CHECKOUT).clone(root / "origin.git", "--bare", "--no-tags", "--single-branch")
    origin.git("branch", "--move", "--force", origin.git("symbolic-ref", "--short", "HEAD"), "main")
    origin.git("symbolic-ref", "HEAD", "refs/heads/main")
    ours = ("COV", "GITHUB_", "PYTEST", "VIRTUAL_ENV", "MAKE", "SLACK_", "TEAMS_", "ALERT_")
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(_event(root, "0" * 40)),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": "covgov/covgov",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_RUN_ID": "17",
        "ALERT_MAIL_URL": mail,
    }
    return Clone(root, origin.clone(root / "work"), env)


def _event(root: Path, before: str) -> Path:
    path = root / "event.json"
    path.write_text(json.dumps({"before": before, "repository": {"default_branch": "main"}}), encoding="utf-8")
    return path
