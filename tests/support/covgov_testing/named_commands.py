"""Whether a command line that a document or a workflow names can be called; nothing is run."""

from __future__ import annotations

import io
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import click

from covgov.cli.tree import tree
from covgov.cli.world import World
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence.tables import policy

INNER = {
    "scripts/ci/coverage_summary.py": ["inspect", "--markdown"],
    "scripts/coverage/regression_guard.py": ["check"],
    "scripts/coverage/update_exceptions.py": ["exceptions", "sync"],
    "scripts/coverage/generate_digest.py": ["digest"],
}
"""What a script hands its arguments to."""


def parses(words: list[str]) -> bool:
    """Whether covgov takes these arguments; nothing is run."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    world = World(Path.cwd(), {}, lambda: now, io.StringIO(), io.StringIO())
    context = click.Context(tree, info_name="covgov", obj=world, **tree.context_settings)
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
