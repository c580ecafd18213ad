"""Shared by the formats: builds a file's coverage with checked line numbers, bounded sizes and settled branch exits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

import msgspec

from covgov.errors import InputError
from covgov.ingest.interface import ParsedReport
from covgov.model import lines
from covgov.model.ratio import ZERO, Ratio
from covgov.model.snapshot import CountedExits, Exit, FileCoverage, Identity, Metric, by_exits

MAX_LINE = lines.MAX_LINE

MAX_LINES_IN_REPORT = 500_000_000
"""Limit of the sum of all files' highest lines: a line set has a bit per line, so this limits memory to 120 MB."""

MAX_COUNTED, MAX_COUNTED_PER_LINE = 1_000_000, 10
"""Limit of the exits that are known only by number, and how many more a report may have for each of its lines: other
formats list each exit, so a few bytes must not claim billions."""

MOST_UNSEEN = 4
"""A summary may have uncovered units that no list shows, up to one in so many of those listed: gcovr and PHPUnit count
copies of a line, Istanbul branches on continued lines (at most 16 % in the corpus)."""

MAX_WORD, MAX_FAULT = 200, 500

TAGGED = "covgov:"
"""Prefix of the dynamic contexts that carry quality attributes: `covgov:reliability,security`."""


def damaged(where: str, what: str) -> InputError:
    """The error for a report that contradicts its format or itself."""
    shown = what if len(what) <= MAX_FAULT else f"{what[:MAX_FAULT]}..."  # parsers quote what they refuse
    return InputError("report-damaged", f"{where}: {shown}", hint="write the report again; covgov does not guess")


def line_number(value: int, where: str) -> int:
    """A line number within bounds. Raises InputError."""
    if not 1 <= value <= MAX_LINE:
        raise damaged(where, f"line {value} is not between 1 and {MAX_LINE}")
    return value


def ran(text: str, where: str) -> bool:
    """Whether a hit count is above 0. It can be of 64 bits, be written as 1e+06 and, because of a gcov bug, be
    negative. Raises InputError."""
    if not re.fullmatch(r"\s*-?\d{1,25}(\.\d{0,20})?([eE]\+?\d{1,2})?\s*", text, re.ASCII):
        raise damaged(where, f"not a hit count: {text[:40]!r}")
    return float(text) > 0


def writes_line_zero(version: str) -> bool:
    """Whether this coverage.py counts a line 0 per module: versions before 6.3 do in Python 3.11 and later."""
    found = re.match(r"(\d{1,3})\.(\d{1,3})\b", version)
    return found is not None and (int(found[1]), int(found[2])) < (6, 3)


LINE_ZERO = "a line 0 that this old coverage.py counts per module is left out"


_NO_NAME = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


def file_path(text: str, where: str) -> str:
    """A path as in the report. Raises InputError for an impossible file name."""
    if not text.strip() or len(text) > 4096:
        raise damaged(where, "a file without a name, or with one of more than 4096 characters")
    if _NO_NAME.search(text):
        raise damaged(where, f"control characters or lone surrogates in the file name {text!r}")
    return text


def word(text: str, what: str, where: str) -> str:
    """A version or tag as in the report. Raises InputError for one that is long or has characters nobody sees."""
    if len(text) > MAX_WORD or not text.isprintable():
        raise damaged(where, f"not a {what}: {text[:40]!r}")
    return text


def tags_of(context: str) -> tuple[str, ...]:
    """The quality attributes in a context: `static|covgov:a,b` -> ("a", "b")."""
    marked = [part for part in context.split("|") if part.startswith(TAGGED)]
    return tuple(tag for part in marked for tag in part.removeprefix(TAGGED).split(",") if tag)


