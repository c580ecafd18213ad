from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from msgspec import structs

from covgov.cli.project import Project
from covgov.cli.publication import publication_of
from covgov.cli.world import World
from covgov.errors import InputError
from covgov.publish.channels.interface import Publication
from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build
from covgov_testing.repos import Repo

POLICY = '[suites.api]\n[components.api]\npaths = ["a.py"]\n[history]\nstore = "dir:history"\n'
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def made(
    root: Path, env: dict[str, str] | None = None, policy: str = POLICY, commit: str = "c0ffee1234567890"
) -> Publication:
    (root / "covgov.toml").write_text(policy)
    (root / "coverage").mkdir(exist_ok=True)
    (root / "coverage" / "verdict.json").write_text(RENDERERS["json"](structs.replace(build.verdict(), commit=commit)))
    world = World(cwd=root, env={**os.environ, **(env or {})}, now=lambda: NOW, out=StringIO(), err=StringIO())
    return publication_of(Project(world))


def test_outside_of_a_forge_the_folder_names_the_repository(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    repo = Repo(root)
    commit = repo.commit({"a.py": "1\n", ".github/CODEOWNERS": "*.py @ada\n"})
    one = made(root, commit=commit)
    assert (one.repository, one.commit, one.now) == ("shop", commit, NOW)
    assert one.owner_of("a.py") == "@ada"
    assert one.previous is None
    assert one.ci.default_branch == "main"


@pytest.mark.security
@pytest.mark.parametrize("commit", ["c0ffee1234567890", ""])
def test_a_verdict_of_another_commit_is_not_told_of_this_one(tmp_path: Path, commit: str) -> None:
    here = Repo(tmp_path).commit({"a.py": "1\n"})
    with pytest.raises(InputError, match=f"but HEAD is {here[:12]}") as caught:
        made(tmp_path, commit=commit)
    assert caught.value.code == "verdict-foreign"


def test_a_pull_request_is_about_its_head(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"ref": "f", "sha": "f" * 40}}}))
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    one = made(tmp_path, {**env, "GITHUB_REPOSITORY": "acme/shop"})
    assert (one.repository, one.commit, one.ci.branch) == ("acme/shop", "f" * 40, "f")


def test_gitlab_names_its_project(tmp_path: Path) -> None:
    assert made(tmp_path, {"GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/shop"}).repository == "acme/shop"


def test_the_policy_knows_the_default_branch_best(tmp_path: Path) -> None:
    env = {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"}
    assert made(tmp_path, env).ci.default_branch == "main"
    assert made(tmp_path, env, '[policy]\ndefault_branch = "trunk"\n' + POLICY).ci.default_branch == "trunk"


def test_files_are_those_below_coverage(tmp_path: Path) -> None:
    one = made(tmp_path)
    assert one.file("verdict.json") == (tmp_path / "coverage" / "verdict.json").read_bytes()
    assert one.file("nothing.md") is None


@pytest.mark.security
@pytest.mark.parametrize("name", ["../covgov.toml", "/etc/passwd", "a/../../covgov.toml"])
def test_no_file_is_read_from_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a file below"):
        made(tmp_path).file(name)
