"""`covgov`, the program: one command line, its exit code, and what the streams make of it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from covgov import __version__
from covgov.cli.boundary import OK, guarded, report
from covgov.cli.world import World, real_world
from covgov.errors import io_error

_ALLOCATIONS = 200_000
"""Between two searches for cycles of garbage. A model of many small values has none, and each search visits all."""


def main(argv: Sequence[str], world: World) -> int:
    """Run one command line in the given world; its exit code. The version needs no command line to be built."""
    if tuple(argv) in {("--version",), ("-V",)}:
        world.say(f"covgov {__version__}")
        return OK
    return guarded(lambda: _called(argv, world), world)


def _called(argv: Sequence[str], world: World) -> int:
    from covgov.cli.tree import called

    return called(argv, world)


def entry() -> None:
    """The console script."""
    gc.set_threshold(_ALLOCATIONS)
    world = real_world()
    code = main(sys.argv[1:], world)
    for stream in (world.out, world.err):
        fault = flushed(stream)
        if fault is not None and not isinstance(fault, BrokenPipeError) and code == OK:
            code = report(io_error(fault), world)
    sys.exit(code)


def flushed(stream: TextIO) -> OSError | None:
    """Flush; what went wrong, if anything did. It is then redirected to null,
    because Python would flush it again and fail."""
    try:
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error
    return None
