"""`coverage json`: format 1 to 3, with or without `--show-contexts`.

The report lists executed and missing lines; coverage.py before 7.17 also lists executed lines that it does not count
(docstrings), and before 7.0 it counts branch exits that it does not list. Both become a `SummaryDifference`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import Annotated, Final

import msgspec

from covgov.errors import InputError
from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.bulk.json_members import REGIONS, NotCanonicalError, split
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model import lines
from covgov.model.snapshot import CountedExits, Identity, Metric

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Line = Annotated[int, msgspec.Meta(ge=0, le=building.MAX_LINE)]
"""Includes the 0 of old versions."""


class _JsonSummary(msgspec.Struct):
    covered_lines: _Count
    num_statements: _Count
    missing_lines: _Count | None = None
    num_branches: _Count | None = None
    covered_branches: _Count | None = None
    missing_branches: _Count | None = None


class _JsonFile(msgspec.Struct):
    executed_lines: list[_Line]
    missing_lines: list[_Line]
    excluded_lines: list[_Line] = []
    summary: _JsonSummary | None = None
    executed_branches: list[tuple[_Line, int]] | None = None
    missing_branches: list[tuple[_Line, int]] | None = None
    covgov_counted_branches: list[tuple[_Line, _Count, _Count]] = []
    contexts: dict[str, list[str]] = {}
    functions: dict[str, object] | None = None
    classes: dict[str, object] | None = None


class _JsonMeta(msgspec.Struct):
    version: str = ""
    branch_coverage: bool = False
    show_contexts: bool = False


class _JsonTotals(msgspec.Struct):
    covered_lines: _Count | None = None
    num_statements: _Count | None = None
    covered_branches: _Count | None = None
    num_branches: _Count | None = None


class _JsonReport(msgspec.Struct):
    files: dict[str, _JsonFile]
    meta: _JsonMeta = msgspec.field(default_factory=_JsonMeta)
    totals: _JsonTotals = msgspec.field(default_factory=_JsonTotals)


class CoveragepyJson:
    """Lines, excluded lines and exits exactly; contexts when the report has them."""

    name: Final = "coveragepy-json"
    capabilities: Final = frozenset({"lines", "branches", "exits", "contexts", "excluded"})

    def recognises(self, head: bytes, /) -> bool:
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        marks = (b'"branch_coverage"', b'"executed_lines"', b'"num_statements"')
        return (
            text.startswith(b"{")
            and not any(other in text for other in (b"simplecov", b'"slipcover"'))
            and any(mark in text for mark in marks)
        )

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        text = data.removeprefix(b"\xef\xbb\xbf")
        try:
            return _read_members(text, where)
        except (NotCanonicalError, InputError):
            return parse_strictly(data, where)


def _read_members(data: bytes, where: str) -> ParsedReport:
    rest, members = split(data)
    try:
        files = ((path, _FILE.decode(file), regions) for path, file, regions in members)
        return _parsed(_REPORT.decode(rest), files, where)
    except msgspec.DecodeError:
        raise NotCanonicalError from None


def parse_strictly(data: bytes, where: str) -> ParsedReport:
    """The report by the standard library's reader: the definition of what `split` reads faster."""
    report = strict_json.load(data, _JsonReport, where, unread=REGIONS)
    files = ((p, file, file.functions is not None or file.classes is not None) for p, file in report.files.items())
    return _parsed(report, files, where)


_FILE = msgspec.json.Decoder(_JsonFile)
_REPORT = msgspec.json.Decoder(_JsonReport)


def _parsed(report: _JsonReport, members: Iterable[tuple[str, _JsonFile, bool]], where: str) -> ParsedReport:
    """members: path, file, and whether it has regions."""
    builders: dict[str, FileBuilder] = {}
    beyond: dict[str, SummaryDifference] = {}
    zero = listed = regions = False
    size = 0
    for path, file, has_regions in members:
        at = f"{where}: {building.file_path(path, where)}"
        builder, has_zero = _build(file, at)
        zero = zero or (has_zero and _allowed_zero(report, at))
        if file.summary is not None and (extra := _compare(file, file.summary, builder, has_zero, at)):
            beyond[path] = extra
        builders[path] = builder
        size += builder.last + sum(map(int.bit_length, builder.attributes.values()))
        building.check_size(size, where)
        listed = listed or file.executed_branches is not None
        regions = regions or has_regions
    present = {"lines", "excluded"} | ({"branches", "exits"} if listed else set())
    carries, lacks = building.capabilities(present | ({"contexts"} if report.meta.show_contexts else set()))
    parsed = ParsedReport(
        format=CoveragepyJson.name,
        identity=Identity(
            "coverage.py", building.word(report.meta.version, "version", where), branch=report.meta.branch_coverage
        ),
        files=building.build_all(builders, where),
        carries=carries,
        lacks=lacks,
        dropped=("functions and classes",) if regions else (),
        notes=(*_notes(beyond), *((building.LINE_ZERO,) if zero else ())),
        beyond=beyond,
        claims=building.claims(_totals(report)),
    )
    return replace(parsed, faults=_contradictions(parsed, _totals(report)))


def _totals(report: _JsonReport) -> dict[Metric, Pair]:
    """What the report states as a whole."""
    totals = report.totals
    found = {
        Metric.LINE: (totals.covered_lines, totals.num_statements),
        Metric.BRANCH: (totals.covered_branches, totals.num_branches),
    }
    return {metric: (c, t) for metric, (c, t) in found.items() if c is not None and t is not None}


