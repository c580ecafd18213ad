"""A tiny project that has this repository's workflows as they are, its bare origin, and what happens on GitHub."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import StringIO
from os import environ
from pathlib import Path

from covgov.cli.main import main
from covgov.cli.world import World
from covgov_testing import act
from covgov_testing.forge import Forge
from covgov_testing.gitlab_jobs import PLUGINS
from covgov_testing.repos import Repo, opened
from covgov_testing.team import module

BARS = {"api": 90, "auth": 92, "logging": 90, "engine": 95}
TOKEN = "planted-token-0123456789"
REGISTER = "tests/docs/test_framework_upgrades/coverage_exceptions.md"
DIGEST = "docs/metrics/coverage-weekly.md"
PULL = 7
HEAD = """\
version = 1

[policy]
fail_under = 90
fail_under_patch = 0
max_drop = 2
attributes = ["architecture", "reliability", "security"]

[register]
path = "tests/docs/test_framework_upgrades/coverage_exceptions.md"

[notify]
on_drop = ["${ALERT_WEBHOOK_URL}", "${SLACK_URL}"]
on_under_bar = ["${ALERT_WEBHOOK_URL}"]
on_undetermined = ["${ALERT_WEBHOOK_URL}"]
on_digest = ["${ALERT_WEBHOOK_URL}"]
"""
SUITE = """
[suites.{name}]
tests = ["tests/{name}"]

