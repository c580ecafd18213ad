"""A step of action.yml that does nothing turns a stranger's run red: no step is there for show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from covgov_testing import workflow_files
from covgov_testing.action import (
    ALONE,
    FORK,
    MATRIX,
    PLAN,
    SET_UP,
    begins,
    faulty,
    lacks_a_suite,
    leaves_other_runs_alone,
    lists_the_suites,
    stranger,
)
from covgov_testing.forge import Forge
from covgov_testing.tiny import Tiny

pytestmark = pytest.mark.workflows
Scenario = tuple[Callable[[Tiny, Path], None], str, tuple[str, ...]]
USUAL: Scenario = begins, ALONE, ("api",)
SEVERAL: Scenario = lacks_a_suite, MATRIX.replace("SUITES", "api"), ("api", "auth")
SCENARIOS: dict[str, Scenario] = {
    "Set up Python": (begins, SET_UP, ("api",)),
    "List the suites": (lists_the_suites, PLAN, ("api",)),
    "Answer a fork": (leaves_other_runs_alone, FORK, ("api",)),
    **dict.fromkeys(("Install covgov", "Measure", "Judge", "Comment on the pull request", "Keep the verdict"), USUAL),
    **dict.fromkeys(
        ("Remove snapshots of earlier runs", "Collect what the suites measured", "Keep reports and verdict"), SEVERAL
    ),
}


def run(root: Path, scenario: Scenario, idle: str) -> None:
    holds, workflow, suites = scenario
    with Forge() as forge:
        holds(stranger(root, forge, workflow, suites), faulty(root / "action", idle))


def test_every_step_of_the_action_has_a_scenario() -> None:
    assert {step.name for step in workflow_files.action().runs.steps} == set(SCENARIOS)


@pytest.mark.parametrize("step", ["Set up Python", "List the suites", "Answer a fork"])
def test_without_a_fault_the_scenario_holds(step: str, tmp_path: Path) -> None:
    """The other two are tests of test_action.py."""
    run(tmp_path, SCENARIOS[step], "")


@pytest.mark.parametrize("step", SCENARIOS)
def test_a_step_that_does_nothing_turns_its_scenario_red(step: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run(tmp_path, SCENARIOS[step], step)
