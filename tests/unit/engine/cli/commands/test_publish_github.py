"""`covgov publish github`: what becomes of a verdict when GitHub takes it, refuses it, or is away."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.main import main
from covgov.cli.world import World
from covgov.model.verdict import Verdict
from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publish import BASIS, NOW
from covgov_testing.fakes.github import HEAD, REPOSITORY, TOKEN, FakeGithub, refusal
from covgov_testing.github_server import serving

RED, GREEN = build.verdict(build.finding()), build.verdict()
REQUIRED = '[publish.github]\nrequired = ["comment", "status"]\n'
PATCH = "--- a/x.md\n+++ b/x.md\n@@ -1 +1 @@\n-a\n+b\n"


class Job:
    """A job of a pull request whose verdict is on disk."""

    def __init__(self, root: Path, verdict: Verdict = RED, policy: str = "") -> None:
        self.root = root
        (root / "coverage").mkdir()
        (root / "covgov.toml").write_text(BASIS + '[history]\nstore = "dir:history"\n' + policy)
        self.judged(verdict)
        pull = {"number": 7, "base": {"ref": "main", "sha": "b" * 40}, "head": {"ref": "feature", "sha": HEAD}}
        (root / "event.json").write_text(json.dumps({"pull_request": pull}))

    def judged(self, verdict: Verdict) -> None:
        for name, rendering in (("verdict.json", "json"), ("summary.md", "markdown")):
            (self.root / "coverage" / name).write_text(RENDERERS[rendering](verdict))
        (self.root / "coverage" / "exceptions.patch").write_text(PATCH)

    @property
    def verdict(self) -> bytes:
        return (self.root / "coverage" / "verdict.json").read_bytes()

    @property
    def spooled(self) -> list[Path]:
        return sorted((self.root / "coverage").glob("spool/*.json"))

    def publish(self, address: str, *argv: str, now: datetime = NOW) -> int:
        env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self.root / "event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": address,
            "GITHUB_TOKEN": TOKEN,
        }
        self.out, self.err = StringIO(), StringIO()
        world = World(cwd=self.root, env=env, now=lambda: now, out=self.out, err=self.err)
        before = self.verdict
        code = main(["publish", *(argv or ("github",))], world)
        assert self.verdict == before
        assert TOKEN not in self.out.getvalue() + self.err.getvalue()
        return code


def test_the_verdict_reaches_the_pull_request(tmp_path: Path) -> None:
    github = FakeGithub()
    job = Job(tmp_path)
    with serving(github) as address:
        assert job.publish(address) == 0
    assert job.out.getvalue().splitlines() == [
        "github -> github:comment (best effort): sent: comment 1 created",
        "github -> github:status (best effort): sent: status of c0ffee000000 set to failure",
    ]
    (body,) = github.bodies(7)
    assert " covgov: fail" in body
    assert PATCH in body
    assert job.spooled == []


@pytest.mark.reliability
@pytest.mark.security
@pytest.mark.parametrize(("policy", "code", "need"), [("", 0, "best effort"), (REQUIRED, 5, "required")])
def test_a_fork_is_a_note_unless_it_is_required(tmp_path: Path, policy: str, code: int, need: str) -> None:
    github = FakeGithub(read_only=True)
    job = Job(tmp_path, policy=policy)
    with serving(github) as address:
        assert job.publish(address) == code
    lines = job.out.getvalue().splitlines()
    assert len(lines) == len(job.spooled) == 2
    for line in lines:
        assert f"({need}): failed" in line
        assert "Resource not accessible by integration" in line
        assert line.endswith("kept in the spool")
    assert (github.bodies(7), github.statuses) == ([], {})


@pytest.mark.reliability
def test_what_is_kept_while_github_is_away_is_delivered_later(tmp_path: Path) -> None:
    github = FakeGithub()
    github.fail(refusal(503, "Service Unavailable"), times=1000)
    job = Job(tmp_path, policy=REQUIRED)
    with serving(github) as address:
        assert job.publish(address) == 5
        assert "[github-unreachable]" in job.err.getvalue()
        github.faults.clear()
        assert job.publish(address, "--spooled") == 0
    assert job.spooled == []
    assert [one["state"] for one in github.statuses[HEAD]] == ["failure"]
    assert len(github.bodies(7)) == 1


@pytest.mark.reliability
def test_a_green_verdict_that_was_kept_never_covers_a_red_one_that_came_later(tmp_path: Path) -> None:
    github = FakeGithub(now=NOW + timedelta(hours=1))
    github.fail(refusal(500, "Server Error"), times=1000)
    job = Job(tmp_path, GREEN)
    with serving(github) as address:
        job.publish(address)
        github.faults.clear()
        job.judged(RED)
        assert job.publish(address, now=NOW + timedelta(hours=1)) == 0
        assert job.publish(address, "--spooled", now=NOW + timedelta(hours=2)) == 0
    assert job.out.getvalue().count("left unchanged: it shows a later verdict") == 2
    assert " covgov: fail" in github.bodies(7)[0]
    assert [one["state"] for one in github.statuses[HEAD]] == ["failure"]
    assert job.spooled == []


def test_a_dry_run_asks_nobody_and_prints_what_would_leave(tmp_path: Path) -> None:
    github = FakeGithub()
    job = Job(tmp_path)
    (tmp_path / "coverage" / "merged.xml").write_text("<coverage/>\n")
    with serving(github) as address:
        assert job.publish(address, "github", "github-coverage", "--dry-run") == 0
    assert github.asked == []
    assert " covgov: fail" in job.out.getvalue()
    assert "<coverage/>" in job.out.getvalue()
