from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.errors import Undetermined
from covgov.vcs.command import Git
from covgov_testing.repos import Repo


def fake_git(folder: Path, script: str) -> dict[str, str]:
    """An environment whose git is the given shell script."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("echo 'fatal: not a git repository' >&2; exit 128", "not-a-repository", "is not in a git repository"),
        ("echo 'fatal: detected dubious ownership' >&2; exit 128", "git-refuses", "dubious ownership"),
        ("echo 'fatal: bad object' >&2; echo more >&2; exit 128", "git-failed", "bad object"),
        ("exit 3", "git-failed", "exit code 3"),
    ],
)
def test_a_failure_has_a_code_and_gits_message(tmp_path: Path, script: str, code: str, words: str) -> None:
    git = Git(tmp_path, fake_git(tmp_path / "bin", script))
    with pytest.raises(Undetermined) as caught:
        git.run("status")
    assert caught.value.code == code
    assert words in caught.value.message
    assert "more" not in caught.value.message


@pytest.mark.security
def test_only_variables_about_access_reach_git(tmp_path: Path) -> None:
    env = fake_git(tmp_path / "bin", "env")
    given = {
        **env,
        "GIT_DIR": "/x",
        "GIT_EXTERNAL_DIFF": "/x",
        "GIT_SSH_COMMAND": "ssh -i key",
        "GIT_CONFIG_COUNT": "0",
    }
    seen = dict(line.split("=", 1) for line in Git(tmp_path, given).run("anything").text.splitlines() if "=" in line)
    assert {"GIT_SSH_COMMAND", "GIT_CONFIG_COUNT"} <= set(seen)
    assert not {"GIT_DIR", "GIT_EXTERNAL_DIFF"} & set(seen)
    assert seen["LC_ALL"] == "C"


def test_a_setting_can_be_added_for_one_command(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    git = Git(repo.root, os.environ)
    assert git.configured("x.y=z").run("config", "x.y").text == "z"
    assert git.ask("config", "x.y").code == 1


@pytest.mark.reliability
def test_a_missing_directory_is_undetermined(tmp_path: Path) -> None:
    with pytest.raises(Undetermined) as caught:
        Git(tmp_path / "gone", os.environ).ask("status")
    assert caught.value.code == "git-missing"
