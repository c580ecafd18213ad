"""One suite measured alone, by xdist workers, through subprocesses, under pytest-cov and by a foreign command: the
totals are the same, because there is one measurement path."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from covgov.model.snapshot import Metric, Snapshot
from covgov.policy.policy import Suite
from covgov.runner.run_suite import run_suite
from covgov_testing import projects

WORK = """\
import os
import subprocess
import sys


def in_child(number):
    code = "from app.work import child; child(%d)" % number
    env = {**os.environ, "EXTRA": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=os.environ["PROJECT"], env=env)


def child(number):
    if number:
        return "some"
    return "none"


def direct():
    return 1
"""

TEST_WORK = """\
import pytest

from app.work import direct, in_child


@pytest.mark.reliability
@pytest.mark.parametrize("number", [0, 1])
def test_child(number):
    in_child(number)


@pytest.mark.security
def test_direct():
    assert direct() == 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    more = {"app/work.py": WORK, "tests/test_work.py": TEST_WORK}
    return projects.calc(tmp_path / "project", more)


def measure(root: Path, *args: str, suite: Suite | None = None, **env: str) -> Snapshot:
    said: list[str] = []
    done = run_suite(
        suite or Suite(tests=("tests",), args=("-p", "no:randomly", *args)).named("unit"),
        root=root,
        out=root / "coverage",
        env=projects.environment(PROJECT=str(root), **projects.FEW_PLUGINS, **env),
        progress=said.append,
    )
    assert done.snapshot is not None, "\n".join([done.reason, *said])
    assert done.tests is not None
    assert done.tests.passed, "\n".join(said)
    return done.snapshot


def test_workers_subprocesses_and_pytest_cov_change_no_total(project: Path) -> None:
    alone = measure(project)
    assert alone.files["app/work.py"].ratio(Metric.COMBINED).uncovered == 0
    assert measure(project, "-n", "2").files == alone.files
    assert measure(project, "--cov=app").files == alone.files


def test_attributes_are_those_of_the_running_test(project: Path) -> None:
    found = measure(project, "-n", "2").files["app/work.py"]
    assert found.attribute("security") == 1 << WORK.splitlines().index("    return 1") + 1
    assert found.attribute("reliability")
    assert not found.attribute("architecture")


def test_the_total_is_coverages_own(project: Path) -> None:
    snapshot = measure(project)
    totals = json.loads((project / "coverage/unit.json").read_text())["totals"]
    ratio = snapshot.ratio(Metric.COMBINED)
    assert ratio.covered == totals["covered_lines"] + totals["covered_branches"]
    assert ratio.total == totals["num_statements"] + totals["num_branches"]


def test_subprocess_measurement_of_the_projects_own_is_not_in_the_way(project: Path) -> None:
    alone = measure(project)
    (project / ".coveragerc").write_text(projects.COVERAGERC + "patch = subprocess\n")
    assert measure(project).files == alone.files


def test_a_foreign_command_is_measured_alike(project: Path) -> None:
    alone = measure(project)
    own = Suite(command=(sys.executable, "-m", "pytest", "-q", "tests", "--junitxml={junit}")).named("unit")
    through = measure(project, suite=own)
    assert through.files == alone.files
    assert through.tests is not None
    assert through.tests.tests == 4
    covering = Suite(command=(sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q", "tests")).named("unit")
    assert measure(project, suite=covering).files == alone.files


def test_an_interpreter_without_covgov_measures_attributes_as_well(project: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "other", with_pip=False, symlinks=True)
    python = tmp_path / "other/bin/python"
    site = next((tmp_path / "other").glob("lib/python*/site-packages"))
    here = Path(pytest.__file__).parent.parent
    for name in ("coverage", "pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments"):
        (site / name).symlink_to(here / name)
    for info in here.glob("*.dist-info"):
        if info.name.startswith(("coverage-", "pytest-9", "pytest-8", "pluggy-")):
            (site / info.name).symlink_to(info)
    assert subprocess.run([python, "-c", "import covgov"], check=False, capture_output=True).returncode == 1
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --strict-markers\n")
    suite = Suite(tests=("tests",), python=str(python)).named("unit")
    assert measure(project, suite=suite).files["app/work.py"].attribute("security")


@pytest.mark.reliability
def test_a_virtual_environment_that_is_gone_falls_back_to_this_interpreter(project: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "gone", ignore_errors=True)
    assert "app/work.py" in measure(project, VIRTUAL_ENV=str(tmp_path / "gone")).files


FORKS = """\
import concurrent.futures
import multiprocessing

import pytest

from app import work


@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver"])
def test_process(kind):
    process = multiprocessing.get_context(kind).Process(target=getattr(work, kind))
    process.start()
    process.join()
    assert process.exitcode == 0


def test_pool():
    pool = multiprocessing.get_context("fork").Pool(2)
    assert pool.map(work.pool, [1, 2]) == [1, 2]
    pool.close()
    pool.join()


def test_executor():
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        assert list(executor.map(work.executor, [1, 2])) == [1, 2]
"""
NAMES = ("fork", "spawn", "forkserver", "pool", "executor")


def test_processes_of_multiprocessing_are_measured(tmp_path: Path) -> None:
    body = "".join(f"def {name}(number=1):\n    return number\n" for name in NAMES)
    root = projects.calc(tmp_path / "project", {"app/work.py": body, "tests/test_work.py": FORKS})
    assert measure(root).files["app/work.py"].ratio(Metric.COMBINED).uncovered == 0
