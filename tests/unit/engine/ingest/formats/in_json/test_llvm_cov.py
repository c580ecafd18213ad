"""Segments as lines: what `llvm-cov export -format=lcov` of the same profile says (clang 14)."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.llvm_cov import LlvmCovJson
from covgov.ingest.interface import ParsedReport
from covgov.model import lines
from covgov.model.snapshot import CountedExits

LOOP = """
    [8,21,2,true,true,false] [10,19,9,true,true,false] [10,24,2,true,false,false] [10,30,7,true,false,true]
    [10,31,7,true,true,false] [11,9,7,true,true,false] [11,29,3,true,false,true] [11,30,3,true,true,false]
    [13,6,4,true,false,true] [13,12,4,true,true,false] [13,24,0,true,false,true] [13,25,0,true,true,false]
    [14,1,0,false,true,false] [14,1,0,true,false,false] [16,6,7,true,false,false] [17,4,2,true,false,false]
    [19,2,0,false,false,false] [20,19,0,true,true,false] [27,2,0,false,false,false]
"""


def parse(segments: object, **more: object) -> ParsedReport:
    file = {"filename": "/src/a.c", "segments": segments, **more}
    document = {"data": [{"files": [file]}], "type": "llvm.coverage.json.export", "version": "2.0.1"}
    return LlvmCovJson().parse(json.dumps(document).encode(), "l.json")


def test_lines_are_those_of_llvm_cov_s_own_lcov() -> None:
    file = parse([json.loads(segment) for segment in LOOP.split()]).files["/src/a.c"]
    assert lines.spell(file.statements) == "8-13,15-27"
    assert lines.spell(file.covered) == "8-13,17-19"


def test_both_outcomes_of_each_condition_are_exits() -> None:
    conditions = [[3, 7, 3, 9, 4, 0, 0, 0, 4], [3, 13, 3, 15, 2, 2, 0, 0, 4]]
    parsed = parse([[3, 1, 4, True, True, False], [4, 2, 0, False, False, False]], branches=conditions)
    assert parsed.files["/src/a.c"].by_number == {3: CountedExits(3, 4)}


def test_the_summary_s_totals_are_those_of_the_tool() -> None:
    summary = {"lines": {"count": 5, "covered": 3}, "branches": {"count": 0, "covered": 0}}
    parsed = parse([[3, 1, 4, True, True, False], [4, 2, 0, False, False, False]], summary=summary)
    assert (parsed.beyond["/src/a.c"].lines_covered, parsed.beyond["/src/a.c"].lines_total) == (1, 3)


def test_totals_without_segments_are_shown_and_no_gate_believes_them() -> None:
    parsed = parse(None, summary={"lines": {"count": 5, "covered": 3}})
    assert parsed.files["/src/a.c"].statements == 0
    assert parsed.faults == ("/src/a.c has totals, but no segments (llvm-cov's -summary-only)",)


@pytest.mark.parametrize(
    ("segments", "more"),
    [
        ([[3, 1, 1, True, True], [2, 1, 1, True, True]], {}),
        ([[0, 1, 1, True, True]], {}),
        ([[1, 1, 1, True, True], [9_000_000, 1, 0, False, False]], {}),
        ([[1, 1, -1, True, True]], {}),
        ([[1, 1]], {}),
        ([], {"summary": {"lines": {"count": 1, "covered": 2}}}),
    ],
)
def test_what_does_not_fit_is_refused(segments: object, more: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"l\.json"):
        parse(segments, **more)
