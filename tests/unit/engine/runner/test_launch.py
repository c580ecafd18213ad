from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from covgov.policy.policy import Suite
from covgov.runner import launch
from covgov.runner.launch import Workspace, command_line, environment, interpreter

WORK = Workspace(Path("/w"))


def test_a_suite_can_name_its_interpreter(tmp_path: Path) -> None:
    assert interpreter(Suite(python="python3.12").named("a"), tmp_path, {"VIRTUAL_ENV": "/v"}) == "python3.12"


def test_a_relative_interpreter_counts_from_the_root(tmp_path: Path) -> None:
    assert interpreter(Suite(python=".venv/bin/python").named("a"), tmp_path, {}) == str(tmp_path / ".venv/bin/python")


def test_an_absolute_interpreter_stays(tmp_path: Path) -> None:
    assert interpreter(Suite(python="/opt/bin/python").named("a"), tmp_path, {}) == "/opt/bin/python"


def test_the_active_virtual_environment_comes_next(tmp_path: Path) -> None:
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.touch()
    assert interpreter(Suite().named("a"), tmp_path, {"VIRTUAL_ENV": str(tmp_path)}) == str(python)


def test_a_covgov_with_an_environment_of_its_own_is_given_the_interpreter(tmp_path: Path) -> None:
    """The project's own environment still comes first."""
    given = {"COVGOV_SUITE_PYTHON": "/opt/bin/python"}
    assert interpreter(Suite().named("a"), tmp_path, given) == "/opt/bin/python"
    own = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages" / "coverage"
    own.mkdir(parents=True)
    (own / "__init__.py").touch()
    assert interpreter(Suite().named("a"), tmp_path, given) == str(tmp_path / ".venv" / "bin" / "python")


@pytest.mark.parametrize("env", [{}, {"VIRTUAL_ENV": ""}, {"VIRTUAL_ENV": "/no/such/environment"}])
def test_the_default_is_the_current_interpreter(tmp_path: Path, env: dict[str, str]) -> None:
    assert interpreter(Suite().named("a"), tmp_path, env) == sys.executable


def test_pytest_runs_under_coverage_with_its_data_in_the_workspace() -> None:
    suite = Suite(tests=("tests/a",), args=("-q",)).named("a")
    assert command_line(suite, sys.executable, WORK, ["-x"], {}) == [
        *(sys.executable, "-m", "coverage", "run", "--parallel-mode", "--data-file=/w/data/.coverage"),
        *("-m", "pytest", "tests/a", "-q", "--junitxml=/w/junit.xml", "-x"),
    ]


def test_another_interpreter_gets_the_plugin() -> None:
    command = command_line(Suite().named("a"), "/other/python", WORK, (), {})
    assert command[command.index("-p") + 1] == launch.PLUGIN_COPY


def test_pytest_without_plugin_autoload_gets_the_plugin() -> None:
    command = command_line(Suite().named("a"), sys.executable, WORK, (), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert command[command.index("-p") + 1] == launch.PLUGIN_COPY


def test_a_command_is_used_as_written_with_the_junit_path_filled_in() -> None:
    suite = Suite(command=("uv", "run", "pytest", "--junitxml={junit}")).named("a")
    assert command_line(suite, "python", WORK, ["-x"], {}) == ["uv", "run", "pytest", "--junitxml=/w/junit.xml", "-x"]


def test_the_context_is_the_suite_unless_somebody_set_one() -> None:
    assert environment(Suite().named("a"), Path("/r"), WORK, {})["COVERAGE_CONTEXT"] == "a"
    assert (
        environment(Suite().named("a"), Path("/r"), WORK, {"COVERAGE_CONTEXT": "nightly"})["COVERAGE_CONTEXT"]
        == "nightly"
    )


def test_an_outer_measurement_is_disabled() -> None:
    around = {"COVERAGE_PROCESS_START": "x", "COVERAGE_PROCESS_CONFIG": "y", "COVERAGE_FILE": "/outer", "HOME": "/h"}
    env = environment(Suite().named("a"), Path("/r"), WORK, around)
    assert not set(launch.FOREIGN) & set(env)
    assert (env["COVERAGE_FILE"], env["HOME"]) == ("/w/data/.coverage", "/h")


def test_the_bootstrap_comes_first_on_the_path_and_only_once() -> None:
    before = os.pathsep.join(["/mine", str(launch.BOOTSTRAP), ""])
    paths = environment(Suite().named("a"), Path("/r"), WORK, {"PYTHONPATH": before})["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(launch.BOOTSTRAP), "/w/plugin", "/mine"]


@pytest.mark.architecture
def test_the_scripts_for_the_suites_interpreter_exist() -> None:
    assert (launch.BOOTSTRAP / "sitecustomize.py").is_file()
    assert launch.REPORTER.is_file()
    assert launch.PLUGIN.is_file()
