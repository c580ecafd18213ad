"""scripts/coverage_baseline.sh at both sides of its bar, by flag, by environment and by policy."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from covgov_testing import projects
from covgov_testing.repos import Repo

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "coverage_baseline.sh"
PASS, USAGE, INVALID, FAIL, UNDETERMINED = 0, 2, 3, 10, 11


def baseline(root: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    around = projects.environment(**projects.BARE, **env)
    return subprocess.run([str(SCRIPT), *args], cwd=root, env=around, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Covered lines of 10000 -> a project that has exactly so many."""
    return {n: projects.counted(tmp_path_factory.mktemp(f"lines{n}") / "project", n, 10_000) for n in (8999, 9000)}


def committed(root: Path, fail_under: int = 90) -> None:
    """The project as the only commit of a repository, under a policy with this bar."""
    shutil.rmtree(root / ".git", ignore_errors=True)
    policy = projects.COUNTED_POLICY.replace("fail_under = 90\n", f"fail_under = {fail_under}\n", 1)
    Repo(root).commit({"covgov.toml": policy})


@pytest.mark.parametrize(("covered", "code"), [(8999, FAIL), (9000, PASS)])
@pytest.mark.parametrize("source", ["flag", "environment", "policy"])
def test_the_bar_is_exact_wherever_it_is_set(counted: dict[int, Path], covered: int, code: int, source: str) -> None:
    root = counted[covered]
    committed(root, fail_under=90 if source == "policy" else 50)
    args = ["--suite", "engine", *(["--fail-under", "90"] if source == "flag" else [])]
    done = baseline(root, *args, **({"COVERAGE_FAIL_UNDER": "90"} if source == "environment" else {}))
    assert done.returncode == code, done.stdout + done.stderr
    totals = json.loads((root / "coverage/engine.json").read_text())["totals"]
    assert (totals["covered_lines"], totals["num_statements"]) == (covered, 10_000)
    if code == FAIL:
        assert "8999/10000" in done.stdout


def test_the_flag_may_ask_for_more_than_the_policy(counted: dict[int, Path]) -> None:
    committed(counted[9000])
    done = baseline(counted[9000], "--fail-under", "90.01", "--suite", "engine")
    assert done.returncode == FAIL, done.stdout + done.stderr


@pytest.mark.parametrize(
    "args", [[], ["--suite"], ["--fail-under", "90"], ["--suite", "engine", "--fail-under"], ["engine"]]
)
def test_a_wrong_command_line_is_a_usage_error(tmp_path: Path, args: list[str]) -> None:
    done = baseline(tmp_path, *args)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "usage:" in done.stderr


def test_a_python_without_covgov_is_reported_in_one_line(tmp_path: Path) -> None:
    done = baseline(tmp_path, "--suite", "engine", COVGOV_PYTHON="no-such-python")
    assert (done.returncode, done.stdout) == (127, "")
    (line,) = done.stderr.splitlines()
    assert "no-such-python is not a Python 3.11 or newer with covgov" in line


def test_an_unknown_suite_is_covgovs_usage_error(counted: dict[int, Path]) -> None:
    assert baseline(counted[9000], "--suite", "nobody").returncode == USAGE


@pytest.mark.reliability
def test_a_broken_policy_keeps_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "covgov.toml").write_text("[policy]\nfail_undre = 90\n")
    assert baseline(tmp_path, "--suite", "engine").returncode == INVALID


@pytest.mark.reliability
def test_a_suite_that_did_not_arrive_is_undetermined(tmp_path: Path) -> None:
    root = projects.counted(tmp_path / "project", 5, 10)
    (root / "tests/test_counted.py").unlink()
    committed(root)
    done = baseline(root, "--suite", "engine")
    assert done.returncode == UNDETERMINED, done.stdout + done.stderr
