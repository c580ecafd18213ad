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
from covgov.cli.tree import COMMANDS, tree
from covgov.cli.world import World

CHECKOUT = Path(__file__).resolve().parents[2]


def commands() -> list[tuple[str, ...]]:
    """Every command and subcommand, however deep, as its words."""
    context = click.Context(tree, **tree.context_settings)
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[tuple[str, ...], click.Group]] = [((), tree)]
    while waiting:
        words, group = waiting.pop()
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found.append((*words, name))
            if isinstance(command, click.Group):
                waiting.append(((*words, name), command))
    return found


def help_of(words: tuple[str, ...]) -> str:
    out = io.StringIO()
    world = World(cwd=Path.cwd(), env={}, now=lambda: datetime(2026, 11, 22, tzinfo=UTC), out=out, err=io.StringIO())
    context = click.Context(tree, info_name="covgov", obj=world, **tree.context_settings)
    command: click.Command | None = tree
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(context, word)
        assert command is not None
        context = click.Context(command, info_name=word, parent=context)
    assert command is not None
    return command.get_help(context)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    text = help_of(words)
    assert "Example" in text or "Commands:" in text
    assert f"covgov {words[0]}" in text


def test_the_walk_reaches_every_command() -> None:
    assert {name for name, *_ in commands()} == set(COMMANDS)
    assert ("hub", "token", "create") in commands()


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
