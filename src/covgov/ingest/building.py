"""Shared by the formats: builds a file's coverage with checked line numbers, bounded sizes and settled branch exits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from covgov.errors import InputError
from covgov.model import lines
from covgov.model.ratio import ZERO, Ratio
from covgov.model.snapshot import CountedExits, Exit, FileCoverage, Metric

MAX_LINE = lines.MAX_LINE

MAX_LINES_IN_REPORT = 500_000_000
"""Limit of the sum of all files' highest lines: a line set has a bit per line, so this limits memory to 120 MB."""

MOST_UNSEEN = 4
"""A summary may have uncovered units that no list shows, up to one in so many of those listed: gcovr and PHPUnit count
copies of a line, Istanbul branches on continued lines (at most 16 % in the corpus)."""

TAGGED = "covgov:"
"""Prefix of the dynamic contexts that carry quality attributes: `covgov:reliability,security`."""


def damaged(where: str, what: str) -> InputError:
    """The error for a report that contradicts its format or itself."""
    return InputError("report-damaged", f"{where}: {what}", hint="write the report again; covgov does not guess")


def line_number(value: int, where: str) -> int:
    """A line number within bounds. Raises InputError."""
    if not 1 <= value <= MAX_LINE:
        raise damaged(where, f"line {value} is not between 1 and {MAX_LINE}")
    return value


def ran(text: str, where: str) -> bool:
    """Whether a hit count is above 0. It can be of 64 bits, be written as 1e+06 and, because of a gcov bug, be
    negative. Raises InputError."""
    if not re.fullmatch(r"\s*-?\d{1,25}(\.\d{0,20})?([eE]\+?\d{1,2})?\s*", text):
        raise damaged(where, f"not a hit count: {text[:40]!r}")
    return float(text) > 0


def writes_line_zero(version: str) -> bool:
    """Whether this coverage.py counts a line 0 per module: versions before 6.3 do in Python 3.11 and later."""
    found = re.match(r"(\d{1,3})\.(\d{1,3})\b", version)
    return found is not None and (int(found[1]), int(found[2])) < (6, 3)


LINE_ZERO = "a line 0 that this old coverage.py counts per module is left out"


def file_path(text: str, where: str) -> str:
    """A path as in the report. Raises InputError for an impossible file name."""
    if not text.strip() or len(text) > 4096:
        raise damaged(where, "a file without a name, or with one of more than 4096 characters")
    if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise damaged(where, f"control characters or lone surrogates in the file name {text!r}")
    return text


def tags_of(context: str) -> tuple[str, ...]:
    """The quality attributes in a context: `static|covgov:a,b` -> ("a", "b")."""
    marked = [part for part in context.split("|") if part.startswith(TAGGED)]
    return tuple(tag for part in marked for tag in part.removeprefix(TAGGED).split(",") if tag)


@dataclass(slots=True)
class FileBuilder:
    """One file during parsing. hits: line -> ran. exits: exit -> taken. counted: by line."""

    hits: dict[int, bool] = field(default_factory=dict)
    exits: dict[Exit, bool] = field(default_factory=dict)
    counted: dict[int, CountedExits] = field(default_factory=dict)
    excluded: set[int] = field(default_factory=set)
    attributes: dict[str, set[int]] = field(default_factory=dict)

    def hit(self, line: int, ran: bool) -> None:
        """Add a statement; listed twice, it ran if it ran once."""
        self.hits[line] = self.hits.get(line, False) or ran

    def exit(self, source: int, target: int, taken: bool) -> None:
        self.exits[source, target] = self.exits.get((source, target), False) or taken

    def count(self, entry: CountedExits) -> None:
        """Add exits known by number. Of a line listed twice, the larger numbers count: its second exits may be others
        of the same names."""
        before = self.counted.get(entry.line, entry)
        if before != entry:
            entry = CountedExits(entry.line, max(before.covered, entry.covered), max(before.total, entry.total))
        self.counted[entry.line] = entry

    def build(self) -> FileCoverage:
        """The file's coverage. A line with counted exits drops its exact ones, which would count twice."""
        exits = {exit_: taken for exit_, taken in self.exits.items() if exit_[0] not in self.counted}
        covered = {line for line, ran in self.hits.items() if ran}
        return FileCoverage(
            statements=lines.of(self.hits),
            covered=lines.of(covered),
            exits=tuple(sorted(exits)),
            taken=tuple(sorted(exit_ for exit_, taken in exits.items() if taken)),
            counted=tuple(self.counted[line] for line in sorted(self.counted)),
            excluded=lines.of(self.excluded - self.hits.keys()),
            attributes=tuple((tag, lines.of(self.attributes[tag] & covered)) for tag in sorted(self.attributes)),
        )


