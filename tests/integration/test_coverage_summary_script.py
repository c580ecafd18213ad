"""scripts/ci/coverage_summary.py on what coverage.py itself wrote, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from covgov_testing import projects
from covgov_testing.reports import coverage

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "ci" / "coverage_summary.py"
TABLE = """\
## Coverage

| report | files | lines | branches | combined |
| --- | --- | --- | --- | --- |
| `coverage/api.json` | 2 | 4/6 = 66.66 % | 1/2 = 50.00 % | 5/8 = 62.50 % |
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that coverage.py measured by itself: no repository, no policy, no snapshot."""
    root = projects.calc(tmp_path_factory.mktemp("summary") / "project")
    (root / "coverage").mkdir()
    coverage(root, "run", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    coverage(root, "json", "-o", "coverage/api.json")
    assert sorted(path.name for path in (root / "coverage").iterdir()) == ["api.json"]
    return root


def summary(root: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    around = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *args], cwd=root, env=around | env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("args", [(), ("coverage/api.json",)])
def test_the_json_of_coverage_py_is_enough(project: Path, args: tuple[str, ...]) -> None:
    done = summary(project, *args)
    assert (done.returncode, done.stdout, done.stderr) == (0, TABLE, "")


def test_the_summary_is_appended_to_the_job_summary(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("# Other step\n", encoding="utf-8")
    done = summary(project, GITHUB_STEP_SUMMARY=str(path))
    assert path.read_text(encoding="utf-8") == f"# Other step\n{TABLE}"
    assert done.stdout == TABLE


@pytest.mark.parametrize("args", [(), ("coverage/auth.json",)])
def test_a_report_that_is_missing_is_no_empty_summary(tmp_path: Path, args: tuple[str, ...]) -> None:
    path = tmp_path / "summary.md"
    done = summary(tmp_path, *args, GITHUB_STEP_SUMMARY=str(path))
    assert (done.returncode, done.stdout, path.exists()) == (4, "", False)
    assert "[report-missing]" in done.stderr


def test_verdicts_are_no_reports(project: Path) -> None:
    for name in ("verdict.json", "api.verdict.json"):
        (project / "coverage" / name).write_text("{}", encoding="utf-8")
    assert summary(project).stdout == TABLE
