"""Runs one command and streams its output; Ctrl-C and SIGTERM reach it exactly once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from covgov.errors import InputError

PATIENCE = 10.0
"""Seconds that an interrupted command gets to finish before it is killed."""


def stream(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    say: Callable[[str], None],
    patience: float = PATIENCE,
) -> int:
    """Run a command and pass each line of its output (stdout and stderr, in order) to `say`; its exit code.

    The command runs in its own process group, so that covgov passes an interruption on once to all of it, and
    the terminal does not repeat it. Raises InputError (`command-missing`) when it cannot be started.
    """
    try:
        child = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise InputError(
            "command-missing",
            f"cannot start {command[0]}: {error.strerror}",
            hint="install it, or set `python` (interpreter) or `command` (program) in [suites.NAME]",
        ) from error
    with _interruptible(), child:
        try:
            return _follow(child, say)
        except BaseException:
            _interrupt(child, patience)
            raise


def _follow(child: subprocess.Popen[str], say: Callable[[str], None]) -> int:
    for line in child.stdout or ():
        say(line.rstrip("\n"))
    return child.wait()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM (`timeout`, a cancelled job) interrupts like Ctrl-C, so that the command's group does not survive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(child: subprocess.Popen[str], patience: float) -> None:
    """Interrupt the group, then kill it."""
    _signal(child.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        child.wait(timeout=patience)
    _signal(child.pid, signal.SIGKILL)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
