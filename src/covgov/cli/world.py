"""The outside world as one value, so that commands can be called in tests without patching anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True)
class World:
    """cwd: where the command was called. env: the environment. now: the clock (aware, UTC).

    out takes results, err takes progress and diagnostics. A reader that went away (`covgov ... | head`) is no
    error: the rest of the output is dropped.
    """

    cwd: Path
    env: Mapping[str, str]
    now: Callable[[], datetime]
    out: TextIO
    err: TextIO

    @property
    def colour(self) -> bool:
        """Whether results may have colours: on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb forbids it."""
        return self.out.isatty() and not self.env.get("NO_COLOR") and self.env.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """A line of the result."""
        with suppress(BrokenPipeError):
            _write(text, self.out)

    def note(self, text: str) -> None:
        """A line of progress or diagnosis. One that cannot be written changes no result."""
        with suppress(OSError):
            _write(text, self.err)

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Shows on a terminal how many steps of how many are done, until the end."""
        if not self.err.isatty():
            yield lambda done, total: None
            return
        try:
            yield lambda done, total: self._redraw(f"{label}: {done} of {total}")
        finally:
            self._redraw("")

    def _redraw(self, text: str) -> None:
        with suppress(OSError):
            self.err.write(f"\r\x1b[K{text}")
            self.err.flush()


def _write(text: str, stream: TextIO) -> None:
    """A line; without the colours that a test command made, unless on a terminal."""
    if "\x1b" in text and not stream.isatty():
        from click import unstyle

        text = unstyle(text)
    stream.write(f"{text}\n")
    stream.flush()


def real_world() -> World:
    """The process's own directory, environment, clock and streams."""
    out, err = _open(sys.stdout), _open(sys.stderr)
    return World(cwd=Path.cwd(), env=dict(os.environ), now=lambda: datetime.now(UTC), out=out, err=err)


def _open(stream: TextIO | None) -> TextIO:
    """The stream, or one that leads nowhere for a process that was started with this one closed."""
    return stream if stream is not None else Path(os.devnull).open("w", encoding="utf-8")
