"""LCOV tracefiles (`man geninfo`), as written by lcov 1.x and 2.x, coverage.py, llvm-cov, Istanbul and others."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model.snapshot import FileCoverage, Identity

_JUMP = re.compile(r"jump to line (\d{1,9})")
_DROPPED = {
    "FN": "functions",
    "FNDA": "functions",
    "FNF": "functions",
    "FNH": "functions",
    "FNL": "functions",
    "FNA": "functions",
    "MCDC": "MC/DC conditions",
    "MCF": "MC/DC conditions",
    "MCH": "MC/DC conditions",
    "VER": "file versions",
    "TN": "",
}


@dataclass(slots=True)
class _LcovFile:
    """One source file with all its SF blocks. branches: (line, block, branch) -> taken."""

    builder: FileBuilder = field(default_factory=FileBuilder)
    branches: dict[tuple[int, str, str], bool] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    blocks: int = 0


@dataclass(slots=True)
class _LcovReader:
    where: str
    files: dict[str, _LcovFile] = field(default_factory=dict)
    current: _LcovFile | None = None
    dropped: set[str] = field(default_factory=set)
    negative: int = 0

    def plain(self, text: str) -> bool:
        """Fast path for `DA:LINE,HITS` of plain digits; False when `record` must handle the record."""
        line, _, hits = text[3:].partition(",")
        if self.current is None or not (text.isascii() and line.isdecimal() and hits.isdecimal()):
            return False
        if len(line) > 6 or len(hits) > 18 or not int(line):
            return False
        self.current.builder.hit(int(line), int(hits) > 0)
        return True

    def record(self, text: str, at: str) -> None:
        if text == "end_of_record":
            if self.current is None:
                raise damaged(at, "end_of_record without SF")
            self.current = None
            return
        kind, colon, value = text.partition(":")
        if not colon:
            raise damaged(at, f"not an LCOV record: {text[:80]!r}")
        match kind:
            case "SF":
                if self.current is not None:
                    raise damaged(at, "SF before the end_of_record of the previous file")
                self.current = self.files.setdefault(building.file_path(value, at), _LcovFile())
                self.current.blocks += 1
            case "DA" | "BRDA" | "LF" | "LH" | "BRF" | "BRH":
                self.counts(kind, value, at)
            case _ if kind in _DROPPED:
                self.dropped.add(_DROPPED[kind])
            case _:
                raise damaged(at, f"unknown LCOV record {kind[:40]!r}")

    def counts(self, kind: str, value: str, at: str) -> None:
        if self.current is None:
            raise damaged(at, f"{kind} outside of a file (no SF before it)")
        match kind:
            case "DA":
                self.line(self.current, value.split(","), at)
            case "BRDA":
                _branch(self.current, value, at)
            case _:
                self.current.stated[kind] = self.current.stated.get(kind, 0) + _integer(value, at)

    def line(self, file: _LcovFile, parts: list[str], at: str) -> None:
        if len(parts) not in (2, 3):
            raise damaged(at, "DA needs a line and a hit count")
        hits = _hits(parts[1], at)
        self.negative += hits < 0
        file.builder.hit(building.line_number(_integer(parts[0], at), at), hits > 0)
        if len(parts) == 3:
            self.dropped.add("line checksums")


def _branch(file: _LcovFile, value: str, at: str) -> None:
    head, _, taken = value.rpartition(",")
    parts = head.split(",", 2)
    if len(parts) != 3:
        raise damaged(at, "BRDA needs line, block, branch and taken")
    key = (building.line_number(_integer(parts[0], at), at), parts[1], parts[2])
    ran = taken != "-" and _hits(taken, at) > 0
    file.branches[key] = file.branches.get(key, False) or ran


def _integer(text: str, at: str) -> int:
    if not re.fullmatch(r"\s*\d{1,18}\s*", text):
        raise damaged(at, f"not a number: {text[:40]!r}")
    return int(text)


def _hits(text: str, at: str) -> float:
    """Hit counts can be written as 1e+06 and, because of a gcov bug, be negative; only the sign matters."""
    if not re.fullmatch(r"\s*-?\d{1,25}(\.\d{0,10})?(e[+]?\d{1,2})?\s*", text):
        raise damaged(at, f"not a hit count: {text[:40]!r}")
    value = float(text)
    if not math.isfinite(value):
        raise damaged(at, "an infinite hit count")
    return value


def _place_branches(file: _LcovFile) -> None:
    """Exact exits where every exit of the line names its target line, else counted exits."""
    by_line: dict[int, list[tuple[str, bool]]] = {}
    for (line, _, branch), taken in file.branches.items():
        by_line.setdefault(line, []).append((branch, taken))
    for line, exits in by_line.items():
        targets = [_JUMP.fullmatch(branch) for branch, _ in exits]
        if all(targets):
            for target, (_, taken) in zip(targets, exits, strict=True):
                file.builder.exit(line, int(target[1]) if target else 0, taken)
        else:
            file.builder.count(line, sum(taken for _, taken in exits), len(exits))


def _beyond(file: _LcovFile) -> SummaryDifference:
    """Totals without any line (`--summary-only`); other differences are the writer's arithmetic."""
    stated, builder = file.stated, file.builder
    if not builder.hits and stated.get("LF", 0) >= stated.get("LH", 0):
        return SummaryDifference(lines_covered=stated.get("LH", 0), lines_total=stated.get("LF", 0))
    return SummaryDifference()


