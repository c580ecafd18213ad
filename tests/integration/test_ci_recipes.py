"""The recipes of docs/ci: their shell lines, under each system's variables, in a stranger's project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from covgov_testing.ci_environments import COMMON, PULLS, PUSHES
from covgov_testing.gitlab_jobs import DROP, STRANGER
from covgov_testing.repos import Repo

pytestmark = pytest.mark.workflows
PAGE = Path(__file__).resolve().parents[2] / "docs" / "ci" / "index.md"
RECIPE = re.compile(r"<!-- recipe: ([\w ]+) -->\n```\w+\n(.*?)```", re.DOTALL)
LINE = re.compile(r"(?:^|[ '])((?:test \"|covgov )[^'\n]*)", re.MULTILINE)
GITEA = {
    "GITEA_ACTIONS": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REF": "refs/pull/7/head",
    "GITHUB_HEAD_REF": "fix",
    "GITHUB_BASE_REF": "main",
}
RECIPES = {name: text for names, text in RECIPE.findall(PAGE.read_text(encoding="utf-8")) for name in names.split()}
ENVIRONMENTS = {"gitea": GITEA, **{name: {**COMMON[name], **PULLS[name]} for name in PULLS}}


def commands(system: str) -> Sequence[str]:
    """The lines of covgov, each once."""
    return tuple(dict.fromkeys(LINE.findall(RECIPES[system])))


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    origin = Repo(tmp_path / "origin.git", bare=True)
    made = Repo(tmp_path / "made")
    made.commit(STRANGER)
    made.git("push", "--quiet", str(origin.root), "main")
    return origin.clone(tmp_path / "shop")


def run(shop: Repo, system: str, env: Mapping[str, str], lines: Sequence[str]) -> tuple[int, str]:
    """The lines as one script that ends with the first failure."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "GIT", "COVERAGE"))}
    head = {
        name: shop.git("rev-parse", "HEAD") for name, value in env.items() if value == COMMON["circleci"]["CIRCLE_SHA1"]
    }
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{own['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", "\n".join(lines)],
        cwd=shop.root,
        env={**own, **env, **head, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_system_has_a_recipe_that_runs_covgov() -> None:
    assert set(RECIPES) == {*COMMON, "gitea"} - {"appveyor", "cirrus", "semaphore"}
    assert all("covgov run" in commands(system) for system in RECIPES)


@pytest.mark.parametrize("system", sorted({*RECIPES} - {"teamcity"}))
def test_a_pull_request_with_a_drop_is_red(shop: Repo, system: str) -> None:
    shop.git("checkout", "--quiet", "-b", "fix")
    shop.commit(DROP)
    code, text = run(shop, system, ENVIRONMENTS[system], ["covgov run"])
    assert (code, "covgov: FAIL" in text) == (10, True), text
    assert "not recorded" in text


@pytest.mark.parametrize("system", ["bitbucket", "buildkite", "travis"])
def test_a_push_to_the_default_branch_is_recorded(shop: Repo, system: str) -> None:
    code, text = run(shop, system, {**COMMON[system], **PUSHES[system]}, commands(system))
    assert (code, "recorded run 1" in text) == (0, True), text
    assert "coverage-history" in shop.git("ls-remote", "--heads", "origin")


@pytest.mark.security
@pytest.mark.parametrize("system", ["azure", "circleci", "jenkins"])
def test_a_pull_request_whose_base_is_not_to_be_found_is_undetermined(tmp_path: Path, system: str) -> None:
    alone = Repo(tmp_path / "alone")
    alone.git("checkout", "--quiet", "-b", "fix")
    alone.commit(STRANGER)
    code, text = run(alone, system, ENVIRONMENTS[system], ["covgov run"])
    assert (code, "base-unknown" in text or "target branch" in text) == (11, True), text
