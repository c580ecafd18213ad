"""Suites with a `command` of their own: any language, any tool, any test runner."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.policy.policy import Suite, SuiteRunner
from covgov.runner.passthrough import ReportOutputs
from covgov_testing import projects
from covgov_testing.repos import Repo
from covgov_testing.suite_runs import PLAIN, Run

LCOV = "SF:web/a.js\nDA:1,1\nDA:2,0\nend_of_record\n"
JUNIT = "<testsuite><testcase name='a'/><testcase name='b'/></testsuite>"
WRITE = "printf 'SF:web/a.js\\nDA:1,1\\nDA:2,0\\nend_of_record\\n' > out/lcov.info"
COUNT = f'echo "{JUNIT}" > out/junit.xml'


def shell(text: str, **keys: object) -> Suite:
    return Suite.read({"command": ["sh", "-c", text], **keys}).named("unit")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    files = {"web/a.js": "x()\ny()\n", "out/.gitignore": "*\n"}
    return Run(projects.write(tmp_path / "project", files))


@pytest.fixture
def calc(tmp_path: Path) -> Run:
    return Run(projects.calc(tmp_path / "calc"))


def test_the_reports_of_a_command_become_the_snapshot(run: Run) -> None:
    done = run(shell(f"{WRITE}; {COUNT}", reports="out/lcov.info", junit="out/*.xml"))
    assert done.snapshot is not None, done.reason
    assert done.snapshot.files["web/a.js"].ratio(Metric.LINE) == Ratio(1, 2)
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed) == (2, True)
    assert run.written == {"unit.snapshot", "unit-junit.xml"}


@pytest.mark.security
@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("true", "out/lcov.info: is from before this run; the test command did not write it [report-stale]"),
        ("rm out/lcov.info", "out/lcov.info: the test command wrote no such report [report-missing]"),
        ("echo TN: > out/lcov.info", "[report-matches-nothing]"),
        ("echo rubbish > out/lcov.info", "[report-unknown-format]"),
    ],
)
def test_only_a_report_of_this_run_counts(run: Run, command: str, reason: str) -> None:
    (run.root / "out/lcov.info").write_text(LCOV)
    done = run(shell(command, reports=["out/lcov.info"]))
    assert not done.arrived
    assert done.reason.endswith(reason)


@pytest.fixture
def committed(run: Run) -> Run:
    """The same in git, with reports that somebody committed."""
    Repo(run.root).commit({"lcov.info": LCOV, "junit.xml": JUNIT, ".gitignore": "out/\ncoverage/\n"})
    return run


@pytest.mark.security
@pytest.mark.parametrize(
    ("command", "report", "reason"),
    [
        ("true", "out/lcov.info", "the test command wrote no such report [report-missing]"),
        ("touch out/lcov.info", "out/lcov.info", "the file is empty [report-empty]"),
        ("cp lcov.info out/lcov.info", "out/lcov.info", "the test command did not write it [report-stale]"),
        ("touch lcov.info", "lcov.info", "the test command did not write it [report-stale]"),
    ],
)
def test_a_report_that_is_only_touched_is_not_of_this_run(
    committed: Run, command: str, report: str, reason: str
) -> None:
    (committed.root / "out/lcov.info").write_text(LCOV)
    done = committed(shell(command, reports=[report]))
    assert not done.arrived
    assert done.reason.endswith(reason), done.reason
    assert (committed.root / "lcov.info").read_text() == LCOV


@pytest.mark.security
def test_a_run_that_writes_the_same_bytes_again_counts_as_ever(committed: Run) -> None:
    other = WRITE.replace("DA:2,0", "DA:2,3")
    for _ in range(2):
        done = committed(shell(f"{other}; {COUNT}", reports="out/*.info", junit="out/*.xml"))
        assert done.arrived, done.reason
        assert done.tests is not None
        assert done.tests.tests == 2


@pytest.mark.reliability
def test_a_file_that_is_no_report_is_never_deleted(committed: Run) -> None:
    projects.write(committed.root, {"out/notes.info": "not committed yet", "out/old.info": LCOV})
    done = committed(shell(WRITE.replace("DA:2,0", "DA:2,3"), reports="out/*.info"))
    assert "out/notes.info: is from before this run" in done.reason
    assert {path.name for path in (committed.root / "out").glob("*.info")} == {"lcov.info", "notes.info"}


@pytest.mark.security
def test_a_junit_report_that_is_only_touched_counts_nothing_and_other_xml_stays(committed: Run) -> None:
    projects.write(committed.root, {"out/junit.xml": JUNIT, "out/data.xml": "<data/>"})
    done = committed(
        shell(f"{WRITE}; echo >> out/lcov.info; touch junit.xml", reports="out/lcov.info", junit="**/*.xml")
    )
    assert done.tests is not None
    assert done.tests.tests == 0
    assert {path.name for path in (committed.root / "out").glob("*.xml")} == {"data.xml"}


@pytest.mark.security
def test_a_junit_report_of_before_the_run_counts_nothing(run: Run) -> None:
    (run.root / "out/junit.xml").write_text(JUNIT)
    done = run(shell(WRITE, reports="out/lcov.info", junit="out/junit.xml"))
    assert done.tests is not None
    assert (done.tests.tests, done.tests.exit_code) == (0, 0)


@pytest.mark.security
def test_failures_in_junit_fail_a_command_that_exits_with_0(run: Run) -> None:
    failing = COUNT.replace("<testcase name='b'/>", "<testcase name='b'><failure/></testcase>")
    done = run(shell(f"{WRITE}; {failing}; true", reports="out/lcov.info", junit="out/junit.xml"))
    assert done.tests is not None
    assert (done.tests.failures, done.tests.passed) == (1, False)


@pytest.mark.security
def test_without_junit_the_exit_code_decides(run: Run) -> None:
    for code, passed in ((0, True), (3, False)):
        done = run(shell(f"{WRITE}; exit {code}", reports="out/lcov.info"))
        assert done.tests is not None
        assert (done.tests.tests, done.tests.exit_code, done.tests.passed) == (0, code, passed)


@pytest.mark.security
def test_a_junit_report_without_a_test_is_no_run(run: Run) -> None:
    empty = "echo '<testsuite/>' > out/junit.xml"
    done = run(shell(f"{WRITE}; {empty}", reports="out/lcov.info", junit="out/junit.xml"))
    assert (done.arrived, done.reason) == (False, "its JUnit report holds no test")


def test_several_junit_reports_are_added_up(run: Run) -> None:
    done = run(shell(f"{WRITE}; {COUNT}; cp out/junit.xml out/more.xml", reports="out/*.info", junit="out/*.xml"))
    assert done.tests is not None
    assert done.tests.tests == 4


def test_options_for_coverage_pys_reports_are_named_as_ignored(run: Run) -> None:
    assert run(shell(WRITE, reports="out/lcov.info"), requested=ReportOutputs(xml=("x.xml",))).arrived
    assert "--cov-report is ignored: the reports of suite unit are its command's" in run.text
    assert not (run.root / "x.xml").exists()


@pytest.mark.parametrize("own", ["", "--junitxml=mine.xml"])
def test_pytest_below_any_command_counts_its_tests(calc: Run, own: str) -> None:
    done = calc(shell(f"{sys.executable} -m pytest -q {own}"))
    assert done.snapshot is not None, done.reason
    assert done.snapshot.files["app/calc.py"].attribute("security")
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed) == (1, True)
    assert (calc.root / "mine.xml").exists() is bool(own)


def test_the_workers_of_such_a_pytest_are_counted_and_tagged(calc: Run) -> None:
    done = calc(shell(f"{sys.executable} -m pytest -q -p xdist -n 2"))
    assert done.snapshot is not None, done.reason
    assert done.snapshot.files["app/calc.py"].attribute("security")
    assert done.tests is not None
    assert done.tests.tests == 1


@pytest.mark.security
def test_a_pytest_that_a_test_starts_is_not_the_suites(calc: Run) -> None:
    inner = "import subprocess, sys\n\ndef test_inner(tmp_path):\n    (tmp_path / 'test_x.py').write_text('def test_x(): 0/0')\n"
    call = "    assert subprocess.run([sys.executable, '-m', 'pytest', str(tmp_path)]).returncode == 1\n"
    projects.write(calc.root, {"tests/test_outer.py": inner + call})
    done = calc(shell(f"{sys.executable} -m pytest -q"))
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed) == (2, True)


@pytest.mark.security
def test_a_failing_pytest_whose_exit_code_is_swallowed_fails(calc: Run) -> None:
    projects.write(calc.root, {"tests/test_bad.py": "def test_bad():\n    assert False\n"})
    done = calc(shell(f"{sys.executable} -m pytest -q; true"))
    assert done.tests is not None
    assert (done.tests.exit_code, done.tests.failures, done.tests.passed) == (0, 1, False)


def test_tox_is_told_to_pass_the_variables(calc: Run) -> None:
    done = calc(shell('echo "$TOX_OVERRIDE" > told; false'), TOX_OVERRIDE="testenv.x=1")
    assert not done.arrived
    assert "Last output" not in done.reason
    assert done.reason.endswith("let the tool pass on PYTHONPATH, COVERAGE_*, COVGOV_*, _COVGOV_*")
    told = (calc.root / "told").read_text()
    assert told.startswith("testenv.x=1;testenv.pass_env+=PYTHONPATH,COVERAGE_*,COVGOV_*,_COVGOV_*;env_run_base.")


UNITTEST = """\
import os
import unittest

