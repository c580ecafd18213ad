"""`coverage json`: format 1 to 3, with or without `--show-contexts`.

The report lists executed and missing lines; coverage.py before 7.17 also lists executed lines that it does not count
(docstrings), and before 7.0 it counts branch exits that it does not list. Both become a `SummaryDifference`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final, NoReturn

import msgspec

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model.snapshot import Identity, Metric

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
    contexts: dict[str, list[str]] = {}
    functions: msgspec.Raw | dict[str, object] | None = None
    classes: msgspec.Raw | dict[str, object] | None = None


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
        return text.startswith(b"{") and b"simplecov" not in text and any(mark in text for mark in marks)

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = _load(data, where)
        builders: dict[str, FileBuilder] = {}
        beyond: dict[str, SummaryDifference] = {}
        zero = False
        for path, file in report.files.items():
            at = f"{where}: {building.file_path(path, where)}"
            builders[path] = _build(file, at)
            if 0 in builders[path].hits:
                zero = zero or _allowed_zero(report, at)
                del builders[path].hits[0]
            if file.summary is not None and (extra := _compare(file, file.summary, builders[path], at)):
                beyond[path] = extra
        files = building.build_all(builders, where)
        listed = any(file.executed_branches is not None for file in report.files.values())
        present = {"lines", "excluded"} | ({"branches", "exits"} if listed else set())
        carries, lacks = building.capabilities(present | ({"contexts"} if report.meta.show_contexts else set()))
        regions = any(file.functions is not None or file.classes is not None for file in report.files.values())
        parsed = ParsedReport(
            format=self.name,
            identity=Identity("coverage.py", report.meta.version, branch=report.meta.branch_coverage),
            files=files,
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
    words = {Metric.LINE: "lines", Metric.BRANCH: "branch exits"}
    files = {metric: (parsed.stated(metric).covered, parsed.stated(metric).total) for metric in totals}
    found = (building.contradiction(words[m], pair, files[m], exact=True) for m, pair in totals.items())
    return tuple(fault for _, fault in found if fault)


def _load(data: bytes, where: str) -> _JsonReport:
    """Uses the standard library's reader, because it can detect duplicate keys."""
    try:
        tree = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        return msgspec.convert(tree, _JsonReport)
    except UnicodeDecodeError as error:
        raise damaged(where, f"not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise damaged(where, str(error)) from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"duplicate key {key!r}")
        made[key] = value
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:20]} has no finite value")
    return value


def _allowed_zero(report: _JsonReport, at: str) -> bool:
    if not building.writes_line_zero(report.meta.version):
        raise damaged(at, f"line 0 is not between 1 and {building.MAX_LINE}")
    return True


def _build(file: _JsonFile, at: str) -> FileBuilder:
    executed, missing, excluded = set(file.executed_lines), set(file.missing_lines), set(file.excluded_lines)
    if executed & missing:
        raise damaged(at, f"line {min(executed & missing)} is listed as executed and as missing")
    if 0 in excluded or any(line == 0 for line, _ in (*(file.executed_branches or ()), *(file.missing_branches or ()))):
        raise damaged(at, "line 0 is excluded, or the source of a branch")
    builder = FileBuilder(excluded=excluded)
    builder.hits = dict.fromkeys(missing, False) | dict.fromkeys(executed, True)
    # coverage.py lists taken exits into excluded code, but does not count them
    builder.exits = {(a, b): True for a, b in file.executed_branches or () if b not in excluded}
    builder.exits |= dict.fromkeys(file.missing_branches or (), False)
    for line, contexts in file.contexts.items():
        if not re.fullmatch(r"-?\d{1,9}", line):
            raise damaged(at, f"contexts of the line {line[:20]!r}")
        if int(line) < 1:  # old versions also list entries of code objects
            continue
        for tag in {tag for context in contexts for tag in building.tags_of(context)}:
            builder.attributes.setdefault(tag, set()).add(building.line_number(int(line), at))
    return builder


def _compare(file: _JsonFile, summary: _JsonSummary, builder: FileBuilder, at: str) -> SummaryDifference:
    """The difference between summary and lists. Raises InputError for one that no version of the tool writes."""
    executed, missing = len(set(file.executed_lines)), len(set(file.missing_lines))
    if summary.num_statements - summary.covered_lines != missing or summary.covered_lines > executed:
        raise damaged(
            at, f"its summary of {summary.covered_lines}/{summary.num_statements} lines contradicts its lists"
        )
    total, covered = _stated_exits(file, summary, at)
    building.settle_pragmas(builder, total)
    listed = building.listed_exits(builder)
    return SummaryDifference(
        lines_covered=summary.covered_lines - sum(builder.hits.values()),
        lines_total=summary.num_statements - len(builder.hits),
        exits_covered=covered - listed[0],
        exits_total=total - listed[1],
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
    return len(set(file.missing_branches or ()))


def _notes(beyond: dict[str, SummaryDifference]) -> tuple[str, ...]:
    lines = -sum(min(0, b.lines_total) for b in beyond.values())
    exits = sum(b.exits_total for b in beyond.values())
    notes = []
    if lines:
        notes.append(f"{lines} lines are listed as executed but not counted by coverage.py (docstrings)")
    if exits:
        notes.append(f"{exits} branch exits are counted in the summary without their lines")
    return tuple(notes)
