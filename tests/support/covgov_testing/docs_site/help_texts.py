"""The help text of every command, as `--help` prints it on a terminal of 80 columns."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from covgov.cli.tree import tree
from covgov.cli.world import World


def contexts() -> Iterator[click.Context]:
    """One context per command and subcommand, however deep, a group before its commands."""
    world = World(Path.cwd(), {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), io.StringIO(), io.StringIO())
    settings = {**tree.context_settings, "terminal_width": 80}
    yield from _below(click.Context(tree, info_name="covgov", obj=world, **settings))


def _below(context: click.Context) -> Iterator[click.Context]:
    group = context.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found = click.Context(command, info_name=name, parent=context)
        yield found
        if isinstance(command, click.Group):
            yield from _below(found)
