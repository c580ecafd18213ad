from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from covgov.cli.boundary import UNREADABLE, USAGE
from covgov.cli.main import main
from covgov.cli.world import World
from covgov_testing.reports import child_env, cobertura, json_report, klass, measured_project


def world(cwd: Path) -> World:
    return World(cwd, child_env(), lambda: datetime(2026, 1, 1, tzinfo=UTC), StringIO(), StringIO())


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    place = world(cwd)
    code = main(["inspect", *arguments], place)
    assert isinstance(place.out, StringIO)
    assert isinstance(place.err, StringIO)
    return code, place.out.getvalue(), place.err.getvalue()


XML = cobertura(
    klass("a.py", 'number="1" hits="1" branch="true" condition-coverage="50% (1/2)"', 'number="2" hits="0"')
    + '<class filename="b.py"><methods><method/></methods></class>',
    root='lines-valid="3" lines-covered="1"',
)


def test_the_report_is_described(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_bytes(XML)
    code, out, err = run(tmp_path, "c.xml")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "c.xml",
        "  format   cobertura",
        "  tool     cobertura, branches",
        "  files    2",
        "  lines    1/2 = 50.00 %; stated: 1/3 = 33.33 %",
        "  branches 1/2 = 50.00 %",
        "  carries  lines, branches",
        "  lacks    exits, contexts, excluded, tests",
        "  dropped  methods",
        "  fault    its summary has 1/3 lines, its lines add up to 1/2",
    ]


def test_json_has_the_documented_shape(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_bytes(XML)
    code, out, _ = run(tmp_path, "--json", "c.xml")
    assert code == 0
    assert json.loads(out) == {
        "format": "cobertura",
        "version": 1,
        "tool": "cobertura, branches",
        "files": 2,
        "lines": {"covered": 1, "total": 2, "stated": {"covered": 1, "total": 3}},
        "branches": {"covered": 1, "total": 2},
        "carries": ["lines", "branches"],
        "lacks": ["exits", "contexts", "excluded", "tests"],
        "dropped": ["methods"],
        "notes": [],
        "faults": ["its summary has 1/3 lines, its lines add up to 1/2"],
    }


def test_what_covgov_counts_stands_beside_the_totals_of_the_tool(tmp_path: Path) -> None:
    (tmp_path / "old.info").write_text("SF:a.py\nDA:2,1\nBRDA:2,0,0,1\nBRDA:0,0,1,-\nBRF:2\nBRH:1\nend_of_record\n")
    assert "  branches 1/2 = 50.00 %; counted: 1/1 = 100.00 %" in run(tmp_path, "old.info")[1].splitlines()
    found = json.loads(run(tmp_path, "--json", "old.info")[1])
    assert found["branches"] == {"covered": 1, "total": 2, "counted": {"covered": 1, "total": 1}}
    assert "faults" not in found


def test_several_reports_are_listed(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_bytes(XML)
    (tmp_path / "c.json").write_bytes(json_report({}))
    _, out, _ = run(tmp_path, "--json", "c.xml", "c.json")
    found = json.loads(out)
    assert found["format"] == "covgov-inspect"
    named = [(each["file"], each["format"]) for each in found["reports"]]
    assert named == [("c.xml", "cobertura"), ("c.json", "coveragepy-json")]
    _, text, _ = run(tmp_path, "c.xml", "c.json")
    assert "\n\nc.json\n  format   coveragepy-json" in text


def test_a_data_file_is_analysed(tmp_path: Path) -> None:
    code, out, _ = run(measured_project(tmp_path / "p"), ".coverage")
    assert code == 0
    assert "coveragepy-data" in out


def test_a_missing_file_is_exit_4_and_prints_no_result(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_bytes(XML)
    code, out, err = run(tmp_path, "c.xml", "none.xml")
    assert (code, out) == (UNREADABLE, "")
    assert "[report-missing]" in err


def test_no_file_is_a_usage_error(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == USAGE


def test_the_totals_of_several_reports_are_one_table_for_a_job_summary(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_bytes(XML)
    (tmp_path / "a|b.json").write_bytes(json_report({}))
    code, out, _ = run(tmp_path, "--markdown", "c.xml", "a|b.json")
    assert code == 0
    assert out.splitlines() == [
        "| report | files | lines | branches | combined |",
        "| --- | --- | --- | --- | --- |",
        "| `c.xml` | 2 | 1/2 = 50.00 % | 1/2 = 50.00 % | 2/4 = 50.00 % |",
        r"| a\|b.json | 0 | - | - | - |",
    ]
