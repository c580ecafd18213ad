"""`.coverage`: coverage.py's own data file, SQLite, and JSON after a line of warning in version 4.

It records what ran, not what could have run; that needs coverage.py, in the version and interpreter of the suite
(docs/architecture.md, "Measurement identity"). So `covgov.runner.analyser` analyses the data file, and this format
reads that script's JSON.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport, UnreadableFile
from covgov.model import lines
from covgov.model.snapshot import CountedExits, Identity

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Line = Annotated[int, msgspec.Meta(ge=1, le=building.MAX_LINE)]


class _AnalysisSummary(msgspec.Struct, frozen=True):
    n_statements: _Count
    n_missing: _Count
    n_branches: _Count
    n_missing_branches: _Count


class _AnalysisFile(msgspec.Struct, frozen=True):
    statements: list[_Line]
    executed: list[_Line]
    excluded: list[_Line]
    exits: list[tuple[_Line, int]]
    taken: list[tuple[_Line, int]]
    counted: list[tuple[_Line, _Count, _Count]]
    attributes: dict[str, list[_Line]]
    summary: _AnalysisSummary


class _Analysis(msgspec.Struct, frozen=True):
    """Output of `covgov.runner.analyser`."""

    format: str
    version: str
    language: str
    branch: bool
    root: str
    files: dict[str, _AnalysisFile]
    contexts: _Count = 0
    notes: tuple[str, ...] = ()
    unreadable: tuple[UnreadableFile, ...] = ()


class CoveragepyData:
    """Complete: lines, excluded lines, exits as coverage.py counts them, quality attributes."""

    name: Final = "coveragepy-data"
    capabilities: Final = frozenset({"lines", "branches", "exits", "contexts", "excluded"})

    def recognises(self, head: bytes, /) -> bool:
        return head.startswith((b"SQLite format 3\0", b"!coverage.py: This is a private format"))

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        """`data` is the analyser's JSON, not the data file."""
        try:
            analysis = msgspec.json.decode(data, type=_Analysis)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise damaged(where, f"the analysis cannot be read: {error}") from None
        building.check_size(sum(map(_last, analysis.files.values())), where)
        builders = {path: _build(file, f"{where}: {path}") for path, file in analysis.files.items()}
        carries, lacks = building.capabilities(
            {"lines", "excluded"}
            | ({"branches", "exits"} if analysis.branch else set())
            | ({"contexts"} if analysis.contexts else set())
        )
        return ParsedReport(
            format=self.name,
            identity=Identity("coverage.py", analysis.version, analysis.language, analysis.branch),
            files=building.build_all(builders, where),
            carries=carries,
            lacks=lacks,
            dropped=_dropped(analysis),
            roots=(analysis.root,),
            notes=analysis.notes,
            unreadable=analysis.unreadable,
        )


def _dropped(analysis: _Analysis) -> tuple[str, ...]:
    contexts = ("names of single tests (contexts)",) if analysis.contexts else ()
    files = tuple(f"{file.path} ({file.reason})" for file in analysis.unreadable)
    return (*contexts, *files)


def _last(file: _AnalysisFile) -> int:
    return max(*file.statements, *file.excluded, 0, 0)


def _build(file: _AnalysisFile, at: str) -> FileBuilder:
    covered = lines.of(file.executed)
    builder = FileBuilder(lines.of(file.statements) | covered, covered, excluded=lines.of(file.excluded))
    builder.exits = dict.fromkeys(file.exits, False) | dict.fromkeys(file.taken, True)
    builder.counted = {line: CountedExits(taken, total) for line, taken, total in file.counted}
    builder.attributes = {tag: lines.of(numbers) for tag, numbers in file.attributes.items()}
    found = (builder.statements.bit_count(), (builder.statements & ~covered).bit_count())
    taken, exits = building.listed_exits(builder)
    summary = file.summary
    if found != (summary.n_statements, summary.n_missing) or (exits, exits - taken) != (
        summary.n_branches,
        summary.n_missing_branches,
    ):
        raise damaged(at, "the analysis contradicts coverage.py's own totals")
    return builder
