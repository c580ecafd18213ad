"""Which tests there are, and what runs them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from covgov.scaffold.detection.pytest_settings import pytest_settings
from covgov.scaffold.detection.suites import Environment
from covgov.scaffold.policy_text import usable_names
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
    assert detected.suites[0].keys.get("tests") == expected
    assert detected.has_tests


def test_a_project_without_tests_is_known_as_one() -> None:
    detected = found({**PKG, "tests/__init__.py": "", "test_data.py": "x = 1\n"})
    assert not detected.has_tests
    assert dict(detected.suites[0].keys) == {}


def test_unittest_runs_only_where_pytest_is_neither_installed_nor_needed() -> None:
    files = {**PKG, "tests/test_a.py": A_UNITTEST}
    assert found(files, ONLY_COVERAGE).suites[0].keys == {"runner": "unittest", "tests": ("tests",)}
    assert "runner" not in found(files).suites[0].keys
    assert "runner" not in found({**files, "tests/test_b.py": A_TEST}, ONLY_COVERAGE).suites[0].keys


def test_a_file_that_pytest_does_not_collect_by_itself_is_named_to_it() -> None:
    keys = found({**PKG, "pkg/tests.py": A_TEST}).suites[0].keys
    assert dict(keys) == {"args": ("-o", "python_files=test*.py")}
    keys = found({"src/pkg/__init__.py": "", "src/tests/test.py": A_TEST}).suites[0].keys
    assert keys["tests"] == ("src/tests",)
    assert keys["args"] == ("-o", "python_files=test*.py")
    own = {"setup.cfg": "[tool:pytest]\npython_files = check_*.py"}
    assert not found({**PKG, "pkg/tests.py": A_TEST, **own}).has_tests


def test_unittest_starts_where_the_package_of_a_test_file_is_imported_from() -> None:
    alone = Environment("", "python", frozenset({"coverage", "zope.event"}))
    files = {"src/zope/__init__.py": "", "src/zope/event/__init__.py": "x = 1\n", "src/zope/event/tests.py": A_UNITTEST}
    assert found(files, alone).suites[0].keys == {"runner": "unittest", "tests": ("src",)}
    assert found({**PKG, "pkg/tests.py": A_UNITTEST}, ONLY_COVERAGE).suites[0].keys == {"runner": "unittest"}


BOTH = {
    "libs/one/pyproject.toml": "",
    "libs/one/one/__init__.py": "",
    "libs/one/tests/test_a.py": A_TEST,
    "libs/two/pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['checks']\npythonpath = ['.']\n",
    "libs/two/two/__init__.py": "",
    "libs/two/checks/test_a.py": A_TEST,
}
"""Two projects, and none at the top."""


def test_each_project_of_a_repository_has_a_suite_of_its_own() -> None:
    detected = found(BOTH)
    assert [(suite.name, dict(suite.keys)) for suite in detected.suites] == [
        ("one", {"tests": ("libs/one/tests",), "args": ("--rootdir=.", "-o", "pythonpath=.")}),
        ("two", {"tests": ("libs/two/checks",), "args": ("--rootdir=.",)}),
    ]
    assert [(one.name, one.paths, one.suite) for one in detected.components] == [
        ("one", ("libs/one/one/**",), "one"),
        ("two", ("libs/two/two/**",), "two"),
    ]


def test_a_project_without_tests_is_measured_by_the_tests_of_another() -> None:
    detected = found({path: text for path, text in BOTH.items() if "/checks/" not in path})
    assert [suite.name for suite in detected.suites] == ["one"]
    assert [one.suite for one in detected.components] == ["one", "one"]


def test_packages_and_projects_of_one_name_are_told_apart_by_their_paths() -> None:
    code = {"pkg/__init__.py": "", "tests/test_a.py": A_TEST, "setup.py": ""}
    files = {f"{place}/one/{path}": text for place in ("a b", "libs", "libs/x") for path, text in code.items()}
    detected = found({**files, "infra/one/setup.py": ""})
    assert [suite.name for suite in detected.suites] == ["a-b.one", "libs.one", "libs.x.one"]
    assert [one.name for one in detected.components] == ["a-b.one.pkg", "libs.one.pkg", "libs.x.one.pkg"]


def test_names_that_covgov_toml_does_not_take_are_changed() -> None:
    wanted = [("_pkg", "_pkg.py"), ("pkg", "pkg"), ("pkg", "-/pkg"), ("é", "é"), ("x" * 70, "x")]
    assert usable_names(wanted) == ("pkg.py", "pkg", "pkg-2", "app", "x" * 64)


def test_a_tool_that_runs_the_tests_of_a_project_starts_in_its_directory() -> None:
    detected = found({**BOTH, "libs/one/tox.ini": "[tox]"}, NOTHING, programs=frozenset({"tox"}))
    assert detected.suites[0].keys == {"command": ("sh", "-c", "cd libs/one && tox -e py")}


@pytest.mark.parametrize("extra", [{"top/__init__.py": ""}, {"pyproject.toml": "", "mod.py": "x = 1\n"}])
def test_a_project_at_the_top_is_the_only_one(extra: Mapping[str, str]) -> None:
    assert [suite.name for suite in found({**BOTH, **extra}).suites] == ["tests"]


def test_the_environment_that_has_everything_runs_the_tests() -> None:
    own = Environment(".venv/bin/python", "/x/.venv/bin/python", frozenset({"coverage", "pytest", "pkg"}))
    files = {**PKG, "tests/test_a.py": A_TEST, "uv.lock": ""}
    assert found(files, NOTHING, own, programs=frozenset({"uv"})).suites[0].keys["python"] == ".venv/bin/python"


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
    assert found(every, NOTHING, programs=frozenset({program})).suites[0].keys == {"command": tuple(command.split())}
    assert "command" not in found(every, NOTHING).suites[0].keys
    assert "command" not in found(every, programs=frozenset({program})).suites[0].keys


def test_what_an_interpreter_lacks_is_said_with_the_command_that_adds_it() -> None:
    detected = found({**PKG, "tests/test_a.py": A_TEST}, NOTHING)
    assert any("python -m pip install coverage pytest" in one.why for one in detected.decisions)


def test_pytest_cov_does_not_measure_a_second_time() -> None:
    files = {**PKG, "tests/test_a.py": A_TEST, "pytest.ini": "[pytest]\naddopts = -q --cov=pkg --cov-fail-under=90\n"}
    detected = found(files)
    assert detected.suites[0].keys["args"] == ("--no-cov",)
    assert detected.bar is not None
    assert detected.bar.percent == 90
    without = Environment("", "python", frozenset({"coverage", "pytest", "pkg"}))
    assert found(files, without).suites[0].keys["args"] == ("-o", "addopts=-q")


def test_a_package_in_src_that_is_not_installed_is_put_on_the_path() -> None:
    files = {"src/new/__init__.py": "", "tests/test_a.py": A_TEST}
    assert found(files).suites[0].keys["args"] == ("-o", "pythonpath=src")
    told = {**files, "pytest.ini": "[pytest]\npythonpath = src\n"}
    assert "args" not in found(told).suites[0].keys


def test_django_runs_its_own_tests() -> None:
    files = {"manage.py": "", "shop/models.py": "", "shop/tests.py": A_UNITTEST}
    assert found(files).suites[0].keys == {"command": ("python", "manage.py", "test")}


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"pytest.toml": "[pytest]\naddopts = ['-q']", "pytest.ini": ""}, "pytest.toml"),
        ({".pytest.toml": "[pytest]\naddopts = ['-q']", "pytest.ini": ""}, ".pytest.toml"),
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
