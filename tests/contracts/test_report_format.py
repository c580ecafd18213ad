"""What every report format must do, whatever it reads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from time import process_time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.ingest.building import FileBuilder, build_all, capabilities, damaged
from covgov.ingest.interface import HEAD_BYTES, ParsedReport, ReportFormat
from covgov.ingest.registry import FORMATS
from covgov.model import snapshot_codec
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric
from covgov.publish.reports.convert import convert
from covgov.publish.reports.registry import WRITERS
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.mutation import escaped, one_of, search
from covgov_testing.reports import analysis, cobertura, json_report, klass

CAPABILITIES = {"lines", "branches", "exits", "contexts", "excluded", "tests"}


@dataclass(frozen=True, slots=True)
class Case:
    """head: how such a file begins. data: two files, a.py with 2 of 3 lines and, where the format has branches, 1 of 2
    exits; b.py with nothing. files: without b.py where a report is of one file."""

    head: bytes
    data: bytes
    files: tuple[str, ...] = ("a.py", "b.py")


_SUMMARY = {"n_statements": 3, "n_missing": 1, "n_branches": 2, "n_missing_branches": 1}
_A = {"statements": [1, 2, 4], "executed": [1, 2], "exits": [[2, 3], [2, 4]], "taken": [[2, 4]], "summary": _SUMMARY}
_EMPTY: dict[str, list[int]] = {"executed_lines": [], "missing_lines": []}
_JSON = {
    "executed_lines": [1, 2],
    "missing_lines": [4],
    "executed_branches": [[2, 4]],
    "missing_branches": [[2, 3]],
    "summary": {"covered_lines": 2, "num_statements": 3, "num_branches": 2, "covered_branches": 1},
}
_XML = cobertura(
    klass(
        "a.py",
        'number="1" hits="1"',
        'number="2" hits="9" branch="true" condition-coverage="50% (1/2)"',
        'number="4" hits="0"',
    )
    + klass("b.py")
)
_LCOV = b"TN:\nSF:a.py\nDA:1,1\nDA:2,1\nDA:4,0\nBRDA:2,0,0,1\nBRDA:2,0,1,0\nend_of_record\nSF:b.py\nend_of_record\n"
_JACOCO = (
    b'<report name="r"><package name=""><sourcefile name="a.py"><line nr="1" mi="0" ci="2" mb="0" cb="0"/>'
    b'<line nr="2" mi="0" ci="2" mb="1" cb="1"/><line nr="4" mi="3" ci="0" mb="0" cb="0"/></sourcefile>'
    b'<sourcefile name="b.py"/></package></report>'
)
_CLOVER = (
    b'<coverage generated="1" clover="4.5.2"><project timestamp="1">'
    b'<metrics statements="3" coveredstatements="2" conditionals="2" coveredconditionals="1"/>'
    b'<file name="a.py"><metrics statements="3" coveredstatements="2" conditionals="2" coveredconditionals="1"/>'
    b'<line num="1" type="method" count="1"/><line num="1" type="stmt" count="1"/><line num="2" type="stmt" count="9"/>'
    b'<line num="2" type="cond" truecount="9" falsecount="0"/><line num="4" type="stmt" count="0"/></file>'
    b'<file name="b.py"><metrics statements="0" coveredstatements="0"/></file></project></coverage>'
)
_SONAR = (
    b'<coverage version="1"><file path="a.py"><lineToCover lineNumber="1" covered="true"/>'
    b'<lineToCover lineNumber="2" covered="true" branchesToCover="2" coveredBranches="1"/>'
    b'<lineToCover lineNumber="4" covered="false"/></file><file path="b.py"/></coverage>'
)
_OPENCOVER = (
    b'<CoverageSession><Summary numSequencePoints="3" visitedSequencePoints="2" numBranchPoints="2"'
    b' visitedBranchPoints="1"/><Modules><Module><Files><File uid="1" fullPath="a.py"/><File uid="2" fullPath="b.py"/>'
    b'</Files><Classes><Class><Methods><Method><Name>M</Name><FileRef uid="1"/><SequencePoints>'
    b'<SequencePoint vc="1" offset="0" sl="1" el="1"/><SequencePoint vc="3" offset="2" sl="2" el="2"/>'
    b'<SequencePoint vc="0" offset="4" sl="4" el="4"/></SequencePoints><BranchPoints>'
    b'<BranchPoint vc="3" offset="3" path="0" sl="2"/><BranchPoint vc="0" offset="3" path="1" sl="2"/></BranchPoints>'
    b"</Method></Methods></Class></Classes></Module></Modules></CoverageSession>"
)
_DOTCOVER = (
    b'<Root CoveredStatements="2" TotalStatements="3" ReportType="DetailedXml"><FileIndices>'
    b'<File Index="1" Name="a.py"/><File Index="2" Name="b.py"/></FileIndices><Assembly><Method>'
    b'<Statement FileIndex="1" Line="1" EndLine="2" Covered="True"/>'
    b'<Statement FileIndex="1" Line="2" EndLine="2" Covered="True"/>'
    b'<Statement FileIndex="1" Line="4" EndLine="4" Covered="False"/></Method></Assembly></Root>'
)
_VS = (
    b'<results><modules><module lines_covered="1" lines_partially_covered="1" lines_not_covered="1"><functions>'
    b'<function><ranges><range source_id="0" covered="yes" start_line="1" end_line="1"/>'
    b'<range source_id="0" covered="partial" start_line="2" end_line="2"/>'
    b'<range source_id="0" covered="no" start_line="4" end_line="4"/></ranges></function></functions><source_files>'
    b'<source_file id="0" path="a.py"/><source_file id="1" path="b.py"/></source_files></module></modules></results>'
)
_SCOVERAGE = (
    b'<scoverage statement-count="4" statements-invoked="2"><packages><class filename="a.py">'
    b'<statement line="1" branch="false" invocation-count="1"/><statement line="2" branch="true" invocation-count="0"/>'
    b'<statement line="2" branch="true" invocation-count="4"/><statement line="4" branch="false" invocation-count="0"/>'
    b'</class><class filename="b.py"/></packages></scoverage>'
)
_ISTANBUL = json.dumps(
    {
        "a.py": {
            "statementMap": {key: {"start": {"line": line}} for key, line in {"0": 1, "1": 2, "2": 4}.items()},
            "s": {"0": 1, "1": 3, "2": 0},
            "branchMap": {"0": {"loc": {"start": {"line": 2}}}},
            "b": {"0": [1, 0]},
        },
        "b.py": {"statementMap": {}, "s": {}},
    }
).encode()
_CODECOV = b'{"coverage": {"a.py": {"1": 1, "2": "1/2", "3": null, "4": 0}, "b.py": {}}}'
_COVR = b'{"uploader": "R", "files": [{"name": "a.py", "coverage": [null, 1, 5, null, 0]}, {"name": "b.py", "coverage": []}]}'
_ISTANBUL_SUMMARY = json.dumps(
    {
        path: {
            "lines": {"total": lines, "covered": ran, "skipped": 0, "pct": 66.66},
            "statements": {"total": lines, "covered": ran, "skipped": 0, "pct": 66.66},
            "functions": {"total": 0, "covered": 0, "skipped": 0, "pct": 100},
            "branches": {"total": exits, "covered": taken, "skipped": 0, "pct": 50},
        }
        for path, lines, ran, exits, taken in (("total", 3, 2, 2, 1), ("a.py", 3, 2, 2, 1), ("b.py", 0, 0, 0, 0))
    }
).encode()
_GCOVR_TOTALS = {"line_total": 3, "line_covered": 2, "branch_total": 2, "branch_covered": 1}
_GCOVR_SUMMARY = json.dumps(
    {
        "gcovr/summary_format_version": "0.6",
        "files": [{"filename": "a.py", **_GCOVR_TOTALS}, {"filename": "b.py", **dict.fromkeys(_GCOVR_TOTALS, 0)}],
        **_GCOVR_TOTALS,
    }
).encode()
_XCCOV = json.dumps(
    {
        "a.py": [
            {"line": 1, "isExecutable": True, "executionCount": 1},
            {"line": 2, "isExecutable": True, "executionCount": 3, "subranges": [{"column": 4, "executionCount": 0}]},
            {"line": 3, "isExecutable": False},
            {"line": 4, "isExecutable": True, "executionCount": 0},
        ],
        "b.py": [],
    }
).encode()
_XCODE_TOTALS = {"coveredLines": 2, "lineCoverage": 0.66, "executableLines": 3}
_XCCOV_SUMMARY = json.dumps(
    {
        **_XCODE_TOTALS,
        "targets": [
            {"name": "App", "files": [{"path": "a.py", **_XCODE_TOTALS}]},
            {"name": "Kit", "files": [{"path": "b.py", **dict.fromkeys(_XCODE_TOTALS, 0)}]},
        ],
    }
).encode()
_COVERALLS = json.dumps(
    {
        "source_files": [
            {"name": "a.py", "coverage": [1, 5, None, 0], "branches": [2, 0, 0, 1, 2, 0, 1, 0]},
            {"name": "b.py", "coverage": [], "branches": []},
        ]
    }
).encode()
_GCOVR = json.dumps(
    {
        "gcovr/format_version": "0.15",
        "files": [
            {
                "file": "a.py",
                "lines": [
                    {"line_number": 1, "count": 1, "branches": []},
                    {"line_number": 2, "count": 1, "branches": [{"count": 1}, {"count": 0}]},
                    {"line_number": 4, "count": 0, "branches": []},
                ],
            },
            {"file": "b.py", "lines": []},
        ],
    }
).encode()
_COVERLET = json.dumps(
    {
        "m.dll": {
            "a.py": {
                "A": {
                    "Run()": {"Lines": {"1": 1, "2": 3}, "Branches": [{"Line": 2, "Hits": 1}, {"Line": 2, "Hits": 0}]}
                },
                "B": {"Run()": {"Lines": {"4": 0}, "Branches": []}},
            },
            "b.py": {},
        }
    }
).encode()
_RUBY: dict[str, list[int | None]] = {"lines": [1, 2, None, 0]}
_ARMS = [{"coverage": 1, "start_line": 2}, {"coverage": 0, "start_line": 2}]
_SIMPLECOV = json.dumps(
    {"meta": {"simplecov_version": "0.22.0"}, "coverage": {"a.py": {**_RUBY, "branches": _ARMS}, "b.py": {"lines": []}}}
).encode()
_IF = {"[:if, 0, 2, 4, 4, 7]": {"[:then, 1, 3, 6, 3, 9]": 1, "[:else, 2, 2, 4, 4, 7]": 0}}
_RESULTSET = json.dumps({"RSpec": {"coverage": {"a.py": {**_RUBY, "branches": _IF}, "b.py": {"lines": []}}}}).encode()
_GCOV = _GCOVR.replace(b'"gcovr/format_version": "0.15"', b'"gcc_version": "12.2.0"')
_GCOV_I = b"file:a.py\nlcount:1,1\nlcount:2,1\nbranch:2,taken\nbranch:2,nottaken\nlcount:4,0\nfile:b.py\n"
_GCOV_TEXT = (
    b"        -:    0:Source:a.py\n        1:    1:a\n        2:    2:b\nbranch  0 taken 1\nbranch  1 never executed\n"
    b"        -:    3:\n    #####:    4:d\n"
)
_SEGMENTS = [[1, 1, 1, True, True, False], [2, 9, 0, False, False, False], [4, 1, 0, True, True, False]]
_LLVM_A = {
    "filename": "a.py",
    "segments": [*_SEGMENTS, [4, 9, 0, False, False, False]],
    "branches": [[2, 1, 2, 5, 1, 0, 0, 0, 4]],
    "summary": {"lines": {"count": 3, "covered": 2}, "branches": {"count": 2, "covered": 1}},
}
_LLVM = json.dumps(
    {
        "data": [{"files": [_LLVM_A, {"filename": "b.py", "segments": []}]}],
        "type": "llvm.coverage.json.export",
        "version": "2.0.1",
    }
).encode()
_DMD = b"      1|a\n      2|b\n       |\n0000000|d\na.py is 66% covered\n"
_GAP = (
    b'{"Type":"S","File":"a.py","FileId":1}\n{"Type":"R","Line":1,"FileId":1}\n{"Type":"E","Line":1,"FileId":1}\n'
    b'{"Type":"E","Line":2,"FileId":1}\n{"Type":"R","Line":4,"FileId":1}\n{"Type":"S","File":"b.py","FileId":2}\n'
)
_SLIPCOVER = json.dumps(
    {
        "meta": {"software": "slipcover", "version": "1.1.0", "branch_coverage": True},
        "files": {"a.py": {key: value for key, value in _JSON.items() if key != "summary"}, "b.py": _EMPTY},
    }
).encode()
_GO = b"mode: set\na.py:1.1,2.2 2 1\na.py:4.1,4.9 1 0\nb.py:1.1,1.9 1 1\n"

_SNAPSHOT = snapshot_codec.encode(snap({"a.py": cov("++.-", [(2, 3), (2, 4)], [(2, 4)]), "b.py": ""}))

LINE_BY_LINE = {"lcov", "go-cover", "gcov-intermediate", "gcov-text", "gap"}
"""Formats that do not say where they end."""

CASES = {
    "coveragepy-data": Case(b"SQLite format 3\0", json.dumps(analysis({"a.py": _A, "b.py": {}})).encode()),
    "coveragepy-json": Case(json_report({"a.py": _JSON}), json_report({"a.py": _JSON, "b.py": _EMPTY})),
    "cobertura": Case(_XML, _XML),
    "lcov": Case(_LCOV, _LCOV),
    "covgov-snapshot": Case(_SNAPSHOT, _SNAPSHOT),
    "codecov-json": Case(_CODECOV, _CODECOV),
    "coveralls-json": Case(_COVERALLS, _COVERALLS),
    "coverlet-json": Case(_COVERLET, _COVERLET),
    "slipcover-json": Case(_SLIPCOVER, _SLIPCOVER),
    "covr-json": Case(_COVR, _COVR),
    "istanbul-summary": Case(_ISTANBUL_SUMMARY, _ISTANBUL_SUMMARY),
    "gcovr-summary": Case(_GCOVR_SUMMARY, _GCOVR_SUMMARY),
    "xccov-json": Case(_XCCOV, _XCCOV),
    "xccov-summary": Case(_XCCOV_SUMMARY, _XCCOV_SUMMARY),
    "dlst": Case(_DMD, _DMD, ("a.py",)),
    "gap": Case(_GAP, _GAP),
    "simplecov-json": Case(_SIMPLECOV, _SIMPLECOV),
    "simplecov-resultset": Case(_RESULTSET, _RESULTSET),
    "gcov-intermediate": Case(_GCOV_I, _GCOV_I),
    "gcov-text": Case(_GCOV_TEXT, _GCOV_TEXT, ("a.py",)),
    "gcov-json": Case(_GCOV, _GCOV),
    "llvm-cov-json": Case(_LLVM, _LLVM),
    "gcovr-json": Case(_GCOVR, _GCOVR),
    "istanbul-json": Case(_ISTANBUL, _ISTANBUL),
    "clover": Case(_CLOVER, _CLOVER),
    "dotcover-xml": Case(_DOTCOVER, _DOTCOVER),
    "jacoco": Case(_JACOCO, _JACOCO),
    "opencover": Case(_OPENCOVER, _OPENCOVER),
    "scoverage": Case(_SCOVERAGE, _SCOVERAGE),
    "sonar-generic": Case(_SONAR, _SONAR),
    "vs-coveragexml": Case(_VS, _VS),
    "go-cover": Case(_GO, _GO),
}


_DIGITS = re.compile(rb"\d{1,3}")


class LineNumbers:
    """A format that knows lines alone, as many do: `PATH LINE HITS` each."""

    name: Final = "line-numbers"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        return head.startswith(b"#line-numbers")

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        first, *rows = data.split(b"\n")
        if first != b"#line-numbers" or (rows and rows[-1] != b"#end"):
            raise damaged(where, "it is cut short")
        builders: dict[str, FileBuilder] = {}
        for row in rows[:-1]:
            words = row.split(b" ")
            if len(words) != 3 or not all(map(_DIGITS.fullmatch, words[1:])) or words[1] < b"1":
                raise damaged(where, f"not PATH LINE HITS: {row!r}")
            path = words[0].decode("ascii", "replace") or "?"
            builders.setdefault(path, FileBuilder()).hit(int(words[1]), int(words[2]) > 0)
        carries, lacks = capabilities({"lines"})
        return ParsedReport(self.name, Identity("line-numbers"), build_all(builders, where), carries, lacks)


KNOWN: dict[str, ReportFormat] = {**FORMATS, LineNumbers.name: LineNumbers()}
_LINES = b"#line-numbers\na.py 1 1\na.py 2 1\na.py 4 0\nb.py 1 1\n#end"
CASES[LineNumbers.name] = Case(_LINES, _LINES)


@pytest.fixture(params=list(KNOWN))
def name(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
def known(name: str) -> ReportFormat:
    return KNOWN[name]


@pytest.mark.architecture
def test_every_registered_format_is_held_to_this_contract() -> None:
    assert CASES.keys() == KNOWN.keys()


def test_a_format_recognises_its_own_files_and_nobody_elses(name: str, known: ReportFormat) -> None:
    assert [other for other, case in CASES.items() if known.recognises(case.head[:HEAD_BYTES])] == [name]


def test_the_same_measurement_gives_the_same_numbers(name: str, known: ReportFormat) -> None:
    parsed = known.parse(CASES[name].data, "r")
    assert tuple(sorted(parsed.files)) == CASES[name].files
    if not known.capabilities:
        assert parsed.stated(Metric.LINE) == Ratio(2, 3)
        return
    assert parsed.files["a.py"].statements == 0b10110
    assert parsed.files["a.py"].covered == 0b00110
    assert parsed.files["a.py"].ratio(Metric.LINE) == Ratio(2, 3)
    if "branches" in known.capabilities:
        assert parsed.stated(Metric.LINE) == Ratio(2, 3) or parsed.unit != "lines"
        assert parsed.stated(Metric.BRANCH) == Ratio(1, 2)
        assert parsed.files["a.py"].partial == 0b100
    else:
        assert parsed.stated(Metric.BRANCH) == Ratio(0, 0)


def test_a_format_of_totals_alone_has_no_lines_and_no_gate_believes_it() -> None:
    alone = {name: known.parse(CASES[name].data, "r") for name, known in KNOWN.items() if not known.capabilities}
    assert {*alone} == {"istanbul-summary", "gcovr-summary", "xccov-summary"}
    for parsed in alone.values():
        assert parsed.counted(Metric.COMBINED) == Ratio(0, 0)
        assert parsed.claims[Metric.LINE] == Ratio(2, 3)
        assert ["totals without lines" in fault for fault in parsed.faults] == [True]


def test_a_format_says_what_its_reports_carry_and_lack(name: str, known: ReportFormat) -> None:
    parsed = known.parse(CASES[name].data, "r")
    assert parsed.format == known.name == name
    assert {*parsed.carries, *parsed.lacks} == CAPABILITIES
    assert not {*parsed.carries} & {*parsed.lacks}
    assert {*parsed.carries} <= known.capabilities <= CAPABILITIES
    assert parsed.identity.tool
    assert parsed.identity.branch is ("branches" in known.capabilities)


def test_reading_twice_gives_the_same(name: str, known: ReportFormat) -> None:
    assert known.parse(CASES[name].data, "r") == known.parse(CASES[name].data, "r")


@pytest.mark.reliability
def test_a_cut_report_is_refused_wherever_it_is_cut(name: str, known: ReportFormat) -> None:
    data = CASES[name].data.rstrip()
    whole = known.parse(CASES[name].data, "r").files
    for end in range(0, len(data), 7):
        try:
            parsed = known.parse(data[:end], "somewhere/r")
        except InputError as error:
            assert error.code == "report-damaged"  # noqa: PT017 - a cut between two records is a smaller report
            assert "somewhere/r" in error.message  # noqa: PT017
        else:
            assert name in LINE_BY_LINE
            assert all(file.statements & ~whole[path].statements == 0 for path, file in parsed.files.items())


@pytest.mark.security
@given(data=st.data())
@pytest.mark.parametrize("fuzzed", list(KNOWN))
def test_a_changed_report_is_read_or_refused_but_never_breaks_the_reader(fuzzed: str, data: st.DataObject) -> None:
    report = bytearray(CASES[fuzzed].data)
    for _ in range(data.draw(st.integers(1, 4))):
        report[data.draw(st.integers(0, len(report) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = KNOWN[fuzzed].parse(bytes(report), "somewhere/r")
    except InputError as error:
        assert "somewhere/r" in error.message  # noqa: PT017 - either outcome is right, a traceback is not
    else:
        assert parsed.stated(Metric.COMBINED).covered >= 0


SECONDS = 5
"""Of the processor: more than any reader may take for a report of a few kilobytes, on a slow machine."""


def read(known: ReportFormat, data: bytes) -> ParsedReport:
    """A report in which no more is covered than there is and every text can be written to a file, in a short time."""
    began = process_time()
    try:
        parsed = known.parse(data, "somewhere/r")
    except InputError as error:
        assert "somewhere/r" in error.message  # noqa: PT017 - either outcome is right
        error.message.encode()
        raise
    finally:
        assert process_time() - began < SECONDS
    for file in parsed.files.values():
        assert all(file.ratio(metric).total >= 0 for metric in Metric)
        assert all(0 <= entry.covered <= entry.total for entry, _ in file.counted)
    assert all(parsed.stated(metric).total >= 0 for metric in Metric)
    identity = parsed.identity
    texts = (identity.tool, identity.version, identity.language, *parsed.roots, *parsed.notes, *parsed.faults)
    "".join((*texts, *parsed.files)).encode()  # no lone surrogate, which no file can hold
    return parsed


@pytest.mark.security
@pytest.mark.parametrize("fuzzed", list(KNOWN))
def test_only_our_own_errors_escape(fuzzed: str) -> None:
    def read_and_write(data: bytes) -> object:
        report = read(KNOWN[fuzzed], data)
        return convert(report, one_of(WRITERS, data), "r")

    others = [case.data for name, case in CASES.items() if name != fuzzed]
    assert search(read_and_write, [CASES[fuzzed].data], others) == []


class BreaksOnNumbers(LineNumbers):
    """Takes all that is digits for a number, as `int` does up to 4300 of them."""

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        for word in data.split():
            int(word if word.isdigit() else b"0")
        return super().parse(data, where)


def test_the_search_finds_a_reader_that_breaks() -> None:
    rounds = (escaped(lambda data: read(BreaksOnNumbers(), data), [_LINES], number, [_LCOV]) for number in range(400))
    assert any("4300 digits" in why for found in rounds for _, why in found)


@pytest.mark.security
@given(head=st.binary(max_size=200))
def test_recognising_never_raises(head: bytes) -> None:
    assert all(known.recognises(head) in (True, False) for known in KNOWN.values())
