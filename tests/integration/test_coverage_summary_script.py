"""scripts/ci/coverage_summary.py as a CI step calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from covgov_testing.repos import Repo

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "ci" / "coverage_summary.py"
POLICY = """\
version = 1

[suites.api]
tests = ["tests"]

[components.api]
paths = ["src/**"]
suite = "api"
fail_under = 80
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    repo = Repo(tmp_path / "project")
    repo.commit({"covgov.toml": POLICY, "src/a.py": "x = 1\n", ".gitignore": "coverage/\n"})
    return repo.root


def called(project: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=project, env=os.environ | env, capture_output=True, text=True, check=False
    )


def test_the_summary_is_printed_and_the_exit_code_is_that_of_check(project: Path) -> None:
    done = called(project)
    assert done.stdout.startswith("<!-- covgov:summary -->\n## covgov: undetermined\n")
    assert done.returncode == 11


def test_the_summary_is_appended_to_the_job_summary(project: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Other step\n", encoding="utf-8")
    event = tmp_path / "event.json"
    event.write_text("{}", encoding="utf-8")
    done = called(
        project,
        CI="true",
        GITHUB_ACTIONS="true",
        GITHUB_EVENT_NAME="push",
        GITHUB_EVENT_PATH=str(event),
        GITHUB_REF_NAME="main",
        GITHUB_STEP_SUMMARY=str(summary),
    )
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# Other step\n")
    assert text.count("## covgov: undetermined") == 1
    assert done.stdout.strip() in text
