"""llvm-cov's JSON (`llvm-cov export`, `cargo llvm-cov --json`, `xcrun llvm-cov export`).

A file has segments: from its place on, code ran so often. The lines are counted as llvm-cov counts them for LCOV
(LLVM's CoverageMapping.cpp, LineCoverageStats). Its summary counts those of every function apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric

Count = Annotated[int, msgspec.Meta(ge=0)]


class _Segment(msgspec.Struct, array_like=True):
    line: int
    column: int
    count: Count
    has_count: bool
    is_entry: bool
    is_gap: bool = False

    @property
    def starts(self) -> bool:
        return self.is_entry and self.has_count and not self.is_gap


class _Branch(msgspec.Struct, array_like=True):
    line: int
    column: int
    end_line: int
    end_column: int
    true: Count
    false: Count


class _Pair(msgspec.Struct):
    count: Count = 0
    covered: Count = 0


class _Summary(msgspec.Struct):
    lines: _Pair = msgspec.field(default_factory=_Pair)
    branches: _Pair = msgspec.field(default_factory=_Pair)


class _File(msgspec.Struct):
    filename: str
    segments: list[_Segment] | None = None
    branches: list[_Branch] = []
    summary: _Summary = msgspec.field(default_factory=_Summary)


class _Export(msgspec.Struct):
    files: list[_File]
    totals: _Summary | None = None

    @property
    def adds_up(self) -> bool:
        """Whether the totals are the sums of the files' summaries."""
        totals, files = self.totals, [file.summary for file in self.files]
        return totals is None or (
            totals.lines == _sum(file.lines for file in files)
            and totals.branches == _sum(file.branches for file in files)
        )


def _sum(pairs: Iterable[_Pair]) -> _Pair:
    found = list(pairs)
    return _Pair(sum(pair.count for pair in found), sum(pair.covered for pair in found))


class _Report(msgspec.Struct):
    data: list[_Export]
    type: str
    version: str = ""


class LlvmCovJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "llvm-cov-json"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        exported = b'"llvm.coverage.json.export"' in head or b'"segments"' in head or b'"instantiations"' in head
        return exported and (strict_json.begins(head, b'"data"') or strict_json.begins(head, b'"type"'))

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _Report, where)
        builders: dict[str, FileBuilder] = {}
        stated: dict[str, _Summary] = {}
        summarised = []
        for file in (file for export in report.data for file in export.files):
            path = building.file_path(file.filename, where)
            builder = builders.setdefault(path, FileBuilder())
            if file.segments is None:
                summarised.append(path)
            else:
                _read(file.segments, file.branches, builder, f"{where}: {path}")
            stated[path] = _possible(file.summary, f"{where}: {path}")
        parsed = building.report(self.name, "llvm-cov", builders, where)
        files = parsed.files
        found = (
            (path, _difference(stated[path], files[path].ratio(Metric.LINE), files[path].ratio(Metric.BRANCH)))
            for path in files
        )
        return replace(
            parsed,
            dropped=("functions, regions and instantiations",),
            beyond={path: difference for path, difference in found if difference},
            faults=(
                *(f"{path} has totals, but no segments (llvm-cov's -summary-only)" for path in summarised),
                *("its totals are not the sums of its files" for export in report.data if not export.adds_up),
            ),
        )


def _possible(summary: _Summary, at: str) -> _Summary:
    for pair in (summary.lines, summary.branches):
        if pair.covered > pair.count:
            raise damaged(at, f"its summary has {pair.covered} of {pair.count} covered")
    return summary


def _difference(summary: _Summary, held: Ratio, exits: Ratio) -> SummaryDifference:
    return SummaryDifference(
        summary.lines.covered - held.covered,
        summary.lines.count - held.total,
        summary.branches.covered - exits.covered,
        summary.branches.count - exits.total,
    )


def _read(segments: Sequence[_Segment], branches: Sequence[_Branch], builder: FileBuilder, at: str) -> None:
    places = [(segment.line, segment.column) for segment in segments]
    if places != sorted(places):
        raise damaged(at, "its segments are not in order")
    for first, last, ran in _runs(segments):
        building.line_number(first, at)
        building.line_number(last, at)
        builder.spans.append((first, last, ran))
    exits: dict[int, list[bool]] = {}
    for branch in branches:
        exits.setdefault(building.line_number(branch.line, at), []).extend((branch.true > 0, branch.false > 0))
    builder.count_all(exits)


def _runs(segments: Sequence[_Segment]) -> Iterator[tuple[int, int, bool]]:
    """(first line, last line, whether it ran) of the lines that count."""
    wrapped: _Segment | None = None
    before = 0
    for line, group in groupby(segments, key=lambda segment: segment.line):
        if wrapped is not None and wrapped.has_count and before + 1 < line:
            yield before + 1, line - 1, wrapped.count > 0
        here = list(group)
        skipped = here[0].is_entry and not here[0].has_count
        counts = [segment.count for segment in here if segment.starts]
        around = wrapped is not None and wrapped.has_count
        if (around or counts) and not skipped:
            yield line, line, max([*counts, wrapped.count if wrapped is not None else 0]) > 0
        wrapped, before = here[-1], line
