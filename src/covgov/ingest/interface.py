"""What a report format is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from covgov.model.snapshot import FileCoverage, Identity

HEAD_BYTES = 4096
"""How much of a file `recognises` is shown."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One report as its format understands it: paths as written, nothing normalised.

    carries / lacks: what of {lines, branches, exits, contexts, excluded, tests} this report has and has not.
    dropped: what was in the report and is not kept, in words. roots: source roots the report names.
    """

    format: str
    identity: Identity
    files: dict[str, FileCoverage]
    carries: tuple[str, ...]
    lacks: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


Analyse = Callable[[Path], bytes]
"""Runs coverage.py's own analysis of a data file in the suite's interpreter; JSON out (see
`covgov.runner.analyser`)."""


class ReportFormat(Protocol):
    """One file per format. `name` is what `inspect` prints."""

    name: str

    def recognises(self, head: bytes, /) -> bool:
        """Whether a file that begins with `head` (at most HEAD_BYTES) is of this format. Must be cheap and never
        raise."""
        ...

    def parse(self, data: bytes, where: str, /) -> Parsed:
        """Strict: raises InputError naming `where` and the line or element; never guesses, never skips in silence."""
        ...
