"""The protocol of report formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from covgov.model.ratio import ZERO, Ratio
from covgov.model.snapshot import FileCoverage, Identity, Metric

HEAD_BYTES = 4096
"""Bytes of a file that `recognises` gets."""


@dataclass(frozen=True, slots=True)
class SummaryDifference:
    """Summary of a file minus its lists; negative when the lists have more.

    coverage.py before 7.17 lists executed lines that it does not count (negative), and before 7.0 counts branch exits
    without listing them (positive).
    """

    lines_covered: int = 0
    lines_total: int = 0
    exits_covered: int = 0
    exits_total: int = 0

    def __bool__(self) -> bool:
        return bool(self.lines_covered or self.lines_total or self.exits_covered or self.exits_total)


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A measured file whose source is gone or is not what the tool parses; reason: the tool's words."""

    path: str
    reason: str
    executed: bool


@dataclass(frozen=True, slots=True)
class ParsedReport:
    """One parsed report: paths as written, nothing normalised.

    carries, lacks: those of {lines, branches, exits, contexts, excluded, tests} that this report has and has not.
    dropped: descriptions of ignored contents. roots: source roots in the report.
    beyond: path -> where the report's summary and its lists differ; the files hold what is listed.
    claims: totals that the report writes down, by metric. faults: contradictions because of which no gate may believe
    the report; `inspect` prints them.
    unreadable: measured files that the tool could not analyse; they are not in `files`.
    unit: what the tool's own totals of lines count; `beyond` is then the difference to the lines that the files hold.
    """

    format: str
    identity: Identity
    files: dict[str, FileCoverage]
    carries: tuple[str, ...]
    lacks: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    beyond: Mapping[str, SummaryDifference] = field(default_factory=dict)
    claims: Mapping[Metric, Ratio] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    unreadable: tuple[UnreadableFile, ...] = ()
    unit: str = "lines"

    def counted(self, metric: Metric) -> Ratio:
        """What the files hold: what a gate judges."""
        return sum((file.ratio(metric) for file in self.files.values()), ZERO)

    def stated(self, metric: Metric) -> Ratio:
        """The totals as the report's tool counts them: the lists, corrected by the summary."""
        listed = self.counted(metric)
        lines, exits = metric is not Metric.BRANCH, metric is not Metric.LINE
        extra = self.beyond.values()
        covered = sum(lines * b.lines_covered + exits * b.exits_covered for b in extra)
        total = sum(lines * b.lines_total + exits * b.exits_total for b in extra)
        return Ratio(listed.covered + covered, listed.total + total)


Analyse = Callable[[Sequence[Path]], bytes]
"""Runs coverage.py's own analysis of data files in the suite's interpreter; returns JSON (see
`covgov.runner.analyser`)."""


class ReportFormat(Protocol):
    """One file per format. `name` is what `inspect` prints.

    capabilities: everything that reports of this format can carry; a single report can have less.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[str]: ...

    def recognises(self, head: bytes, /) -> bool:
        """Whether a file that begins with `head` (at most HEAD_BYTES) is of this format. Must be cheap and never
        raise."""
        ...

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        """Strict: raises InputError naming `where` and the line or element; never guesses, never skips silently."""
        ...
