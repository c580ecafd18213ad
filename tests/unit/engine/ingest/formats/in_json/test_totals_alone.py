"""Formats without lines: shown, never judged."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.istanbul_summary import IstanbulSummary
from covgov.ingest.formats.in_json.xccov import XccovSummary
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric


def entry(covered: int, total: int) -> dict[str, object]:
    return {"lines": {"covered": covered, "total": total}, "branches": {"covered": 0, "total": 0}}


def parse(**files: dict[str, object]) -> ParsedReport:
    return IstanbulSummary().parse(json.dumps(files).encode(), "s.json")


def test_the_hint_is_how_to_write_lines() -> None:
    assert "`--reporter=json`" in parse(total=entry(1, 2), a=entry(1, 2)).faults[0]


def test_a_total_that_its_files_do_not_add_up_to_is_one_more_fault() -> None:
    parsed = parse(total=entry(9, 9), a=entry(1, 2), b=entry(0, 1))
    assert parsed.faults[1:] == ("its total is 9/9 lines, its files add up to 1/3",)
    assert parsed.stated(Metric.LINE) == Ratio(1, 3)


@pytest.mark.parametrize(
    "files",
    [
        {"a": entry(1, 2)},
        {"total": entry(1, 2), "a": entry(3, 2)},
        {"total": entry(3, 2)},
        {"total": entry(-1, 2)},
        {"total": {"lines": {"covered": 1}}},
        {"total": entry(1, 1), "\0": entry(1, 1)},
    ],
)
def test_what_does_not_fit_is_refused(files: dict[str, dict[str, object]]) -> None:
    with pytest.raises(InputError, match=r"^s\.json"):
        parse(**files)


def test_a_file_of_two_targets_counts_in_each() -> None:
    file = {"path": "a.swift", "coveredLines": 1, "executableLines": 2}
    report = {"coveredLines": 2, "executableLines": 4, "targets": [{"files": [file]}, {"files": [file]}]}
    parsed = XccovSummary().parse(json.dumps(report).encode(), "x.json")
    assert (parsed.stated(Metric.LINE), len(parsed.faults)) == (Ratio(2, 4), 1)
