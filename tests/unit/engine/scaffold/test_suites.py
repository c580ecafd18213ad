"""Which tests there are, and what runs them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from covgov.scaffold.pytest_settings import pytest_settings
from covgov.scaffold.suites import Environment
from covgov_testing.trees import A_TEST, A_UNITTEST, found, tree

PKG = {"pkg/__init__.py": "x = 1\n"}
NOTHING = Environment("", "python", frozenset({"pkg"}))
ONLY_COVERAGE = Environment("", "python", frozenset({"coverage", "pkg"}))

TESTS: Mapping[str, tuple[Mapping[str, str], object]] = {
    "tests": ({"tests/test_a.py": A_TEST}, ("tests",)),
    "testing": ({"testing/a_test.py": A_TEST}, ("testing",)),
    "test and tests": ({"test/test_a.py": A_TEST, "tests/test_b.py": A_TEST}, ("test", "tests")),
    "inside the package": ({"pkg/tests/test_a.py": A_TEST}, ("pkg/tests",)),
    "testpaths are pytest's own": ({"tests/test_a.py": A_TEST, "pytest.ini": "[pytest]\ntestpaths = tests"}, None),
    "doctests are found by pytest": (
        {"tests/test_a.py": A_TEST, "pytest.ini": "[pytest]\naddopts = --doctest-modules"},
        None,
    ),
    "a file beside the code": ({"tests/test_a.py": A_TEST, "pkg/b_test.py": A_TEST}, None),
    "a pattern of the project's": (
        {"tests/check_a.py": A_TEST, "setup.cfg": "[tool:pytest]\npython_files = check_*.py"},
        ("tests",),
    ),
    "a test directory without tests": ({"tests/data.py": "x = 1\n", "spec/test_a.py": A_TEST}, None),
}


@pytest.mark.parametrize("case", TESTS)
def test_tests_are_where_the_project_has_them(case: str) -> None:
    files, expected = TESTS[case]
    detected = found({**PKG, **files})
    assert detected.suite.keys.get("tests") == expected
    assert detected.has_tests


def test_a_project_without_tests_is_known_as_one() -> None:
    detected = found({**PKG, "tests/__init__.py": "", "test_data.py": "x = 1\n"})
    assert not detected.has_tests
    assert dict(detected.suite.keys) == {}


def test_unittest_runs_only_where_pytest_is_neither_installed_nor_needed() -> None:
    files = {**PKG, "tests/test_a.py": A_UNITTEST}
    assert found(files, ONLY_COVERAGE).suite.keys == {"runner": "unittest", "tests": ("tests",)}
    assert "runner" not in found(files).suite.keys
    assert "runner" not in found({**files, "tests/test_b.py": A_TEST}, ONLY_COVERAGE).suite.keys


def test_a_file_that_pytest_does_not_collect_by_itself_is_named_to_it() -> None:
    keys = found({**PKG, "pkg/tests.py": A_TEST}).suite.keys
    assert dict(keys) == {"args": ("-o", "python_files=test*.py")}
    keys = found({"src/pkg/__init__.py": "", "src/tests/test.py": A_TEST}).suite.keys
    assert keys["tests"] == ("src/tests",)
    assert keys["args"] == ("-o", "python_files=test*.py")
    own = {"setup.cfg": "[tool:pytest]\npython_files = check_*.py"}
    assert not found({**PKG, "pkg/tests.py": A_TEST, **own}).has_tests


def test_unittest_starts_where_the_package_of_a_test_file_is_imported_from() -> None:
    alone = Environment("", "python", frozenset({"coverage", "zope.event"}))
    files = {"src/zope/__init__.py": "", "src/zope/event/__init__.py": "x = 1\n", "src/zope/event/tests.py": A_UNITTEST}
    assert found(files, alone).suite.keys == {"runner": "unittest", "tests": ("src",)}
    assert found({**PKG, "pkg/tests.py": A_UNITTEST}, ONLY_COVERAGE).suite.keys == {"runner": "unittest"}


def test_the_environment_that_has_everything_runs_the_tests() -> None:
    own = Environment(".venv/bin/python", "/x/.venv/bin/python", frozenset({"coverage", "pytest", "pkg"}))
    files = {**PKG, "tests/test_a.py": A_TEST, "uv.lock": ""}
    assert found(files, NOTHING, own, programs=frozenset({"uv"})).suite.keys["python"] == ".venv/bin/python"


@pytest.mark.parametrize(
    ("files", "program", "command"),
    [
        ({"uv.lock": ""}, "uv", "uv run --with coverage --with pytest pytest"),
        ({"poetry.lock": ""}, "poetry", "poetry run pytest"),
        ({"pyproject.toml": "[tool.hatch.envs.default]"}, "hatch", "hatch test"),
        ({"tox.ini": "[tox]"}, "tox", "tox -e py"),
        ({"noxfile.py": "def tests(session): ..."}, "nox", "nox -s tests"),
        ({"Makefile": "test:\n\tpytest\n"}, "make", "make test"),
    ],
)
def test_a_tool_runs_them_where_no_environment_can(files: Mapping[str, str], program: str, command: str) -> None:
    every = {**PKG, "tests/test_a.py": A_TEST, **files}
    assert found(every, NOTHING, programs=frozenset({program})).suite.keys == {"command": tuple(command.split())}
    assert "command" not in found(every, NOTHING).suite.keys
    assert "command" not in found(every, programs=frozenset({program})).suite.keys


def test_what_an_interpreter_lacks_is_said_with_the_command_that_adds_it() -> None:
    detected = found({**PKG, "tests/test_a.py": A_TEST}, NOTHING)
    assert any("python -m pip install coverage pytest" in one.why for one in detected.decisions)


def test_pytest_cov_does_not_measure_a_second_time() -> None:
    files = {**PKG, "tests/test_a.py": A_TEST, "pytest.ini": "[pytest]\naddopts = -q --cov=pkg --cov-fail-under=90\n"}
    detected = found(files)
    assert detected.suite.keys["args"] == ("--no-cov",)
    assert detected.bar is not None
    assert detected.bar.percent == 90
    without = Environment("", "python", frozenset({"coverage", "pytest", "pkg"}))
    assert found(files, without).suite.keys["args"] == ("-o", "addopts=-q")


def test_a_package_in_src_that_is_not_installed_is_put_on_the_path() -> None:
    files = {"src/new/__init__.py": "", "tests/test_a.py": A_TEST}
    assert found(files).suite.keys["args"] == ("-o", "pythonpath=src")
    told = {**files, "pytest.ini": "[pytest]\npythonpath = src\n"}
    assert "args" not in found(told).suite.keys


def test_django_runs_its_own_tests() -> None:
    files = {"manage.py": "", "shop/models.py": "", "shop/tests.py": A_UNITTEST}
    assert found(files).suite.keys == {"command": ("python", "manage.py", "test")}


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"pytest.ini": "", "setup.cfg": "[tool:pytest]\n"}, "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['-q']", "tox.ini": "[pytest]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.pytest]\naddopts = ['-q']"}, "pyproject.toml"),
        ({"tox.ini": "[pytest]\naddopts = -q", "setup.cfg": "[tool:pytest]\n"}, "tox.ini"),
        ({"setup.cfg": "[tool:pytest]\naddopts = -q"}, "setup.cfg"),
        ({"tox.ini": "[tox]\n"}, ""),
    ],
)
def test_pytests_settings_are_those_that_pytest_reads(files: Mapping[str, str], where: str) -> None:
    settings = pytest_settings(tree(files))
    assert settings.where == where
    assert settings.addopts == (("-q",) if where and where != "pytest.ini" else ())
