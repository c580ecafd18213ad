"""A step that does nothing turns the scenario of its job red: no step of the workflows is there for show."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgov_testing import scenarios as must
from covgov_testing import workflow_files
from covgov_testing.forge import Forge
from covgov_testing.tiny import Tiny

pytestmark = pytest.mark.workflows

SCENARIOS: dict[str, must.Scenario] = {
    "unit": must.a_suite_drops,
    "govern": must.main_drops,
    "dashboards": must.dashboards_are_served,
    "digest": must.a_week_is_accounted_for,
    "prune": must.old_artifacts_go,
}
OTHERWISE: dict[str, must.Scenario] = {"Push both to the default branch": must.a_week_is_pushed}
STEPS = [(name, job, step.name) for name in workflow_files.WORKFLOWS for job, step in workflow_files.steps(name)]


def test_every_step_has_a_name_of_its_own() -> None:
    assert len(set(STEPS)) == len(STEPS)
    assert "" not in {step for _, _, step in STEPS}


@pytest.mark.parametrize(("workflow", "job", "step"), STEPS)
def test_a_step_that_does_nothing_turns_its_scenario_red(workflow: str, job: str, step: str, tmp_path: Path) -> None:
    scenario = OTHERWISE.get(step, SCENARIOS[job])
    faulty = {f".github/workflows/{workflow}": workflow_files.idle(workflow, job, step)}
    with Forge() as forge:
        tiny = Tiny(tmp_path, forge, must.SUITES.get(scenario, ("api",)), faulty)
        with pytest.raises(AssertionError):
            scenario(tiny)
