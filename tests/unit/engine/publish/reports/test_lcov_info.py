from __future__ import annotations

from dataclasses import replace

from covgov.model.snapshot import CountedExits, by_exits
from covgov.publish.reports import lcov_info
from covgov_testing.builders.coverage import cov, snap


def test_a_file_is_a_record_of_lines_then_exits_by_where_they_lead() -> None:
    coverage = cov("+-+", exits=[(1, 3), (1, -1), (2, 3)], taken=[(1, 3)])
    assert lcov_info.write(snap({"src/a.py": coverage})).decode().splitlines() == [
        "SF:src/a.py",
        "DA:1,1",
        "DA:2,0",
        "DA:3,1",
        "LF:3",
        "LH:2",
        "BRDA:1,0,exit 1,0",
        "BRDA:1,0,jump to line 3,1",
        "BRDA:2,0,jump to line 3,-",
        "BRF:3",
        "BRH:1",
        "end_of_record",
    ]


def test_exits_known_by_number_are_numbered() -> None:
    text = lcov_info.write(snap({"a.py": replace(cov("+"), counted=by_exits({1: CountedExits(1, 2)}))})).decode()
    assert "BRDA:1,0,0,1\nBRDA:1,0,1,0\nBRF:2\nBRH:1\n" in text


def test_a_file_without_exits_has_no_branch_records() -> None:
    assert b"BR" not in lcov_info.write(snap({"a.py": "+x"}))
