"""SimpleCov: its `.resultset.json`, and the `coverage.json` of its JSON formatter.

Both have a list per file: one hit count per line, null where nothing can run, "ignored" between `:nocov:` comments. A
result set has one such object per command (RSpec, Minitest, a parallel process); they are merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Final

import msgspec

from covgov.ingest import building, strict_json
from covgov.ingest.building import FileBuilder, Pair, damaged
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import Metric

Count = Annotated[int, msgspec.Meta(ge=0)]
Lines = list[Count | str | None]
IGNORED = "ignored"
_CONDITION = re.compile(r'\[:"?\w+"?, \d{1,9}, (\d{1,7}), .*\]', re.ASCII)


class _Branch(msgspec.Struct):
    coverage: Count | str
    start_line: int
    report_line: int | None = None


class _File(msgspec.Struct):
    lines: Lines
    branches: list[_Branch] | dict[str, dict[str, Count]] = []
    methods: object = None


class _Command(msgspec.Struct):
    coverage: dict[str, Lines | _File]


class _FormattedFile(msgspec.Struct):
    filename: str
    coverage: _File


class _Meta(msgspec.Struct):
    simplecov_version: str = ""


class _Total(msgspec.Struct):
    covered: int
    total: int


class _FormattedReport(msgspec.Struct):
    """coverage: since 0.21. files: simplecov_json_formatter's predecessor. total: since 0.23."""

    coverage: dict[str, _File] = {}
    files: list[_FormattedFile] = []
    meta: _Meta = msgspec.field(default_factory=_Meta)
    total: dict[str, _Total] = {}

    @property
    def stated(self) -> dict[Metric, Pair]:
        named = {Metric.LINE: self.total.get("lines"), Metric.BRANCH: self.total.get("branches")}
        return {metric: (one.covered, one.total) for metric, one in named.items() if one is not None}


class SimplecovResultset:
    """Lines exactly; branch exits by number per line."""

    name: Final = "simplecov-resultset"
    capabilities: Final = frozenset({"lines", "branches", "excluded"})

    def recognises(self, head: bytes, /) -> bool:
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        found = re.match(
            rb'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"coverage"\s*:\s*\{(?:\s*\}|\s*"(?:[^"\\]|\\.)*"\s*:\s*[\[{])', text
        )
        return found is not None and b'"statementMap"' not in text

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, dict[str, _Command], where)
        files = ((path, file) for command in report.values() for path, file in command.coverage.items())
        return _parsed(self.name, "", files, where)


class SimplecovJson:
    """Lines exactly; branch exits by number per line."""

    name: Final = "simplecov-json"
    capabilities: Final = frozenset({"lines", "branches", "excluded"})

    def recognises(self, head: bytes, /) -> bool:
        return strict_json.begins(head, b'"simplecov_version"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        report = strict_json.load(data, _FormattedReport, where)
        files = [*report.coverage.items(), *((file.filename, file.coverage) for file in report.files)]
        parsed = _parsed(self.name, report.meta.simplecov_version, files, where)
        stated = report.stated
        faults = building.unequal(stated, parsed.files.values())
        return replace(parsed, claims=building.claims(stated), faults=faults)


def _parsed(name: str, version: str, listed: Iterable[tuple[str, Lines | _File]], where: str) -> ParsedReport:
    builders: dict[str, FileBuilder] = {}
    methods = False
    for path, file in listed:
        whole = _File(file) if isinstance(file, list) else file
        methods = methods or whole.methods is not None
        _read(whole, builders.setdefault(building.file_path(path, where), FileBuilder()), f"{where}: {path}")
    parsed = building.report(name, "simplecov", builders, where, version=version, carries=("lines", "excluded"))
    return replace(parsed, dropped=("methods",) if methods else ())


def _read(file: _File, builder: FileBuilder, at: str) -> None:
    building.line_number(len(file.lines) or 1, at)
    for line, count in enumerate(file.lines, start=1):
        if isinstance(count, str):
            if count != IGNORED:
                raise damaged(at, f"line {line} has no count, but {count[:20]!r}")
            builder.omitted.append(line)
    builder.hit_list([None if isinstance(count, str) else count for count in file.lines], at)
    builder.count_all({building.line_number(line, at): taken for line, taken in _exits(file, at).items()})


def _exits(file: _File, at: str) -> Mapping[int, list[bool]]:
    """Whether each exit was taken, by the line of the condition; the formatter writes only that of the branch."""
    found: dict[int, list[bool]] = {}
    if isinstance(file.branches, list):
        for branch in file.branches:
            if not isinstance(branch.coverage, str):
                found.setdefault(branch.report_line or branch.start_line, []).append(branch.coverage > 0)
        return found
    for condition, arms in file.branches.items():
        place = _CONDITION.fullmatch(condition)
        if place is None:
            raise damaged(at, f"not a condition: {condition[:40]!r}")
        found.setdefault(int(place[1]), []).extend(count > 0 for count in arms.values())
    return found