@dataclass(slots=True)
class FileBuilder:
    """One file during parsing. statements, covered, excluded, attributes: line sets. exits: exit -> taken. counted: by
    line. What comes one at a time becomes a set once, after the size of the report was checked: hits (line -> ran),
    spans (first, last, ran) and omitted (excluded lines)."""

    statements: int = 0
    covered: int = 0
    hits: dict[int, bool] = field(default_factory=dict)
    exits: dict[Exit, bool] = field(default_factory=dict)
    counted: dict[int, CountedExits] = field(default_factory=dict)
    excluded: int = 0
    attributes: dict[str, int] = field(default_factory=dict)
    spans: list[tuple[int, int, bool]] = field(default_factory=list)
    omitted: list[int] = field(default_factory=list)

    def hit(self, line: int, ran: bool) -> None:
        """Add a statement; listed twice, it ran if it ran once."""
        self.hits[line] = self.hits.get(line, False) or ran

    def hit_all(self, numbers: Sequence[int], ran: Sequence[bool], where: str) -> None:
        """Add a statement per line. Raises InputError for a line out of bounds."""
        if numbers:
            line_number(min(numbers), where)
            line_number(max(numbers), where)
        found = dict(zip(numbers, ran, strict=True))
        if len(found) == len(numbers) and self.hits.keys().isdisjoint(found):
            self.hits.update(found)
            return
        for line, hit in zip(numbers, ran, strict=True):
            self.hit(line, hit)

    def hit_list(self, counts: Sequence[float | None], where: str) -> None:
        """Add the lines of a list with a count for each, beginning with line 1, and None where nothing can run."""
        numbers = [line for line, count in enumerate(counts, start=1) if count is not None]
        self.hit_all(numbers, [count > 0 for count in counts if count is not None], where)

    def add(self, statements: int, covered: int) -> None:
        """Add sets of lines."""
        self.statements |= statements
        self.covered |= covered

    def exit(self, source: int, target: int, taken: bool) -> None:
        self.exits[source, target] = self.exits.get((source, target), False) or taken

    def count(self, line: int, exits: CountedExits) -> None:
        """Add exits known by number. Of a line listed twice, the larger numbers count: its second exits may be others
        of the same names."""
        before = self.counted.get(line, exits)
        if before != exits:
            exits = CountedExits(max(before.covered, exits.covered), max(before.total, exits.total))
        self.counted[line] = exits

    def count_lines(self, found: Mapping[int, CountedExits]) -> None:
        """Add those of many lines."""
        if self.counted.keys().isdisjoint(found):
            self.counted.update(found)
        else:
            for line, exits in found.items():
                self.count(line, exits)

    def count_all(self, taken: Mapping[int, Sequence[bool]]) -> None:
        """Add exits known by number: line -> whether each of its exits was taken."""
        for line, exits in taken.items():
            if exits:
                self.count(line, CountedExits(sum(exits), len(exits)))

    @property
    def last(self) -> int:
        """The highest line."""
        sets = self.statements.bit_length() - 1, self.excluded.bit_length() - 1
        return max(0, *self.hits, *self.omitted, *(last for _, last, _ in self.spans), *sets)

    def settle_hits(self) -> None:
        """Move what came one at a time into the line sets: each would copy them."""
        if self.hits:
            self.add(lines.of(self.hits), lines.of(line for line, ran in self.hits.items() if ran))
            self.hits = {}
        if self.spans:
            ran = lines.of_spans((first, last) for first, last, ran in self.spans if ran)
            self.add(lines.of_spans((first, last) for first, last, _ in self.spans), ran)
            self.spans = []
        if self.omitted:
            self.excluded |= lines.of(self.omitted)
            self.omitted = []

    def build(self) -> FileCoverage:
        """The file's coverage. A line with counted exits drops its exact ones, which would count twice."""
        self.settle_hits()
        exits = [exit_ for exit_ in self.exits if exit_[0] not in self.counted] if self.counted else list(self.exits)
        exits.sort()
        return FileCoverage(
            statements=self.statements,
            covered=self.covered,
            exits=tuple(exits),
            taken=tuple(filter(self.exits.__getitem__, exits)),
            counted=by_exits(self.counted),
            excluded=self.excluded & ~self.statements,
            attributes=tuple((tag, self.attributes[tag] & self.covered) for tag in sorted(self.attributes)),
        )


def build_all(builders: Mapping[str, FileBuilder], where: str) -> dict[str, FileCoverage]:
    """Every file's coverage, with all line sets within MAX_LINES_IN_REPORT, and exits within MAX_COUNTED."""
    check_size(sum(builder.last for builder in builders.values()), where)
    files = {path: builder.build() for path, builder in builders.items()}
    exits = sum([found.total * len(where) for file in files.values() for found, where in file.counted])
    held = sum([file.statements.bit_count() for file in files.values()])
    if exits > MAX_COUNTED + MAX_COUNTED_PER_LINE * held:
        raise damaged(where, f"its {held} lines have {exits} branch exits")
    return files


