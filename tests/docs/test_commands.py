"""Help texts and exit codes say what the code does."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from covgov.cli import boundary
from covgov.cli.main import main
from covgov.cli.tree import COMMANDS
from covgov.cli.world import World
from covgov_testing.docs_site.help_texts import contexts

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("context", list(contexts()), ids=lambda context: context.command_path)
def test_every_command_has_help_with_an_example(context: click.Context) -> None:
    text = context.command.get_help(context)
    assert "Example" in text or "Commands:" in text
    assert " ".join(context.command_path.split()[:2]) in text


def test_the_walk_reaches_every_command() -> None:
    paths = [context.command_path.split() for context in contexts()]
    assert {name for _, name, *_ in paths} == set(COMMANDS)
    assert ["covgov", "hub", "token", "create"] in paths


def test_exit_codes_in_the_readme_are_the_codes_of_the_boundary() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert rows == {
        boundary.OK,
        boundary.USAGE,
        boundary.INVALID,
        boundary.UNREADABLE,
        boundary.UNDELIVERED,
        boundary.FAILED,
        boundary.UNDETERMINED,
        boundary.INTERRUPTED,
    }


def test_the_readme_names_every_command() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"covgov {name}" not in readme] == []


def test_calling_without_a_command_is_a_usage_error() -> None:
    err = io.StringIO()
    world = World(cwd=Path.cwd(), env={}, now=lambda: datetime(2026, 11, 22, tzinfo=UTC), out=io.StringIO(), err=err)
    assert main([], world) == boundary.USAGE
    assert "covgov --help" in err.getvalue()
