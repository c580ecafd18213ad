"""LCOV tracefiles (`man geninfo`), as written by lcov 1.x and 2.x, coverage.py, llvm-cov, Istanbul and others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from covgov.ingest import building
from covgov.ingest.building import Pair, damaged
from covgov.ingest.bulk.lcov_blocks import LcovFile, line_exits, read_blocks
from covgov.ingest.interface import ParsedReport, SummaryDifference
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, FileCoverage, Identity, Metric

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
class _LcovReader:
    where: str
    files: dict[str, LcovFile] = field(default_factory=dict)
    current: LcovFile | None = None
    dropped: set[str] = field(default_factory=set)
    negative: int = 0
    zeros: int = 0
    nameless: bool = False

    def record(self, text: str, at: str) -> None:
        if text == "end_of_record":
            if self.current is None:
                raise damaged(at, "end_of_record without SF")
            if self.nameless and _holds(self.current):
                raise damaged(at, "lines of a file without a name")
            self.current = None
            return
        kind, colon, value = text.partition(":")
        if not colon:
            raise damaged(at, f"not an LCOV record: {text[:80]!r}")
        match kind:
            case "SF":
                if self.current is not None:
                    raise damaged(at, "SF before the end_of_record of the previous file")
                self.nameless = not value  # geninfo writes an empty record for what it has left out
                path = "" if self.nameless else building.file_path(value, at)
                self.current = LcovFile() if self.nameless else self.files.setdefault(path, LcovFile())
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

    def line(self, file: LcovFile, parts: list[str], at: str) -> None:
        if len(parts) not in (2, 3):
            raise damaged(at, "DA needs a line and a hit count")
        self.negative += parts[1].lstrip().startswith("-")
        number, ran = _integer(parts[0], at), building.ran(parts[1], at)
        if number:
            file.builder.hit(building.line_number(number, at), ran)
        self.zeros += not number
        if len(parts) == 3:
            self.dropped.add("line checksums")


def _holds(file: LcovFile) -> bool:
    return bool(file.builder.hits or file.branches or any(file.stated.values()))


def _branch(file: LcovFile, value: str, at: str) -> None:
    head, _, taken = value.rpartition(",")
    parts = head.split(",", 2)
    if len(parts) != 3:
        raise damaged(at, "BRDA needs line, block, branch and taken")
    line = _integer(parts[0], at)
    key = (building.line_number(line, at) if line else 0, parts[1], parts[2])
    ran = taken != "-" and building.ran(taken, at)
    file.branches[key] = file.branches.get(key, False) or ran


def _integer(text: str, at: str) -> int:
    if not re.fullmatch(r"\s*\d{1,18}\s*", text, re.ASCII):
        raise damaged(at, f"not a number: {text[:40]!r}")
    return int(text)


def _place_branches(file: LcovFile) -> None:
    by_line: dict[int, dict[str, bool]] = {}
    for (line, block, branch), taken in file.branches.items():
        by_line.setdefault(line, {})[f"{block},{branch}"] = taken
    by_line.pop(0, None)
    for line, exits in by_line.items():
        found = line_exits(line, exits)
        if isinstance(found, CountedExits):
            file.builder.count(line, found)
        else:
            file.builder.exits |= found


def _beyond(file: LcovFile) -> SummaryDifference:
    """Totals without any line (`--summary-only`), and branch exits of no line."""
    stated, builder = file.stated, file.builder
    summary_only = not builder.statements and stated.get("LF", 0) >= stated.get("LH", 0)
    unplaced = [taken for (line, _, _), taken in file.branches.items() if not line]
    if not (summary_only or unplaced):
        return _NOTHING
    return SummaryDifference(
        lines_covered=stated.get("LH", 0) if summary_only else 0,
        lines_total=stated.get("LF", 0) if summary_only else 0,
        exits_covered=sum(unplaced),
        exits_total=len(unplaced),
    )


_NOTHING = SummaryDifference()
_TOTALS = {"lines": ("LH", "LF"), "branch exits": ("BRH", "BRF")}


def _has_branches(file: LcovFile) -> bool:
    return bool(file.branches or file.builder.counted or file.builder.exits) or "BRF" in file.stated


Totals = Mapping[str, Mapping[str, tuple[Pair, Pair]]]
"""Of lines and of branch exits, by path: stated and listed units."""


def _totals(files: Mapping[str, LcovFile], listed: Mapping[str, Pair], what: str) -> dict[str, tuple[Pair, Pair]]:
    """path -> stated and listed units of each file that states them. Those of several blocks have no common meaning."""
    covered, total = _TOTALS[what]
    return {
        path: ((file.stated.get(covered, 0), file.stated[total]), listed[path])
        for path, file in files.items()
        if file.blocks == 1 and total in file.stated
    }


def _listed(file: FileCoverage, beyond: SummaryDifference, what: str) -> Pair:
    covered, total, taken, exits = file.units
    return (covered, total) if what == "lines" else (taken + beyond.exits_covered, exits + beyond.exits_total)


def _contradictions(found: Totals) -> tuple[list[str], list[str]]:
    """Notes on each file whose totals differ from its records; faults: totals without records, and what all of them
    together leave unseen."""
    notes, faults = [], []
    for what, totals in found.items():
        for path, (stated, listed) in totals.items():
            if stated[1] and not listed[1]:
                faults.append(f"{path}: its summary has {stated[0]}/{stated[1]} {what}, but no records of them")
            elif stated != listed:
                notes.append(f"{path}: {building.differs(what, stated, listed)}")
        pair = building.contradiction(what, _sum(s for s, _ in totals.values()), _sum(f for _, f in totals.values()))
        faults += filter(None, pair[1:])
    return notes, faults


def _sum(pairs: Iterable[Pair]) -> Pair:
    covered, total = 0, 0
    for pair in pairs:
        covered, total = covered + pair[0], total + pair[1]
    return covered, total


def _claims(totals: Totals, listed: Mapping[str, Mapping[str, Pair]]) -> dict[Metric, Ratio]:
    """The sums of LF and LH, BRF and BRH, where every file that has such units states them once."""
    return building.claims(
        {
            metric: _sum(stated for stated, _ in totals[what].values())
            for metric, what in building.WORDS.items()
            if totals[what] and all(path in totals[what] or not total for path, (_, total) in listed[what].items())
        }
    )


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
        text = _text(data, where)
        files = read_blocks(text)
        if files is None:
            return parse_strictly(data, where)
        return _report(_LcovReader(where, files, dropped={what for file in files.values() for what in file.dropped}))


def parse_strictly(data: bytes, where: str) -> ParsedReport:
    """The report line by line: the definition of what `read_blocks` reads faster."""
    return _report(_read(_text(data, where), where))


def _report(reader: _LcovReader) -> ParsedReport:
    for file in reader.files.values():
        building.settle_pragmas(file.builder, file.stated.get("BRF", 0))
    built = building.build_all({path: file.builder for path, file in reader.files.items()}, reader.where)
    beyond = {path: found for path, file in reader.files.items() if (found := _beyond(file))}
    listed = {
        what: {path: _listed(file, beyond.get(path, _NOTHING), what) for path, file in built.items()}
        for what in _TOTALS
    }
    totals = {what: _totals(reader.files, listed[what], what) for what in _TOTALS}
    notes, faults = _contradictions(totals)
    branches = any(_has_branches(file) for file in reader.files.values())
    exact = any(file.exits for file in built.values())
    carries, lacks = building.capabilities(
        {"lines"} | ({"branches"} if branches else set()) | ({"exits"} if exact else set())
    )
    return ParsedReport(
        format=LcovInfo.name,
        identity=Identity("lcov", branch=branches),
        files=built,
        carries=carries,
        lacks=lacks,
        dropped=tuple(sorted(reader.dropped - {""})),
        notes=(*notes, *_notes(reader, beyond)),
        beyond=beyond,
        claims=_claims(totals, listed),
        faults=tuple(faults),
    )


def _notes(reader: _LcovReader, beyond: Mapping[str, SummaryDifference]) -> list[str]:
    unplaced = sum(one.exits_total for one in beyond.values())
    notes = [f"{reader.negative} negative hit counts are read as not run"] if reader.negative else []
    if reader.zeros:
        notes.append("a line 0, which LF does not count, is left out")
    if unplaced:
        notes.append(f"{unplaced} branch exits are left out, because their line is 0 (coverage.py 6.5 to 7.2)")
    return notes


def _text(data: bytes, where: str) -> bytes:
    """The report without its mark of the byte order and what a shell's here-document leaves at its end, and UTF-8."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    if text[-40:].split()[-2:] == [b"end_of_record", b"EOF"]:
        text = text[: text.rindex(b"EOF")]
    try:
        if not text.isascii():
            text.decode()
    except UnicodeDecodeError as error:
        raise damaged(where, f"not UTF-8 at byte {error.start}") from None
    return text


def _read(data: bytes, where: str) -> _LcovReader:
    reader = _LcovReader(where)
    # not splitlines(): a path may hold a form feed or U+2028
    for number, line in enumerate(data.decode().split("\n"), start=1):
        record = line.strip(" \t\r")
        if record and not record.startswith("#"):
            reader.record(record, f"{where}:{number}")
    if reader.current is not None:
        raise damaged(where, "ends in the middle of a file (no end_of_record)")
    building.check_size(sum(file.builder.last for file in reader.files.values()), where)
    for file in reader.files.values():
        file.builder.settle_hits()
        _place_branches(file)
    return reader