def _contradictions(files: dict[str, _LcovFile], built: dict[str, FileCoverage]) -> list[str]:
    notes = []
    for path, file in files.items():
        if file.blocks > 1 or not file.builder.hits or "LF" not in file.stated:
            continue
        stated = (file.stated.get("LH", 0), file.stated["LF"])
        found = (built[path].covered.bit_count(), built[path].statements.bit_count())
        if stated != found:
            notes.append(f"{path}: its summary has {stated[0]}/{stated[1]} lines, its records {found[0]}/{found[1]}")
    return notes


class LcovInfo:
    """Lines exactly; branch exits exactly only where the writer names their target line, else by number."""

    name: Final = "lcov"
    capabilities: Final = frozenset({"lines", "branches", "exits"})

    def recognises(self, head: bytes, /) -> bool:
        for raw in head.removeprefix(b"\xef\xbb\xbf").splitlines():
            line = raw.strip()
            if line and not line.startswith(b"#"):
                return line.startswith((b"TN:", b"SF:"))
        return False

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        reader = _read(data, where)
        for file in reader.files.values():
            _place_branches(file)
            building.settle_pragmas(file.builder, file.stated.get("BRF", 0))
        built = building.build_all({path: file.builder for path, file in reader.files.items()}, where)
        notes = _contradictions(reader.files, built)
        if reader.negative:
            notes.append(f"{reader.negative} negative hit counts are read as not run")
        branches = any(file.branches or "BRF" in file.stated for file in reader.files.values())
        exact = any(file.exits for file in built.values())
        carries, lacks = building.capabilities(
            {"lines"} | ({"branches"} if branches else set()) | ({"exits"} if exact else set())
        )
        return ParsedReport(
            format=self.name,
            identity=Identity("lcov", branch=branches),
            files=built,
            carries=carries,
            lacks=lacks,
            dropped=tuple(sorted(reader.dropped - {""})),
            notes=tuple(notes),
            beyond={path: beyond for path, file in reader.files.items() if (beyond := _beyond(file))},
        )


def _read(data: bytes, where: str) -> _LcovReader:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise damaged(where, f"not UTF-8 at byte {error.start}") from None
    reader = _LcovReader(where)
    # not splitlines(): a path may hold a form feed or U+2028
    for number, line in enumerate(text.split("\n"), start=1):
        record = line.strip(" \t\r")
        if record.startswith("DA:") and reader.plain(record):
            continue
        if record and not record.startswith("#"):
            reader.record(record, f"{where}:{number}")
    if reader.current is not None:
        raise damaged(where, "ends in the middle of a file (no end_of_record)")
    return reader