def build_all(builders: Mapping[str, FileBuilder], where: str) -> dict[str, FileCoverage]:
    """Every file's coverage, with all line sets within MAX_LINES_IN_REPORT."""
    total = sum(max((*b.hits, *b.excluded, 0)) for b in builders.values())
    if total > MAX_LINES_IN_REPORT:
        raise damaged(where, f"its files have {total} lines in all, more than {MAX_LINES_IN_REPORT}")
    return {path: builder.build() for path, builder in builders.items()}


def settle_pragmas(builder: FileBuilder, stated: int) -> None:
    """Add the exits that coverage.py counts as taken but does not list.

    A line under `# pragma: no branch` is reported with the one exit that was taken while two are counted. Only when
    these lines alone explain the file's stated number of exits are they counted as 2 of 2 exits.
    """
    listed: dict[int, list[bool]] = {}
    for (source, _), taken in builder.exits.items():
        listed.setdefault(source, []).append(taken)
    single = [line for line, exits in listed.items() if exits == [True] and line not in builder.counted]
    if single and stated - _total(builder) == len(single):
        for line in single:
            builder.count(CountedExits(line, 2, 2))


def listed_exits(builder: FileBuilder) -> tuple[int, int]:
    """Taken and all exits of the file, without exact exits of counted lines."""
    exact = [taken for exit_, taken in builder.exits.items() if exit_[0] not in builder.counted]
    taken = sum(exact) + sum(entry.covered for entry in builder.counted.values())
    return taken, _total(builder)


def _total(builder: FileBuilder) -> int:
    exact = sum(exit_[0] not in builder.counted for exit_ in builder.exits)
    return exact + sum(entry.total for entry in builder.counted.values())


Pair = tuple[int, int]
"""Covered and total units, as somebody states them: covered can be the greater (LH of old versions of coverage.py)."""


def differs(what: str, stated: Pair, listed: Pair) -> str:
    """How a summary differs from the lists."""
    return f"its summary has {stated[0]}/{stated[1]} {what}, its lines add up to {listed[0]}/{listed[1]}"


def contradiction(what: str, stated: Pair, listed: Pair, *, exact: bool = False) -> tuple[str, str]:
    """(note, fault) about a summary that differs from the lists: a fault where the lists are empty, or where it has
    uncovered units that they do not show, more than tools with an arithmetic of their own. exact: this tool has none.
    """
    if stated == listed:
        return "", ""
    unseen = (stated[1] - stated[0]) - (listed[1] - listed[0])
    fault = not listed[1] or (unseen > 0 and (exact or unseen * MOST_UNSEEN >= listed[1]))
    text = differs(what, stated, listed)
    return ("", text) if fault else (text, "")


def total(files: Iterable[FileCoverage], metric: Metric) -> Pair:
    """What all files hold."""
    found = sum((file.ratio(metric) for file in files), ZERO)
    return found.covered, found.total


def claims(stated: Mapping[Metric, Pair | None]) -> dict[Metric, Ratio]:
    """Those totals that are possible ones."""
    return {metric: Ratio(*pair) for metric, pair in stated.items() if pair and 0 <= pair[0] <= pair[1]}


def capabilities(present: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(carries, lacks) in a fixed order."""
    have = set(present)
    known = ("lines", "branches", "exits", "contexts", "excluded", "tests")
    return tuple(k for k in known if k in have), tuple(k for k in known if k not in have)
