from __future__ import annotations

import ast
import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest

from covgov import pytest_plugin
from covgov.pytest_plugin import DEFAULT, NAME, AttributePlugin, active, context_of, ignored, leave, obstacle, wanted
from covgov_testing.projects import BARE

pytest_plugins = ["pytester"]


class Recorder:
    """A coverage measurement that only remembers which contexts it was switched to."""

    def __init__(self, core: str = "CTracer", dynamic_context: str | None = None) -> None:
        self.core = core
        self.dynamic_context = dynamic_context
        self.contexts: list[str] = []
        self.source: list[str] | None = None

    def get_option(self, option_name: str, /) -> object:
        return {"run:dynamic_context": self.dynamic_context, "run:source": self.source}.get(option_name)

    def switch_context(self, new_context: str, /) -> object:
        self.contexts.append(new_context)
        return None

    def sys_info(self) -> Iterable[tuple[str, object]]:
        return [("core", self.core)]


def run_around(attributes: AttributePlugin, item: pytest.Item, times: int = 1) -> None:
    """Drive the hooks as pytest does in a session of one test, or of the same test again."""
    attributes.pytest_sessionstart()
    for _ in range(times):
        wrapper = attributes.pytest_runtest_protocol(item)
        next(wrapper)
        assert next(wrapper, None) is None
    attributes.pytest_sessionfinish()


@pytest.fixture
def item(request: pytest.FixtureRequest) -> pytest.Item:
    node = request.node
    assert isinstance(node, pytest.Item)
    return node


@pytest.mark.parametrize(
    ("markers", "context"),
    [
        (set(), ""),
        ({"slow", "parametrize"}, ""),
        ({"security", "slow"}, "covgov:security"),
        ({"security", "architecture"}, "covgov:architecture,security"),
    ],
)
def test_a_context_names_the_attributes_sorted(markers: set[str], context: str) -> None:
    assert context_of(markers, DEFAULT) == context


def test_settings_that_only_pytest_cov_had_are_noted() -> None:
    coverage, options = Recorder(), Namespace(covgov_cov_source=["app", True], cov_branch=True)
    assert ignored(coverage, options).startswith("pytest's --cov=app --cov-branch is not used")
    coverage.source = ["app"]
    assert ignored(coverage, options).startswith("pytest's --cov-branch is not used")
    assert ignored(coverage, Namespace(covgov_cov_source=["app"])) == ""
    assert ignored(coverage, Namespace()) == ""


@pytest.mark.security
@pytest.mark.reliability
def test_tagged_tests_run_under_their_context_which_is_left_at_the_end(item: pytest.Item) -> None:
    coverage = Recorder()
    run_around(AttributePlugin(item.config, DEFAULT, lambda: coverage, ""), item, times=3)
    assert coverage.contexts == ["covgov:reliability,security", ""]


def test_an_untagged_test_switches_nothing(item: pytest.Item) -> None:
    coverage = Recorder()
    run_around(AttributePlugin(item.config, DEFAULT, lambda: coverage, ""), item)
    assert coverage.contexts == []


def test_an_untagged_test_leaves_the_context_of_the_test_before_it(item: pytest.Item) -> None:
    coverage = Recorder()
    attributes = AttributePlugin(item.config, DEFAULT, lambda: coverage, "")
    attributes.pytest_sessionstart()
    for marker in (pytest.mark.security, pytest.mark.usefixtures, pytest.mark.parametrize, pytest.mark.reliability):
        item.own_markers[:] = [marker.mark]
        list(attributes.pytest_runtest_protocol(item))
    attributes.pytest_sessionfinish()
    assert coverage.contexts == ["covgov:security", "", "covgov:reliability", ""]


@pytest.mark.security
def test_without_coverage_nothing_happens(item: pytest.Item) -> None:
    attributes = AttributePlugin(item.config, DEFAULT, lambda: None, "")
    run_around(attributes, item)
    assert attributes.note == ""


@pytest.mark.security
def test_a_measurement_that_ended_during_the_test_is_not_switched_back(item: pytest.Item) -> None:
    coverage = Recorder()
    answers: list[Recorder | None] = [coverage, coverage, None]
    run_around(AttributePlugin(item.config, DEFAULT, lambda: answers.pop(0), ""), item)
    assert coverage.contexts == ["covgov:security"]


@pytest.mark.security
def test_another_measurement_is_switched_by_itself(item: pytest.Item) -> None:
    first, second = Recorder(), Recorder()
    answers: list[Recorder | None] = [first, first, second, second]
    run_around(AttributePlugin(item.config, DEFAULT, lambda: answers.pop(0), ""), item, times=2)
    assert (first.contexts, second.contexts) == (["covgov:security"], ["covgov:security", ""])


