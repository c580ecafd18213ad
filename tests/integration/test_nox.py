"""The literal nox command line of the workflows, in a project of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from covgov_testing import projects

NOXFILE = Path(__file__).resolve().parents[2] / "noxfile.py"

POLICY = """\
[suites.engine]
tests = ["tests"]

[suites.auth-service]
tests = ["tests"]

[components.app]
paths = ["app/**"]
suite = "engine"

[components.auth]
paths = ["auth/**"]
suite = "auth-service"
"""


def nox(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = projects.environment(NOX_DEFAULT_VENV_BACKEND="none", COVERAGE_CONTEXT="from-outside", **projects.FEW_PLUGINS)
    return subprocess.run(
        [sys.executable, "-m", "nox", *args], cwd=root, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = projects.calc(tmp_path / "project", {"covgov.toml": POLICY})
    shutil.copy(NOXFILE, root / "noxfile.py")
    return root


def test_every_suite_of_the_policy_is_a_session_of_that_exact_name(project: Path) -> None:
    listed = json.loads(nox(project, "--list", "--json").stdout)
    assert [session["session"] for session in listed] == ["tests(unit_engine)", "tests(unit_auth_service)"]


def test_the_session_measures_its_suite_and_writes_what_the_arguments_ask_for(project: Path) -> None:
    wanted = ["--cov-report=xml:coverage/engine.xml", "--cov-report=json:coverage/engine.json"]
    done = nox(project, "-s", "tests(unit_engine)", "--", *wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    covered = json.loads((project / "coverage/engine.json").read_text())["totals"]
    assert (covered["covered_lines"], covered["num_statements"]) == (4, 6)
    assert (project / "coverage/engine.xml").read_text().startswith("<?xml")
    assert (project / "coverage/engine.snapshot").is_file()
    assert not (project / "coverage/auth-service.snapshot").exists()


def test_failing_tests_fail_the_session(project: Path) -> None:
    projects.write(project, {"tests/test_bad.py": "def test_bad():\n    assert False\n"})
    done = nox(project, "-s", "tests(unit_engine)", "--", "-x")
    assert done.returncode == 1
    assert "exit code 10" in done.stdout + done.stderr
