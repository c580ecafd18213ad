"""A snapshot: the normalised, line-level coverage of one suite (or the merge of several) at one commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import msgspec

from covgov.model import lines
from covgov.model.ratio import Ratio

Exit = tuple[int, int]
"""A branch exit: (source line, destination line). A destination below 1 leaves the code object, as coverage.py
spells it."""

MERGED = "merged"
"""The suite name of a snapshot that several suites were merged into."""


class Metric(StrEnum):
    """What is counted. `combined` = executable lines + branch exits, as coverage.py totals."""

    COMBINED = "combined"
    LINE = "line"
    BRANCH = "branch"


class CountedExits(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Branch exits of a line, known only by number (Cobertura's `1/2`): inexact.

    ids: the report's own names of exits (LCOV's `0,1`), sorted; there can be fewer than exits. taken: those of `ids`
    that were taken. They say which exits two reports of one text share; of two texts they say nothing.
    """

    covered: int
    total: int
    ids: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


CountedLines = tuple[tuple[CountedExits, tuple[int, ...]], ...]
"""Exits known only by number, each with the lines that have just these: most lines have the same few. Lines ascend, the
exits come in the order of their first lines, and each line is there once. Not a bitmap: where every line has exits of
its own, there would be one bitmap a line."""


def by_exits(found: Mapping[int, CountedExits]) -> CountedLines:
    """Line -> its exits, as lines that have the same."""
    grouped: dict[CountedExits, list[int]] = defaultdict(list)
    for line in sorted(found):
        grouped[found[line]].append(line)
    return tuple([(exits, tuple(where)) for exits, where in grouped.items()])


REACHABLE = "*"
"""The tag of what a test can reach: lines that tagged tests reached, and function bodies that ran. The other covered
lines are those of modules and classes, which run when they are imported."""


@dataclass(frozen=True)
class FileCoverage:
    """Coverage of one file. Line sets are bitmaps (see `covgov.model.lines`).

    statements: executable lines that count. covered: those that ran (a subset).
    exits: branch exits that count, sorted; taken: those that were taken (a sorted subset).
    counted: exits known only by number; a line is never in both `exits` and `counted`.
    excluded: lines excluded from the count. Disjoint from statements.
    attributes: (tag, covered lines reached by tests so tagged), sorted by tag; REACHABLE where the tool reports it.
    source: git blob id of the measured source text, or "" when unknown.
    """

    statements: int
    covered: int
    exits: tuple[Exit, ...] = ()
    taken: tuple[Exit, ...] = ()
    counted: CountedLines = ()
    excluded: int = 0
    attributes: tuple[tuple[str, int], ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if self.covered & ~self.statements:
            raise ValueError("covered lines must be executable lines")
        if self.statements & 1:
            raise ValueError("line 0 does not exist")

    @property
    def missing(self) -> int:
        """Executable lines that never ran."""
        return self.statements & ~self.covered

    @cached_property
    def partial(self) -> int:
        """Lines that ran while at least one of their branch exits was never taken."""
        taken = set(self.taken)
        bits = 0
        for exit_ in self.exits:
            if exit_ not in taken:
                bits |= 1 << exit_[0]
        for (covered, total), where in self.by_counts.items():
            if covered < total:
                bits |= where
        return bits & self.covered

    def ratio(self, metric: Metric) -> Ratio:
        """Covered and total units of this file."""
        if metric is Metric.LINE:
            return Ratio(self.covered.bit_count(), self.statements.bit_count())
        covered, total, taken, exits = self.units
        return Ratio(taken, exits) if metric is Metric.BRANCH else Ratio(covered + taken, total + exits)

    @cached_property
    def units(self) -> tuple[int, int, int, int]:
        """Covered lines of so many, taken exits of so many."""
        return (
            self.covered.bit_count(),
            self.statements.bit_count(),
            len(self.taken) + sum([exits.covered * len(where) for exits, where in self.counted]),
            len(self.exits) + sum([exits.total * len(where) for exits, where in self.counted]),
        )

    @cached_property
    def by_counts(self) -> Mapping[tuple[int, int], int]:
        """(taken, all exits) -> the lines with so many that are known only by number, whatever their names."""
        found: dict[tuple[int, int], list[int]] = {}
        for exits, where in self.counted:
            found.setdefault((exits.covered, exits.total), []).extend(where)
        return {counts: lines.of(where) for counts, where in found.items()}

    @property
    def by_number(self) -> dict[int, CountedExits]:
        """Line -> its exits that are known only by number, in the order of lines."""
        return dict(sorted([(line, exits) for exits, where in self.counted for line in where]))

    def attribute(self, tag: str) -> int:
        """Covered lines reached by tests tagged `tag`; empty when there are none."""
        return next((bits for name, bits in self.attributes if name == tag), 0)


class Identity(msgspec.Struct, frozen=True):
    """What measured. Snapshots compare line by line only when their identities agree (docs/architecture.md,
    "Measurement identity")."""

    tool: str
    version: str = ""
    language: str = ""
    branch: bool = False

    def __str__(self) -> str:
        parts = [f"{self.tool} {self.version}".strip(), self.language, "branches" if self.branch else "lines only"]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Origin:
    """The code that was measured. `tree` is the git tree hash of what was on disk; `dirty` = it differs from
    `commit`'s."""

    commit: str
    tree: str
    dirty: bool = False


class TestRun(msgspec.Struct, frozen=True):
    """How the suite's tests went. `exit_code` is the test command's own; `seconds` is wall time.

    arguments: what was added by hand to the suite's own command, "" for the whole suite; such a run is a selection.
    passed: follows from the others, whatever it is given.
    """

    __test__ = False  # pytest must not take this for a test class

    exit_code: int
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    seconds: float = 0.0
    arguments: str = ""
    passed: bool = False

    def __post_init__(self) -> None:
        passed = self.exit_code == 0 and self.failures == 0 and self.errors == 0
        msgspec.structs.force_setattr(self, "passed", passed)


@dataclass(frozen=True)
class Snapshot:
    """Coverage by repository-relative POSIX path (sorted), with what measured it and at which code.

    `tests` is None when the coverage came as a bare report: then nothing is known of the tests.
    `notes` are remarks on the measurement ("sysmon core without contexts"), in reading order.
    """

    suite: str
    files: Mapping[str, FileCoverage]
    identity: Identity
    origin: Origin | None = None
    tests: TestRun | None = None
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    @property
    def tells_reachable(self) -> bool:
        """Whether the measurement separates the lines that tests can reach from those that run when modules load."""
        return any(coverage.attribute(REACHABLE) for coverage in self.files.values())

    def ratio(self, metric: Metric) -> Ratio:
        """Sum over all files."""
        lines, branches = self._totals
        return lines + branches if metric is Metric.COMBINED else lines if metric is Metric.LINE else branches

    @cached_property
    def _totals(self) -> tuple[Ratio, Ratio]:
        units = [coverage.units for coverage in self.files.values()]
        covered, total, taken, exits = map(sum, zip(*units, strict=True)) if units else (0, 0, 0, 0)
        return Ratio(covered, total), Ratio(taken, exits)

    def restrict(self, wanted: Callable[[str], bool]) -> Snapshot:
        """The same snapshot with only the files whose path is wanted."""
        files = {path: self.files[path] for path in self.paths if wanted(path)}
        return replace(self, files=files) if len(files) < len(self.files) else self
