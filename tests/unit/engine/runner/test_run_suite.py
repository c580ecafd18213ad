from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.snapshot_codec import decode
from covgov.policy.policy import Suite
from covgov.runner.passthrough import ReportOutputs
from covgov_testing import projects
from covgov_testing.repos import Repo
from covgov_testing.suite_runs import UNIT, Run, script


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(projects.calc(tmp_path / "project"))


def test_a_passing_suite_gives_a_snapshot_and_every_report(run: Run) -> None:
    repo = Repo(run.root)
    commit = repo.commit()
    wanted = ReportOutputs(json=("extra/engine.json",), term=True, ignored=("--cov=app",))
    done = run(UNIT, "-q", requested=wanted)
    assert done.arrived
    assert done.snapshot == decode((run.out / "unit.snapshot").read_bytes(), "unit.snapshot")
    assert done.snapshot.files["app/calc.py"].ratio(Metric.LINE) == Ratio(4, 6)
    assert done.snapshot.files["app/calc.py"].ratio(Metric.BRANCH) == Ratio(1, 2)
    assert done.snapshot.files["app/calc.py"].attribute("security") == 1 << 2 | 1 << 4
    assert done.snapshot.origin is not None
    assert done.snapshot.origin.commit == commit
    assert done.tests is not None
    assert (done.tests.tests, done.tests.passed, done.tests.seconds > 0) == (1, True, True)
    assert run.written == {"unit.xml", "unit.json", "unit.lcov", "unit-html.zip", "unit-junit.xml", "unit.snapshot"}
    totals = json.loads((run.root / "extra/engine.json").read_text())["totals"]
    assert totals["covered_lines"] + totals["covered_branches"] == done.snapshot.ratio(Metric.COMBINED).covered
    assert done.files[-1] == run.out / "unit.snapshot"
    assert "--cov=app is ignored" in run.text
    assert "app/calc.py" in run.text
    assert "1 passed" in run.text
    with zipfile.ZipFile(run.out / "unit-html.zip") as archive:
        assert "index.html" in archive.namelist()


@pytest.mark.reliability
def test_failing_tests_give_a_snapshot_that_says_so(run: Run) -> None:
    projects.write(run.root, {"tests/test_bad.py": "def test_bad():\n    assert False\n"})
    done = run(UNIT)
    assert done.snapshot is not None
    assert done.snapshot.tests == done.tests
    assert done.tests is not None
    assert (done.tests.exit_code, done.tests.failures, done.tests.passed) == (1, 1, False)


def raw(run: Run) -> list[Path]:
    return [path for path in run.out.rglob(".data/unit/**/.coverage*") if path.is_file()]


@pytest.mark.reliability
def test_raw_data_goes_after_success_and_stays_after_failure(run: Run) -> None:
    assert run(UNIT).arrived
    assert not (run.out / ".data" / "unit").exists()
    projects.write(run.root, {"tests/test_bad.py": "def test_bad():\n    assert False\n"})
    assert run(UNIT).arrived
    assert raw(run)
    (run.root / "tests/test_bad.py").unlink()
    assert run(UNIT).arrived
    assert raw(run) == []


@pytest.mark.reliability
def test_stale_data_beside_the_run_changes_nothing_and_survives(run: Run) -> None:
    stale = [run.root / ".coverage.host.1.stale", run.root / ".coverage", run.out / ".coverage.host.2.stale"]
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"not even a database")
    within = run.out / ".data/unit/last/data/.coverage.host.3.stale"
    within.parent.mkdir(parents=True)
    within.write_bytes(b"left by a killed run")
    done = run(UNIT)
    assert done.snapshot is not None
    assert done.snapshot.files["app/calc.py"].ratio(Metric.LINE) == Ratio(4, 6)
    assert all(path.read_bytes() == b"not even a database" for path in stale)
    assert not within.exists()


@pytest.mark.reliability
def test_no_tests_means_not_arrived_and_removes_what_an_earlier_run_left(run: Run) -> None:
    run.out.mkdir()
    (run.out / "unit.snapshot").write_bytes(b"old")
    (run.out / "unit.xml").write_bytes(b"old")
    done = run(UNIT, "-k", "nothing_of_that_name")
    assert not done.arrived
    assert done.reason.startswith("no tests were collected (pytest exit code 5): write tests, or correct `tests` in")
    assert run.written == {"unit.why"}


def test_a_pytest_usage_error_means_not_arrived(run: Run) -> None:
    done = run(UNIT, "--no-such-option")
    assert not done.arrived
    assert "exit code 4" in done.reason
    assert "unrecognized arguments: --no-such-option" in done.reason


def test_a_conftest_that_cannot_be_imported_is_quoted(run: Run) -> None:
    (run.root / "tests" / "conftest.py").write_text("import nothing_of_that_name\n", encoding="utf-8")
    done = run(UNIT)
    assert not done.arrived
    assert "a conftest.py cannot be imported): tests/conftest.py:1: in <module> | import nothing_of_that_name | E" in (
        done.reason
    )
    assert done.reason.endswith("ModuleNotFoundError: No module named 'nothing_of_that_name'")


