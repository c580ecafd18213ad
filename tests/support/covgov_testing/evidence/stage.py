"""A project, its bare origin, CI and receivers of alerts in a temporary folder, under a clock that stands still."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from covgov.cli.main import main
from covgov.cli.world import World
from covgov_testing.act import CHECKOUT
from covgov_testing.installed import Done
from covgov_testing.repos import Repo

SECRET = "planted-secret-0123456789"
REPOSITORY = "acme/shop"
GITCONFIG = "[user]\nname = Shop\nemail = shop@example.invalid\n[init]\ndefaultBranch = main\n"
TIMES = (
    (re.compile(r"\b\d+\.\d s\b"), "(time)"),
    (re.compile(r"(\| \d+ \| \d+ \| )\d+\.\d( \| coverage\.py )"), r"\1(time)\2"),
    (re.compile(r"^(covgov_suite_seconds\{.*\}) .*$", re.MULTILINE), r"\1 (time)"),
)
"""What differs between two runs of the same tests, and nothing else does: how long they took."""


COLUMNS = re.compile(r"^scope  .*?(?=^patch: )", re.MULTILINE | re.DOTALL)
"""The table of a verdict in text, whose columns are as wide as what stands in them."""


def timeless(text: str) -> str:
    for pattern, instead in TIMES:
        text = pattern.sub(instead, text)
    return COLUMNS.sub(lambda table: _aligned(table[0]), text)


def _aligned(table: str) -> str:
    rows = [re.split(r" {2,}", line) for line in table.splitlines()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


@dataclass
class Stage:
    """root: everything lies below. now: what the clock says. more: further environment, e.g. secrets."""

    root: Path
    now: datetime = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "home").mkdir(parents=True)
        (self.root / "home" / ".gitconfig").write_text(GITCONFIG, encoding="utf-8")
        self.origin = Repo(self.root / "origin.git", bare=True)
        self.work = Repo(self.root / "shop")
        self.work.git("remote", "add", "origin", str(self.origin.root), env=self.env)

    @property
    def env(self) -> dict[str, str]:
        """Of every command: nothing of the host's but PATH."""
        stamp = self.now.strftime("%Y-%m-%dT%H:%M:%S+0000")
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.root / "home"),
            "GIT_CONFIG_GLOBAL": str(self.root / "home" / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_DATE": stamp,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COVGOV_PYTHON": sys.executable,
            **self.more,
        }

    def push(self, files: Mapping[str, str], message: str) -> str:
        """Commit to main and push; what main pointed to before."""
        before = self._head()
        self.work.write(files)
        for command in (("add", "--all"), ("commit", "--quiet", "-m", message), ("push", "--quiet", "origin", "main")):
            self.work.git(*command, env=self.env)
        return before

    def ci(self, before: str) -> dict[str, str]:
        """The environment of a push to main on GitHub."""
        event = self.root / "event.json"
        event.write_text(json.dumps({"before": before, "repository": {"default_branch": "main"}}), encoding="utf-8")
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "17",
            "GITHUB_TOKEN": SECRET,
        }

    def covgov(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        """The command at `now`, in this process."""
        out, err = StringIO(), StringIO()
        world = World(self.work.root, {**self.env, **(env or {})}, lambda: self.now, out, err)
        code = main(argv, world)
        return Done(code, timeless(out.getvalue()), timeless(err.getvalue()))

    def script(self, *command: str, env: Mapping[str, str] | None = None) -> Done:
        """A script of this repository, called in the project."""
        interpreter = [sys.executable] if command[0].endswith(".py") else []
        done = subprocess.run(
            [*interpreter, str(CHECKOUT / command[0]), *command[1:]],
            cwd=self.work.root,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, timeless(done.stdout), timeless(done.stderr))

    def read(self, name: str) -> str:
        return timeless((self.work.root / name).read_text(encoding="utf-8"))

    def _head(self) -> str:
        if not self.work.git("for-each-ref", "refs/heads/main", env=self.env):
            return "0" * 40
        return self.work.git("rev-parse", "HEAD", env=self.env)
