"""A step that does nothing turns the scenario of its job red: no step of the workflows is there for show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from covgov_testing import workflow_files
from covgov_testing.forge import Forge
from covgov_testing.scenarios import (
    DASHBOARDS,
    FORKED,
    MAIN,
    PRUNED,
    PUSHED,
    REFUSED,
    SCENARIOS,
    SUITE,
    WEEKLY,
    Scenario,
)
from covgov_testing.tiny import Tiny

pytestmark = pytest.mark.workflows

OF_A_JOB = {(one.workflow, one.job): one for one in (SUITE, MAIN, DASHBOARDS, WEEKLY, PRUNED, FORKED)}
OTHERWISE = {"Push both to the default branch": PUSHED, "Report what the pull request needs": REFUSED}
Preparation = tuple[Callable[[Tiny], None], tuple[str, ...]]
STEPS = [(name, job, step.name) for name in workflow_files.WORKFLOWS for job, step in workflow_files.steps(name)]
PREPARED: dict[Preparation, Tiny] = {}
"""Projects as scenarios find them; every test works on a copy."""


def one_worker(scenario: Scenario) -> pytest.MarkDecorator:
    """One worker runs all tests of projects that are prepared alike (`--dist loadgroup`), so it prepares one."""
    return pytest.mark.xdist_group(scenario.prepare.__name__)


def scenario_of(workflow: str, job: str, step: str) -> Scenario:
    return OTHERWISE.get(step, OF_A_JOB[workflow, job])


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prepared")


def run(scenario: Scenario, idle: str, root: Path, shelf: Path) -> None:
    """The scenario, with its job's step `idle` doing nothing ("" for none)."""
    with Forge() as forge:
        preparation = scenario.prepare, scenario.suites
        if preparation not in PREPARED:
            tiny = Tiny(shelf / str(len(PREPARED)), forge, scenario.suites)
            scenario.prepare(tiny)
            PREPARED[preparation] = tiny
        twin = PREPARED[preparation].copied(root, forge)
        twin.replace_workflow(scenario.workflow, workflow_files.alone(scenario.workflow, scenario.job, idle))
        scenario.run(twin)


def test_every_step_has_a_name_of_its_own() -> None:
    assert len(set(STEPS)) == len(STEPS)
    assert "" not in {step for _, _, step in STEPS}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=one_worker(scenario)) for name, scenario in SCENARIOS.items()]
)
def test_without_a_fault_the_scenario_holds(name: str, tmp_path: Path, shelf: Path) -> None:
    run(SCENARIOS[name], "", tmp_path, shelf)


@pytest.mark.parametrize(
    ("workflow", "job", "step"), [pytest.param(*step, marks=one_worker(scenario_of(*step))) for step in STEPS]
)
def test_a_step_that_does_nothing_turns_its_scenario_red(
    workflow: str, job: str, step: str, tmp_path: Path, shelf: Path
) -> None:
    with pytest.raises(AssertionError):
        run(scenario_of(workflow, job, step), step, tmp_path, shelf)