@pytest.mark.security
@pytest.mark.parametrize(
    ("coverage", "why"),
    [(Recorder(core="SysMonitor"), "sysmon"), (Recorder(dynamic_context="test_function"), "its own dynamic context")],
    ids=["core", "setting"],
)
def test_an_obstacle_is_noted_and_contexts_stay_unset(
    item: pytest.Item, coverage: Recorder, why: str, tmp_path: Path
) -> None:
    attributes = AttributePlugin(item.config, DEFAULT, lambda: coverage, str(tmp_path))
    run_around(attributes, item)
    assert coverage.contexts == []
    assert why in attributes.note
    (left,) = tmp_path.iterdir()
    assert json.loads(left.read_text()) == {"notes": [attributes.note]}


def test_the_terminal_shows_the_note_once(pytestconfig: pytest.Config) -> None:
    attributes = AttributePlugin(pytestconfig, DEFAULT, lambda: Recorder(core="SysMonitor"), "")
    attributes.pytest_sessionstart()
    shown = StringIO()
    attributes.pytest_terminal_summary(pytest.TerminalReporter(pytestconfig, file=shown))
    assert shown.getvalue().count("sysmon") == 1


def test_the_terminal_shows_nothing_without_a_note(pytestconfig: pytest.Config) -> None:
    shown = StringIO()
    AttributePlugin(pytestconfig, DEFAULT, lambda: None, "").pytest_terminal_summary(
        pytest.TerminalReporter(pytestconfig, file=shown)
    )
    assert shown.getvalue() == ""


def test_the_tracer_of_an_old_coverage_is_no_obstacle(pytestconfig: pytest.Config) -> None:
    assert obstacle(Recorder(), pytestconfig) == ""


@pytest.mark.parametrize("directory", ["", "/no/such/directory"])
def test_a_note_without_a_directory_is_not_written(directory: str) -> None:
    leave("something", directory)
    assert not list(Path.cwd().glob("covgov-notes*"))


def test_the_measurement_of_this_process_is_the_one_coverage_knows() -> None:
    module = sys.modules.get("coverage")
    assert active() is (None if module is None else module.Coverage.current())


def test_without_coverage_imported_there_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "coverage", raising=False)
    assert active() is None


def test_attributes_come_from_the_list_else_the_default(pytestconfig: pytest.Config) -> None:
    assert wanted(pytestconfig, " speed, ,safety ") == ("speed", "safety")
    assert wanted(pytestconfig, "") == DEFAULT


def test_the_ini_option_wins_and_registers_its_markers(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ncovgov_attributes = speed safety\n")
    config = pytester.parseconfigure()
    assert wanted(config, "other") == ("speed", "safety")
    assert any(line.startswith("speed:") for line in config.getini("markers"))


def test_configuring_twice_keeps_the_first(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfigure()
    first = config.pluginmanager.get_plugin(NAME)
    pytest_plugin.pytest_configure(config)
    assert isinstance(first, AttributePlugin)
    assert config.pluginmanager.get_plugin(NAME) is first


@pytest.mark.architecture
def test_the_plugin_imports_nothing_of_covgov_and_no_coverage() -> None:
    tree = ast.parse(Path(pytest_plugin.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.split(".")[0] in ("covgov", "coverage")]


TAGGED = """
import pytest
from code_under_test import plain, tagged

@pytest.mark.security
@pytest.mark.parametrize("number", [1, 2])
def test_tagged(number):
    tagged()

def test_plain():
    plain()
"""

SHOW = """
import coverage, sys
data = coverage.CoverageData(sys.argv[1]); data.read()
for context in sorted(data.measured_contexts()):
    data.set_query_context(context)
    print(repr(context), sorted(data.lines(next(f for f in data.measured_files() if "code_under" in f))))
"""


@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_under_pytest_cov_lines_carry_the_attributes_of_their_tests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    pytester.makepyfile(code_under_test="def tagged():\n    return 1\n\ndef plain():\n    return 2\n", test_it=TAGGED)
    pytester.makepyfile(show=SHOW)
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE", "_COVGOV_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in BARE.items():
        monkeypatch.setenv(name, value)
    plugins = [f"-p{name}" for name in ("pytest_cov", "xdist", "covgov.pytest_plugin")]
    done = pytester.runpytest_subprocess(
        *plugins, "--strict-markers", "--cov=code_under_test", "--cov-report=", *options
    )
    done.assert_outcomes(passed=3)
    shown = pytester.run(sys.executable, "show.py", ".coverage").outlines
    assert "'covgov:security' [2]" in shown
    assert any(line.startswith("'' ") and line.endswith(" 5]") for line in shown)
