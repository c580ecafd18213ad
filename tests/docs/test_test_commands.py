"""What 12-test-commands.md only names can be called: targets, sessions, scripts, subcommands with their options."""

from __future__ import annotations

import re

import click
import pytest

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence.tables import policy
from covgov_testing.named_commands import is_there
from covgov_testing.workflow_files import WORKFLOWS, steps

TEXT = (CHECKOUT / "tests" / "docs" / "12-test-commands.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S) for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_can_be_called(line: str) -> None:
    assert is_there(line)


@pytest.mark.parametrize("line", ["make nothing", 'nox -s "tests(unit_nothing)"', "scripts/coverage_baseline.sh --x 1"])
def test_a_command_that_is_not_there_is_noticed(line: str) -> None:
    assert not is_there(line)


@pytest.mark.parametrize(
    "line", ["covgov check --no-such-option", "scripts/coverage/generate_digest.py --no-such-option"]
)
def test_an_option_that_is_not_there_is_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        is_there(line)


def test_the_main_job_runs_every_unit_and_contract_test() -> None:
    there = [
        path.parent for top in ("unit/*", "contracts") for path in (CHECKOUT / "tests").glob(f"{top}/**/test_*.py")
    ]
    run = [CHECKOUT / folder for suite in policy().suites.values() for folder in suite.tests]
    assert [folder for folder in there if not any(folder.is_relative_to(one) for one in run)] == []


def test_the_bars_that_are_told_are_the_policys() -> None:
    told = re.search(r"bars are api (\d+), auth (\d+), logging (\d+) and engine (\d+)", TEXT)
    assert told is not None
    judged = policy()
    components = {bar.component: bar.min for bar in judged.bars if bar.component and bar.min and not bar.attribute}
    assert [int(value) for value in told.groups()] == [components[n] for n in ("api", "auth", "logging", "engine")]
    assert "soft_start_floor" not in (CHECKOUT / "covgov.toml").read_text(encoding="utf-8")


def test_dashboards_and_every_artifact_are_linked() -> None:
    section = TEXT.partition("## Where to look at it\n")[2].partition("\n## ")[0]
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", section)}
    assert {"../../docs/dashboards.md", "../../docs/metrics/README.md", "../../docs/metrics/grafana.json"} <= links
    assert "test_framework_upgrades/orchestration.md" in links
    uploads = [step.given["name"] for name in WORKFLOWS for _, step in steps(name) if "upload-artifact" in step.uses]
    names = {str(name).replace("${{ matrix.suite }}", "SUITE") for name in uploads}
    assert names == set(re.findall(r"`(coverage-[\w-]+)`", section))
    dashboards = (CHECKOUT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| (\w+)[^|]* \|", dashboards.partition("| --- |")[2].partition("\n\n")[0], re.MULTILINE):
        assert row in section