def _contradictions(parsed: ParsedReport, totals: Mapping[Metric, Pair]) -> tuple[str, ...]:
    files = {metric: parsed.stated(metric) for metric in totals}
    pairs = ((m, pair, (files[m].covered, files[m].total)) for m, pair in totals.items())
    found = (building.contradiction(building.WORDS[m], pair, listed, exact=True) for m, pair, listed in pairs)
    return tuple(fault for _, fault in found if fault)


def _allowed_zero(report: _JsonReport, at: str) -> bool:
    if not building.writes_line_zero(report.meta.version):
        raise damaged(at, f"line 0 is not between 1 and {building.MAX_LINE}")
    return True


def _build(file: _JsonFile, at: str) -> tuple[FileBuilder, bool]:
    """The file, and whether it lists a line 0."""
    executed, missing, excluded = map(_bits, (file.executed_lines, file.missing_lines, file.excluded_lines))
    if both := executed & missing:
        raise damaged(at, f"line {(both & -both).bit_length() - 1} is listed as executed and as missing")
    taken, missed = file.executed_branches or (), file.missing_branches or ()
    if excluded & 1 or 0 in map(itemgetter(0), chain(taken, missed)):
        raise damaged(at, "line 0 is excluded, or the source of a branch")
    builder = FileBuilder((executed | missing) & ~1, executed & ~1, excluded=excluded)
    # coverage.py lists taken exits into excluded code, but does not count them
    hidden = set(file.excluded_lines)
    builder.exits = dict.fromkeys(taken if not hidden else [exit_ for exit_ in taken if exit_[1] not in hidden], True)
    builder.exits |= dict.fromkeys(missed, False)
    for line, covered, total in file.covgov_counted_branches:
        if not line or covered > total:
            raise damaged(at, f"{covered} of {total} branch exits of line {line}")
        builder.count(line, CountedExits(covered, total))
    builder.attributes = _attributes(file.contexts, at) if file.contexts else {}
    return builder, bool((executed | missing) & 1)


def _bits(numbers: list[int]) -> int:
    try:
        return lines.of(numbers)
    except ValueError:  # a line 0: to look for one costs as much as to read the list
        return lines.of(filter(None, numbers)) | 1


def _attributes(contexts: Mapping[str, Sequence[str]], at: str) -> dict[str, int]:
    reached: dict[str, set[int]] = {}
    for line, names in contexts.items():
        if not re.fullmatch(r"-?\d{1,9}", line):
            raise damaged(at, f"contexts of the line {line[:20]!r}")
        if int(line) < 1:  # old versions also list entries of code objects
            continue
        for tag in {tag for context in names for tag in building.tags_of(context)}:
            reached.setdefault(tag, set()).add(building.line_number(int(line), at))
    building.check_size(sum(map(max, reached.values())), at)
    return {building.word(name, "tag", at): lines.of(numbers) for name, numbers in reached.items()}


def _compare(file: _JsonFile, summary: _JsonSummary, builder: FileBuilder, zero: bool, at: str) -> SummaryDifference:
    """The difference between summary and lists. Raises InputError for one that no version of the tool writes."""
    covered, total = builder.covered.bit_count(), builder.statements.bit_count()
    zeros = (int(0 in file.executed_lines), int(0 in file.missing_lines)) if zero else (0, 0)
    if (
        summary.num_statements - summary.covered_lines != total - covered + zeros[1]
        or summary.covered_lines > covered + zeros[0]
    ):
        raise damaged(
            at, f"its summary of {summary.covered_lines}/{summary.num_statements} lines contradicts its lists"
        )
    exits, taken = _stated_exits(file, summary, at)
    building.settle_pragmas(builder, exits)
    listed = building.listed_exits(builder)
    return SummaryDifference(
        lines_covered=summary.covered_lines - covered,
        lines_total=summary.num_statements - total,
        exits_covered=taken - listed[0],
        exits_total=exits - listed[1],
    )


def _stated_exits(file: _JsonFile, summary: _JsonSummary, at: str) -> tuple[int, int]:
    """(all, taken) exits in the summary; (0, 0) without the taken ones (before 5.1)."""
    total = summary.num_branches or 0
    if summary.covered_branches is None:
        return 0, 0
    unlisted = file.executed_branches is None
    if summary.covered_branches > total or not (unlisted or total - summary.covered_branches == _missing(file)):
        raise damaged(at, f"its summary of {summary.covered_branches}/{total} branch exits contradicts its lists")
    return total, summary.covered_branches


def _missing(file: _JsonFile) -> int:
    counted = sum(total - covered for _, covered, total in file.covgov_counted_branches)
    return len(set(file.missing_branches or ())) + counted


def _notes(beyond: dict[str, SummaryDifference]) -> tuple[str, ...]:
    lines = -sum(min(0, b.lines_total) for b in beyond.values())
    exits = sum(b.exits_total for b in beyond.values())
    notes = []
    if lines:
        notes.append(f"{lines} lines are listed as executed but not counted by coverage.py (docstrings)")
    if exits:
        notes.append(f"{exits} branch exits are counted in the summary without their lines")
    return tuple(notes)