def test_a_missing_test_path_becomes_the_suites_reason(run: Run) -> None:
    done = run(Suite(tests=("test",)).named("unit"))
    assert not done.arrived
    assert done.reason == (
        "pytest ran no tests (exit code 4: wrong command line, or a conftest.py cannot be imported): "
        "ERROR: file or directory not found: test"
    )
    assert (run.out / "unit.why").read_text(encoding="utf-8") == f"{done.reason}\n"
    assert run(UNIT).arrived
    assert not (run.out / "unit.why").exists()


def test_a_missing_coverage_py_repeats_the_interpreters_error(run: Run) -> None:
    done = run(script("sh", "-c", "echo; echo No module named coverage; echo; exit 1"))
    assert not done.arrived
    assert "exit code 1) left no coverage data" in done.reason
    assert done.reason.endswith("Last output: No module named coverage")


@pytest.mark.parametrize("package", ["pytest", "coverage"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(run: Run, package: str) -> None:
    bare = run.root / "bare-python"
    bare.write_text(f"#!/bin/sh\necho '/bin/python: No module named {package}'\nexit 1\n", encoding="utf-8")
    bare.chmod(0o755)
    done = run(Suite(tests=("tests",), python="./bare-python").named("unit"))
    assert not done.arrived
    assert done.reason.startswith(f"{package} is not installed in the suite's interpreter: run `pip install {package}`")
    assert "or set `python` or `command` in [suites.unit]" in done.reason


def test_tests_that_print_a_missing_module_still_arrive(run: Run) -> None:
    projects.write(
        run.root, {"tests/test_print.py": "def test_it():\n    raise ImportError(\"No module named 'pytest'\")\n"}
    )
    assert run(UNIT).arrived


def test_a_command_without_data_means_not_arrived(run: Run) -> None:
    done = run(script("sh", "-c", "exit 0"))
    assert not done.arrived
    assert "left no coverage data: is coverage.py installed in their interpreter? If it is, " in done.reason
    assert done.tests is not None
    assert done.tests.exit_code == 0


def test_a_missing_interpreter_means_not_arrived_with_a_hint(run: Run) -> None:
    done = run(Suite(tests=("tests",), python="no-such-python").named("unit"))
    assert not done.arrived
    assert "no-such-python" in (run.out / "unit.why").read_text(encoding="utf-8")
    assert "no-such-python" in done.reason
    assert "command-missing" in done.reason
    assert "hint" in run.text


def test_a_command_is_measured_by_the_bootstrap_and_analysed_by_its_own_interpreter(run: Run) -> None:
    call = f"import sys; sys.path.insert(0, {str(run.root)!r}); from app.calc import sign; sign(-1)"
    done = run(script(sys.executable, "-c", call))
    assert done.snapshot is not None
    assert done.snapshot.files["app/calc.py"].ratio(Metric.LINE) == Ratio(4, 6)
    assert (done.python, done.tests and done.tests.tests) == (sys.executable, 0)


@pytest.mark.reliability
def test_data_that_coverage_cannot_report_means_not_arrived(run: Run) -> None:
    write = "import os; open(os.path.join(os.environ['_COVGOV_DATA'], '.coverage.x.1.y'), 'w').write('junk')"
    done = run(script(sys.executable, "-S", "-c", write))
    assert not done.arrived
    assert "suite-not-reportable" in done.reason
    assert run.written == {"unit.why"}


@pytest.mark.reliability
def test_a_damaged_junit_file_leaves_a_note_and_the_exit_code(run: Run) -> None:
    spoil = f"import sys; sys.path.insert(0, {str(run.root)!r}); import app.calc; open(sys.argv[1], 'w').write('<')"
    done = run(script(sys.executable, "-c", spoil, "{junit}"))
    assert done.snapshot is not None
    assert any("not counted" in note for note in done.snapshot.notes)
    assert done.tests is not None
    assert done.tests.exit_code == 0


def test_notes_of_the_plugin_reach_the_snapshot(run: Run) -> None:
    (run.root / ".coveragerc").write_text(projects.COVERAGERC + "dynamic_context = test_function\n")
    done = run(UNIT)
    assert done.snapshot is not None
    assert any("its own dynamic context" in note for note in done.snapshot.notes)
    assert "covgov: the project configures" in run.text


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_cov_in_addopts_neither_measures_nor_gates(run: Run, workers: tuple[str, ...]) -> None:
    ini = "[pytest]\npythonpath = .\naddopts = --cov=app --cov-report=xml:theirs.xml --cov-fail-under=100\n"
    projects.write(run.root, {"pytest.ini": ini, ".coveragerc": "[run]\nrelative_files = true\nbranch = true\n"})
    done = run(UNIT, *workers, PYTEST_PLUGINS="pytest_cov.plugin,xdist.plugin")
    assert done.arrived, run.text
    assert done.tests is not None
    assert done.tests.passed
    assert not (run.root / "theirs.xml").exists()
    assert done.snapshot is not None
    assert done.snapshot.files["app/calc.py"].ratio(Metric.LINE) == Ratio(4, 6)
    assert [note for note in done.snapshot.notes if note.startswith("pytest's --cov=app is not used")]
