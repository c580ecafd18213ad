"""Ways in which pytest exits with 0 although its tests did not all pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgov.policy.policy import Suite, SuiteRunner
from covgov_testing import projects
from covgov_testing.suite_runs import UNIT, Run

pytestmark = pytest.mark.security

EXIT = "import pytest\n\ndef test_exit():\n    pytest.exit('enough', returncode=0)\n\ndef test_never():\n    assert False\n"
KILL = "import os\n\ndef test_end():\n    os._exit(0)\n\ndef test_never():\n    assert False\n"
BAD = "def test_bad():\n    assert False\n"
SWALLOW = """\
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.outcome = "passed"
"""
EXIT_CODE = "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
UNCAUGHT = (
    "import pytest\n\n@pytest.mark.xfail\ndef test_x():\n    assert False\n\ndef test_skip():\n    pytest.skip()\n"
)
WORKERS = Suite(tests=("tests",), args=("-p", "xdist", "-n", "2")).named("unit")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(projects.calc(tmp_path / "project"))


@pytest.mark.parametrize("suite", [UNIT, WORKERS])
def test_pytest_exit_is_not_the_end_of_the_tests(run: Run, suite: Suite) -> None:
    projects.write(run.root, {"tests/test_exit.py": EXIT})
    done = run(suite)
    assert done.tests is None or not done.tests.passed or not done.arrived


def test_pytest_exit_with_0_is_an_error_with_its_reason(run: Run) -> None:
    projects.write(run.root, {"tests/test_exit.py": EXIT})
    done = run(UNIT)
    assert done.snapshot is not None
    assert done.tests is not None
    assert (done.tests.exit_code, done.tests.errors, done.tests.passed) == (0, 1, False)
    assert "pytest was stopped before its last test: Exit enough" in done.snapshot.notes


def test_a_test_that_ends_the_process_leaves_nothing_to_judge(run: Run) -> None:
    projects.write(run.root, {"tests/test_end.py": KILL})
    done = run(Suite(tests=("tests/test_end.py",)).named("unit"))
    assert not done.arrived
    assert done.reason.startswith(
        "the tests (exit code 0) left no coverage data: pytest ended before its last test (os._exit, or killed)"
    )


def test_ending_the_process_with_saved_data_is_an_error(run: Run) -> None:
    save = "import coverage; coverage.Coverage.current().save(); os._exit(0)"
    projects.write(run.root, {"tests/test_end.py": KILL.replace("os._exit(0)", save)})
    done = run(UNIT)
    assert done.tests is not None
    assert (done.tests.errors, done.tests.passed) == (1, False)


@pytest.mark.parametrize("suite", [UNIT, WORKERS])
def test_failures_that_a_plugin_reports_as_passed_are_errors(run: Run, suite: Suite) -> None:
    projects.write(run.root, {"tests/test_bad.py": BAD, "conftest.py": SWALLOW})
    done = run(suite)
    assert done.snapshot is not None
    assert done.tests is not None
    assert (done.tests.exit_code, done.tests.errors) == (0, 1)
    assert "tests/test_bad.py::test_bad raised, but was reported as passed" in done.snapshot.notes


def test_an_exit_code_of_0_excuses_no_failure(run: Run) -> None:
    projects.write(run.root, {"tests/test_bad.py": BAD, "conftest.py": EXIT_CODE})
    done = run(UNIT)
    assert done.tests is not None
    assert (done.tests.exit_code, done.tests.failures, done.tests.passed) == (0, 1, False)


def test_expected_failures_and_skips_are_neither(run: Run) -> None:
    projects.write(run.root, {"tests/test_x.py": UNCAUGHT})
    done = run(UNIT)
    assert done.tests is not None
    assert (done.tests.errors, done.tests.skipped, done.tests.passed) == (0, 2, True)


@pytest.mark.parametrize("suite", [UNIT, WORKERS])
def test_what_failed_is_named_as_deselect_takes_it(run: Run, suite: Suite) -> None:
    settings = "[pytest]\naddopts = -p no:cacheprovider --continue-on-collection-errors\n"
    case = "class TestIt:\n    def test_bad(self):\n        assert False\n"
    bad = {"tests/test_bad.py": BAD + case, "tests/test_absent.py": "import absent\n"}
    projects.write(run.root, {"pytest.ini": settings, **bad})
    assert sorted(run(suite).failed) == [
        "tests/test_absent.py",
        "tests/test_bad.py::TestIt::test_bad",
        "tests/test_bad.py::test_bad",
    ]


def test_what_failed_in_unittest_is_named_as_deselect_takes_it(run: Run) -> None:
    case = "import unittest\n\nclass ItTest(unittest.TestCase):\n    def test_bad(self):\n        self.fail()\n"
    projects.write(run.root, {"tests/test_bad.py": case})
    done = run(Suite(runner=SuiteRunner.UNITTEST, tests=("tests",)).named("unit"))
    assert [name for name in done.failed if "bad" in name] == ["test_bad.ItTest.test_bad"]
