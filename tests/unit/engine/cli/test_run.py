"""`covgov run` with a real suite under real coverage.py; each test costs a pytest start, so there are few."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgov_testing.desk import Desk

SOURCE = "def used() -> int:\n    return 1\n\n\ndef unused() -> int:\n    return 2\n"
TEST = "from api.a import used\n\n\ndef test_used() -> None:\n    assert used() == 1\n"
FILES = {
    ".coveragerc": "[run]\nsource = api\nbranch = True\n",
    "api/__init__.py": "",
    "api/a.py": SOURCE,
    "tests/conftest.py": "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent))\n",
    "tests/test_a.py": TEST,
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "work")
    desk.repo.write({".gitignore": "coverage/\nhistory/\n__pycache__/\n.pytest_cache/\n"})
    desk.commit(FILES)
    return desk


def test_run_measures_judges_records_and_writes_every_artifact(desk: Desk) -> None:
    assert desk.covgov("run") == 0, desk.err.getvalue()
    assert "3/4 = 75.00 %" in desk.out.getvalue()
    assert "recorded run 1" in desk.err.getvalue()
    written = {path.name for path in (desk.root / "coverage").iterdir() if path.is_file()}
    assert written >= {
        "api.xml",
        "api.json",
        "api.lcov",
        "api.snapshot",
        "api-html.zip",
        "api-junit.xml",
        "merged.xml",
        "merged.json",
        "merged.lcov",
        "merged.snapshot",
        "verdict.json",
        "summary.md",
        "verdict-junit.xml",
        "exceptions.patch",
        "digest.md",
    }


def test_measure_only_leaves_the_verdict_to_check(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--measure-only", "--", "--cov-report=xml:coverage/more.xml") == 0
    assert desk.out.getvalue() == ""
    assert (desk.root / "coverage" / "more.xml").is_file()
    assert not (desk.root / "coverage" / "verdict.json").exists()
    assert not desk.store().exists()


def test_failing_tests_exit_10_and_stay_visible(desk: Desk) -> None:
    desk.repo.write({"tests/test_b.py": "def test_no() -> None:\n    assert False\n"})
    assert desk.covgov("run", "api", "--measure-only") == 10
    assert desk.covgov("check", "api") == 10
    assert "tests failed" in desk.out.getvalue()


def test_a_suite_without_tests_did_not_arrive(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--measure-only", "--", "-k", "nothing_is_called_so") == 11
    assert "did not arrive" in desk.err.getvalue()


def test_an_unknown_suite_is_a_usage_error_before_anything_runs(desk: Desk) -> None:
    assert desk.covgov("run", "web") == 2
    assert "declared suites: api" in desk.err.getvalue()


def test_a_threshold_for_pytest_cov_is_refused(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--", "--cov-fail-under=90") == 2