[components.{name}]
paths = ["src/tiny_{name}/**"]
suite = "{name}"
fail_under = {bar}
"""
TEST = "import tiny_{name}.core\n\n\ndef test_it():\n    assert tiny_{name}.core.line_0 == 0\n"
COPIED = (
    "noxfile.py",
    "scripts/setup/install.py",
    "sonar-project.properties",
    ".github/workflows/tests.yml",
    ".github/workflows/coverage-digest.yml",
    ".github/workflows/fork-coverage.yml",
)
SETTINGS = {
    ".coveragerc": "[run]\nbranch = True\nsource = src\nrelative_files = True\ncontext = ${COVERAGE_CONTEXT-local}\n",
    "pytest.ini": f"[pytest]\npythonpath = src\naddopts = {' '.join(f'-p no:{name}' for name in PLUGINS)}\n",
    ".gitignore": "/coverage/\n/.nox/\n__pycache__/\n.pytest_cache/\n",
    "pyproject.toml": '[project]\nname = "tiny"\nversion = "1"\n',
    "requirements-dev.txt": "# the environment is prepared\n",
}


def files(suites: Sequence[str]) -> dict[str, str]:
    """98 of 100 lines covered in every component."""
    made = {name: (act.CHECKOUT / name).read_text(encoding="utf-8") for name in COPIED}
    made |= {**SETTINGS, "covgov.toml": HEAD + "".join(SUITE.format(name=name, bar=BARS[name]) for name in suites)}
    for name in suites:
        made |= {f"src/tiny_{name}/__init__.py": "", f"src/tiny_{name}/core.py": module(98, 2)}
        made |= {f"tests/{name}/test_{name}.py": TEST.format(name=name)}
    return made


@dataclass(frozen=True, slots=True)
class How:
    """suites: which matrix jobs start at all, all by default. job: only this one and what it needs. options: more for act."""

    suites: tuple[str, ...] = ()
    job: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


class Tiny:
    """The project with the suites given; its matrix jobs are those of the workflow that it has a suite for.

    before: what main pointed to before it was pushed last. measured: artifacts of a run that the next ones begin with.
    """

    def __init__(self, root: Path, forge: Forge, suites: Sequence[str] = ("api",)) -> None:
        self.root, self.forge, self.suites = root, forge, tuple(suites)
        self.before = "0" * 40
        self.measured: Path | None = None
        self.origin = Repo(root / "origin.git", bare=True)
        self.work = Repo(root / "work")
        self.work.git("remote", "add", "origin", str(self.origin.root))
        self.workflows = self.work.root / ".github" / "workflows"
        self._runs = 0
        self.push(files(self.suites))

    def copied(self, root: Path, forge: Forge) -> Tiny:
        """The same project in the same state somewhere else."""
        for name in ("origin.git", "work"):
            shutil.copytree(self.root / name, root / name, symlinks=True)
        twin = copy(self)
        twin.root, twin.forge = root, forge
        twin.origin, twin.work = opened(root / "origin.git"), opened(root / "work")
        twin.work.git("remote", "set-url", "origin", str(twin.origin.root))
        twin.workflows = twin.work.root / ".github" / "workflows"
        forge.head = self.forge.head
        return twin

    def replace_workflow(self, name: str, text: str) -> None:
        """From now on another text runs under this name; the project itself stays as it is."""
        self.workflows = self.root / "workflows"
        self.workflows.mkdir()
        (self.workflows / name).write_text(text, encoding="utf-8")

    def push(self, changed: Mapping[str, str]) -> str:
        """Commit to main and push; what main pointed to before."""
        self.work.git("checkout", "--quiet", "-B", "main")
        before = self.work.git("rev-parse", "--verify", "--quiet", "HEAD") if self._commits() else "0" * 40
        self.work.commit(changed)
        self.work.git("push", "--quiet", "origin", "main")
        self.before = before
        return before

    def propose(self, changed: Mapping[str, str]) -> None:
        """A pull request with one commit, and the merge commit that GitHub makes of it. It is checked out."""
        self.work.git("checkout", "--quiet", "-B", "topic", "main")
        self.forge.head = self.work.commit(changed)
        self.work.git("push", "--quiet", "--force", "origin", "topic")
        self.work.git("checkout", "--quiet", "--detach", "main")
        self.work.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
        self.work.git("push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{PULL}/merge")

    def on_push(self, how: How | None = None) -> act.Ran:
        """tests.yml for the newest push to main."""
        return self.run("tests.yml", "push", {"ref": "refs/heads/main", "before": self.before}, how)

    def on_pull_request(self, how: How | None = None) -> act.Ran:
        base = {"ref": "main", "sha": self.work.git("rev-parse", "main")}
        pull = {"number": PULL, "base": base, "head": {"ref": "topic", "sha": self.forge.head}}
        return self.run("tests.yml", "pull_request", {"number": PULL, "pull_request": pull}, how)

    def on_merge_queue(self, how: How | None = None) -> act.Ran:
        """tests.yml for what the merge queue would make of the pull request that was proposed last."""
        branch = f"gh-readonly-queue/main/pr-{PULL}-{self.forge.head}"
        self.work.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        group = {"base_ref": "refs/heads/main", "head_ref": f"refs/heads/{branch}"}
        how = replace(how or How(), env={"GITHUB_REF": f"refs/heads/{branch}"})  # act 0.2 does not know this event's
        return self.run("tests.yml", "merge_group", {"ref": f"refs/heads/{branch}", "merge_group": group}, how)

    def on_fork_run(self, how: How | None = None, workflow: str = "fork-coverage.yml") -> act.Ran:
        """The workflow for forks after the forge's run, in the default branch."""
        self.work.git("checkout", "--quiet", "main")
        return self.run(workflow, "workflow_run", {"workflow_run": self.forge.run}, how)

    def on_week(self, until: str = "", how: How | None = None) -> act.Ran:
        """coverage-digest.yml: by hand with a day, else by its schedule."""
        self.work.git("checkout", "--quiet", "main")
        payload: dict[str, object] = {"ref": "refs/heads/main"}
        if until:
            return self.run("coverage-digest.yml", "workflow_dispatch", {**payload, "inputs": {"until": until}}, how)
        unsaid = {"schedule": "17 5 * * 1", "repository": None}  # nobody promises more of this event
        return self.run("coverage-digest.yml", "schedule", {**payload, **unsaid}, how)

    def run(self, workflow: str, event: str, payload: Mapping[str, object], how: How | None = None) -> act.Ran:
        """One run; the commit that is checked out is the one that the event is about."""
        how = how or How()
        self._runs += 1
        given = {"GITHUB_TOKEN": TOKEN, "ALERT_WEBHOOK_URL": f"json://{self.forge.host}/hook", **how.secrets}
        suites = how.suites or self.suites
        options = [word for suite in suites for word in ("--matrix", f"suite:{suite}")] if "tests" in workflow else []
        options += [word for name, value in given.items() for word in ("--secret", f"{name}={value}")]
        options += [word for name, value in how.variables.items() for word in ("--var", f"{name}={value}")]
        options += [*(["--job", how.job] if how.job else []), *how.options]
        folder = self.root / f"run-{self._runs}"
        if self.measured is not None:
            shutil.copytree(self.measured, folder / "out" / "artifacts")
        return act.run(
            self.work.root,
            self.workflows / workflow,
            event,
            {"repository": {"default_branch": "main", "full_name": "acme/tiny"}, **payload},
            folder=folder,
            origin=self.origin.root,
            env={"GITHUB_API_URL": f"http://{self.forge.host}", "GITHUB_REPOSITORY": "acme/tiny", **how.env},
            options=options,
        )

    def recorded(self, at: datetime, before: str) -> int:
        """What tests.yml does to history, at another time: all suites, recorded as a push to main. Exit code."""
        event = self.root / "recorded.json"
        event.write_text(json.dumps({"before": before, "repository": {"default_branch": "main"}}), encoding="utf-8")
        github = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_EVENT_PATH": str(event),
        }
        world = World(self.work.root, {**environ, **github}, lambda: at, StringIO(), StringIO())
        return main(("run",), world)

    def history(self) -> list[str]:
        """Subjects of the commits of the history branch at the origin, newest first."""
        names = self.origin.git("for-each-ref", "--format=%(refname:short)").split()
        if "coverage-history" not in names:
            return []
        return self.origin.git("log", "--format=%s", "coverage-history").splitlines()

    def _commits(self) -> bool:
        return bool(self.work.git("for-each-ref", "refs/heads/main"))
