"""The command tree. Commands are imported only when they are called: start-up is budgeted."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper

import click

from covgov import __version__
from covgov.cli.boundary import OK, USAGE
from covgov.cli.world import World
from covgov.errors import io_error

COMMANDS: dict[str, str] = {
    "init": "covgov.cli.commands.init",
    "run": "covgov.cli.commands.run",
    "inspect": "covgov.cli.commands.inspect_report",
    "collect": "covgov.cli.commands.collect",
    "convert": "covgov.cli.commands.convert",
    "check": "covgov.cli.commands.check",
    "compare": "covgov.cli.commands.compare",
    "exceptions": "covgov.cli.commands.exceptions",
    "history": "covgov.cli.commands.history",
    "digest": "covgov.cli.commands.digest",
    "publish": "covgov.cli.commands.publish",
    "policy": "covgov.cli.commands.policy",
    "hub": "covgov.cli.hub.group",
}
"""Command -> module with a click command called `command`."""

SUMMARIES: dict[str, str] = {
    "init": "Look at the repository and write what covgov needs.",
    "run": "Run the test suites, then check, record and report.",
    "inspect": "Show the format, tool, totals and gaps of coverage reports.",
    "collect": "Convert the reports of one suite to its snapshot.",
    "convert": "Write a coverage report in another format.",
    "check": "Check the snapshots in coverage/ against the policy.",
    "compare": "Compare two commits or reports, and explain the change.",
    "exceptions": "Manage the register of exceptions from the bars.",
    "history": "Show, check and move the recorded runs.",
    "digest": "Summarise what changed in the last weeks, and why.",
    "publish": "Send the newest verdict to the configured TARGETs.",
    "policy": "Show and explain the policy (covgov.toml or pyproject.toml).",
    "hub": "Serve the coverage of many repositories.",
}
"""The first sentence of each command's help, so that a list of the commands imports none of them."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(module).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.command is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Raises DeliveryFailed where a pipe broke, of which click itself would make exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise io_error(error) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, "-V", "--version", message="covgov %(version)s")
def tree() -> None:
    """Coverage governance: bars per component, explained drops, dated exceptions.

    Exit codes: 0 pass, 2 usage, 3 policy or register invalid, 4 input unreadable, 5 not recorded or delivered,
    10 gate failed, 11 undetermined, 130 interrupted.

    Example: covgov run            run every suite, check, report
    """


def called(argv: Sequence[str], world: World) -> int:
    """Help, version and completions, which click prints by itself, go where every other result goes."""
    own = BytesIO()
    text = TextIOWrapper(own, encoding="utf-8", write_through=True)  # completions are written as bytes
    result: object
    try:
        with redirect_stdout(text):
            result = tree.main(args=list(argv), prog_name="covgov", standalone_mode=False, obj=world)
    except SystemExit as end:  # click exits like this after printing completions, with 1 for an unknown shell
        result = USAGE if end.code else OK
    finally:
        if own.getvalue():
            world.say(own.getvalue().decode().removesuffix("\n"))
    return result if isinstance(result, int) else OK
