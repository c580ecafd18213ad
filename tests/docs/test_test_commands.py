"""What 12-test-commands.md only names can be called: targets, sessions, scripts, subcommands with their options."""

from __future__ import annotations

import io
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from covgov.cli.main import tree
from covgov.cli.world import World
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence.tables import policy

TEXT = (CHECKOUT / "tests" / "docs" / "12-test-commands.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S) for line in block.splitlines()]
INNER = {
    "scripts/ci/coverage_summary.py": ["check"],
    "scripts/coverage/regression_guard.py": ["check"],
    "scripts/coverage/update_exceptions.py": ["exceptions", "sync"],
    "scripts/coverage/generate_digest.py": ["digest"],
}
"""What a script hands its arguments to."""


def parses(words: list[str]) -> bool:
    """Whether covgov takes these arguments; nothing is run."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    world = World(Path.cwd(), {}, lambda: now, io.StringIO(), io.StringIO())
    context = click.Context(tree, info_name="covgov", obj=world)
    command: click.Command = tree
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    command.make_context(command.name, list(words), parent=context)
    return True


def is_there(line: str) -> bool:
    program, *arguments = shlex.split(line)
    if program == "make":
        return re.search(rf"^{arguments[0]}:", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.M) is not None
    if program == "nox":
        assert arguments[0] == "-s"
        return arguments[1] in {f"tests(unit_{name})" for name in policy().suites}
    if program == "scripts/coverage_baseline.sh":
        names = arguments[::2]
        return (CHECKOUT / program).is_file() and names == ["--suite", "--fail-under"]
    if program in INNER:
        return (CHECKOUT / program).is_file() and parses([*INNER[program], *arguments])
    assert program == "covgov"
    return parses(arguments)


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
