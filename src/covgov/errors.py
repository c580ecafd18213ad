"""Every error that covgov raises on purpose, as one small tree.

    CovgovError
    |- UsageError          exit 2   the command line asks for something impossible
    |- PolicyInvalid       exit 3   covgov.toml (or [tool.covgov]) has faults, all listed at once
    |- RegisterInvalid     exit 3   the exception register cannot be read without guessing
    |- InputError          exit 4   a report or snapshot is missing, empty, damaged or of no known format
    |- DeliveryFailed      exit 5   the verdict is reached, but recording or sending it failed
    |  `- NotConfigured    exit 5   nothing was sent, because a variable that the destination needs is not set
    `- Undetermined        exit 11  there is not enough data for an answer

Each has a stable `code` (kebab case, listed in docs/errors.md), a message with what and where, and a hint with
what to do next. One boundary (`covgov.cli.boundary`) turns them into output and exit codes.
"""

from __future__ import annotations

from typing import ClassVar


class CovgovError(Exception):
    """Root of the tree. `code` is stable, so scripts can match it; the message can change."""

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class UsageError(CovgovError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code: ClassVar[int] = 2


class PolicyInvalid(CovgovError):
    """The policy has faults. `faults` holds one line per fault, `file:line: key: what` each."""

    exit_code: ClassVar[int] = 3

    def __init__(self, code: str, message: str, *, hint: str = "", faults: tuple[str, ...] = ()) -> None:
        super().__init__(code, message, hint=hint)
        self.faults = faults


class RegisterInvalid(CovgovError):
    """The exception register is damaged; nothing was changed."""

    exit_code: ClassVar[int] = 3


class InputError(CovgovError):
    """A report, snapshot or data file cannot be used."""

    exit_code: ClassVar[int] = 4


class DeliveryFailed(CovgovError):
    """A verdict was reached, but it could not be recorded or delivered."""

    exit_code: ClassVar[int] = 5


class NotConfigured(DeliveryFailed):
    """A destination's environment variable is not set: nothing was sent and nothing is spooled."""


class Undetermined(CovgovError):
    """There is not enough data for an answer: history unreachable, clone too shallow, nothing measured."""

    exit_code: ClassVar[int] = 11


def io_error(error: OSError) -> DeliveryFailed:
    """A disk, a file or a stream failed where no better words are known."""
    where = f"{error.filename}: " if error.filename else ""
    return DeliveryFailed(
        "io-error",
        f"{where}{error.strerror or error}",
        hint="check permissions and free space, also of where the output goes",
    )