def check_size(total: int, where: str) -> None:
    """Raises InputError where the last lines of the files add up to too much."""
    if total > MAX_LINES_IN_REPORT:
        raise damaged(where, f"its files have more than {MAX_LINES_IN_REPORT} lines in all")


_COUNTS = msgspec.json.Decoder(list[Annotated[int, msgspec.Meta(ge=0, le=2**53)]])
_DIGITS = b"0123456789"


def line_sets(text: bytes, hits: bytes, following: bytes, commas: bytes) -> tuple[int, int] | None:
    """(statements, covered) of the text `LINE<hits>COUNT<following>LINE<hits>COUNT`, None for any other.

    commas: a byte of each separator. Without its digits the text must be the separators in turn; in place of these a
    decoder of JSON gets a comma between spaces, so that it refuses a digit inside of a separator.
    """
    separators = text.translate(None, _DIGITS)
    if separators != hits + (following + hits) * (len(separators) // (len(following) + len(hits))):
        return None
    try:
        found = _COUNTS.decode(b"[%b]" % text.translate(*_as_list(hits, following, commas)))
    except msgspec.DecodeError:
        return None
    return lines.of_hits(found[::2], found[1::2])


@lru_cache(64)
def _as_list(hits: bytes, following: bytes, commas: bytes) -> tuple[bytes, bytes]:
    """The table and the deleted bytes that make a list of JSON of such a text."""
    ends = bytes({hits[0], hits[-1], following[0], following[-1]} - {*commas})
    table = bytes.maketrans(ends + commas, b" " * len(ends) + b"," * len(commas))
    return table, bytes({*hits, *following} - {*ends, *commas})


def settle_pragmas(builder: FileBuilder, stated: int) -> None:
    """Add the exits that coverage.py counts as taken but does not list.

    A line under `# pragma: no branch` is reported with the one exit that was taken while two are counted. Only when
    these lines alone explain the file's stated number of exits are they counted as 2 of 2 exits.
    """
    unlisted = stated - listed_exits(builder)[1] if builder.exits else 0
    if unlisted <= 0:
        return
    listed: dict[int, list[bool]] = {}
    for (source, _), taken in builder.exits.items():
        listed.setdefault(source, []).append(taken)
    single = [line for line, exits in listed.items() if exits == [True] and line not in builder.counted]
    if unlisted == len(single):
        for line in single:
            builder.count(line, CountedExits(2, 2))


def listed_exits(builder: FileBuilder) -> tuple[int, int]:
    """Taken and all exits of the file, without exact exits of counted lines."""
    exits, counted = builder.exits, builder.counted
    exact = [taken for exit_, taken in exits.items() if exit_[0] not in counted] if counted else exits.values()
    taken = sum(exact) + sum([entry.covered for entry in counted.values()])
    return taken, len(exact) + sum([entry.total for entry in counted.values()])


Pair = tuple[int, int]
"""Covered and total units, as somebody states them: covered can be the greater (LH of old versions of coverage.py)."""


WORDS = {Metric.LINE: "lines", Metric.BRANCH: "branch exits"}
"""What a metric counts."""


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


def unequal(stated: Mapping[Metric, Pair | None], files: Iterable[FileCoverage]) -> tuple[str, ...]:
    """Faults of totals that a tool adds up from the very lines of these files."""
    held = list(files)
    pairs = ((WORDS[metric], pair, total(held, metric)) for metric, pair in stated.items() if pair is not None)
    return tuple(differs(what, pair, listed) for what, pair, listed in pairs if pair != listed)


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


def report(
    name: str,
    tool: str,
    builders: Mapping[str, FileBuilder],
    where: str,
    *,
    version: str = "",
    carries: Iterable[str] = ("lines",),
    branches: bool | None = None,
) -> ParsedReport:
    """A report of these files, which a format completes with what it has besides.

    carries: beside branches. branches: whether they were measured; None says so where a line has some.
    """
    measured = any(builder.counted for builder in builders.values()) if branches is None else branches
    has, lacks = capabilities({*carries, *(["branches"] if measured else [])})
    identity = Identity(tool, word(version, "version", where), branch=measured)
    return ParsedReport(name, identity, build_all(builders, where), has, lacks)
