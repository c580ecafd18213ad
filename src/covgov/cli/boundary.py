"""The one place where errors become output and exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from textwrap import indent

from covgov.cli.world import World
from covgov.errors import CovgovError, PolicyInvalid, io_error

OK, USAGE, INVALID, UNREADABLE, UNDELIVERED, FAILED, UNDETERMINED, INTERRUPTED = 0, 2, 3, 4, 5, 10, 11, 130

PRECEDENCE = (FAILED, UNDETERMINED, INVALID, UNREADABLE, UNDELIVERED, USAGE, OK)
"""If several exit codes apply, the first of these wins; everything is printed all the same."""


def worst(codes: Iterable[int]) -> int:
    """The exit code that wins among those that apply; 0 when none does."""
    applying = set(codes)
    return next((code for code in PRECEDENCE if code in applying), OK)


def report(error: CovgovError, world: World) -> int:
    """Print one error (with every fault and the hint) to stderr; its exit code."""
    world.note(f"covgov: error: {error.message} [{error.code}]")
    if isinstance(error, PolicyInvalid):
        for fault in error.faults:
            world.note(f"  {fault}")
    if error.hint:
        world.note("  hint: " + indent(error.hint.rstrip(), "    ").lstrip())
    return error.exit_code


def guarded(call: Callable[[], int], world: World) -> int:
    """Run a command; what it returns, or the exit code of the error that it raised.

    Anything that is not a CovgovError, an OSError, a usage error of click or an interruption is a bug and keeps its
    traceback (Python then exits with 1, which covgov never uses on purpose).
    """
    import click

    try:
        return call()
    except CovgovError as error:
        return report(error, world)
    except click.UsageError as error:
        where = f"{error.ctx.command_path}: " if error.ctx else ""
        world.note(f"covgov: error: {where}{error.format_message()} [usage]")
        world.note(f"  hint: see `{error.ctx.command_path if error.ctx else 'covgov'} --help`")
        return USAGE
    except OSError as error:
        with suppress(OSError):
            report(io_error(error), world)
        return UNDELIVERED
    except (KeyboardInterrupt, click.Abort):
        world.note("covgov: interrupted")
        return INTERRUPTED