from app.calc import sign


def setUpModule():
    if "BROKEN_FIXTURE" in os.environ:
        raise RuntimeError("no fixture")


class Calc(unittest.TestCase):
    def test_positive(self):
        self.assertEqual(sign(1), 1)

    def test_parts(self):
        for number in (1, 2):
            with self.subTest(number=number):
                self.assertEqual(sign(number), number if "BAD_PART" in os.environ else 1)

    @unittest.skip("not here")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.assertEqual(sign(1), 1 if "UNEXPECTED" in os.environ else 2)

    def test_end(self):
        if "END" in os.environ:
            os._exit(0)


class Wrong(unittest.TestCase):
    def test_bad(self):
        self.fail("as always \\x00")

    def test_error(self):
        sign()
"""


@pytest.fixture
def plain(tmp_path: Path) -> Run:
    """A project without pytest: its tests are a package."""
    files = {"tests/__init__.py": "", "tests/test_unit.py": UNITTEST}
    root = projects.calc(tmp_path / "plain", files)
    (root / "tests/test_calc.py").unlink()
    return Run(root)


def unit(*deselect: str, tests: tuple[str, ...] = ("tests",), args: tuple[str, ...] = ()) -> Suite:
    return Suite(runner=SuiteRunner.UNITTEST, tests=tests, deselect=deselect, args=args).named("unit")


GOOD = unit("tests.test_unit.Wrong")


def test_unittest_counts_each_case(plain: Run) -> None:
    done = plain(unit())
    assert done.snapshot is not None, done.reason
    assert done.tests is not None
    assert (done.tests.tests, done.tests.failures, done.tests.errors, done.tests.skipped) == (7, 1, 1, 2)
    assert (done.tests.exit_code, done.tests.passed) == (1, False)
    assert set(done.snapshot.files) == {"app/__init__.py", "app/calc.py"}


def test_unittest_passes_without_what_is_deselected(plain: Run) -> None:
    done = plain(GOOD)
    assert done.snapshot is not None, done.reason
    assert done.snapshot.files["app/calc.py"].ratio(Metric.LINE) == Ratio(4, 6)
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed) == (5, True)


@pytest.mark.security
@pytest.mark.parametrize("trouble", ["BROKEN_FIXTURE", "BAD_PART", "UNEXPECTED"])
def test_unittest_fails_however_a_case_fails(plain: Run, trouble: str) -> None:
    done = plain(GOOD, requested=PLAIN, **{trouble: "1"})
    assert done.tests is not None
    assert (done.tests.exit_code, done.tests.failures + done.tests.errors) == (1, 1)


@pytest.mark.security
def test_unittest_that_ends_within_a_test_is_no_run(plain: Run) -> None:
    assert not plain(GOOD, END="1").arrived


@pytest.mark.security
def test_a_module_that_cannot_be_imported_is_an_error(plain: Run) -> None:
    projects.write(plain.root, {"tests/test_broken.py": "import nothing_of_that_name\n"})
    done = plain(GOOD)
    assert done.tests is not None
    assert done.tests.errors == 1
    assert plain(unit("tests.test_unit.Wrong", "unittest.loader._FailedTest.tests.test_broken")).arrived


@pytest.mark.parametrize(
    ("tests", "args", "count"),
    [
        (("tests/test_unit.py",), ("-k", "positive"), 1),
        (("tests.test_unit.Calc.test_positive", "tests.test_unit.Calc.test_end"), (), 2),
        ((), (), 5),
        (("tests",), ("-p", "test_u*.py", "-v", "-b"), 5),
    ],
)
def test_unittest_takes_its_own_names_and_options(
    plain: Run, tests: tuple[str, ...], args: tuple[str, ...], count: int
) -> None:
    done = plain(unit("tests.test_unit.Wrong", tests=tests, args=args))
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed) == (count, True)


@pytest.mark.security
def test_unittest_without_a_test_is_no_run(plain: Run) -> None:
    done = plain(unit(args=("-k", "nothing_of_that_name")))
    assert not done.arrived
    assert done.reason.startswith("no tests were collected (unittest exit code 5): write tests, or correct `tests` in")


def test_pytest_leaves_out_what_is_deselected(calc: Run) -> None:
    bad = {"tests/test_bad.py": "def test_bad():\n    assert False\n", "tests/test_broken.py": "import nothing\n"}
    projects.write(calc.root, bad)
    suite = Suite(tests=("tests",), deselect=("tests/test_bad.py::test_bad", "tests/test_broken.py")).named("unit")
    done = calc(suite)
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed) == (1, True)
