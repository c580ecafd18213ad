from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.boundary import UNDELIVERED, UNREADABLE, USAGE
from covgov.cli.main import main
from covgov.cli.world import World
from covgov_testing.reports import child_env, cobertura, json_report, klass

LCOV = b"SF:a.py\nDA:1,5\nDA:2,1\nDA:4,0\nBRDA:2,0,0,1\nBRDA:2,0,1,0\nend_of_record\n"


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    code = main(["convert", *arguments], World(cwd, child_env(), lambda: datetime(2026, 1, 1, tzinfo=UTC), out, err))
    return code, out.getvalue(), err.getvalue()


def test_the_name_of_the_new_file_says_its_format(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(LCOV)
    assert run(tmp_path, "in", "out/coverage.xml") == (
        0,
        "out/coverage.xml: cobertura, 1 file, lines 2/3 = 66.66 %, branches 1/2 = 50.00 %\n",
        "",
    )
    assert b'<line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>' in (
        (tmp_path / "out" / "coverage.xml").read_bytes()
    )


def test_a_format_that_is_asked_for_counts_more_than_the_name(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(LCOV)
    assert run(tmp_path, "in", "coverage.xml", "--to", "lcov")[0] == 0
    assert (tmp_path / "coverage.xml").read_bytes().startswith(b"SF:a.py\nDA:1,1\n")


def test_what_has_no_place_in_the_new_format_is_noted(tmp_path: Path) -> None:
    file = {"executed_lines": [1], "missing_lines": [2], "excluded_lines": [4], "executed_branches": [[1, 2]]}
    (tmp_path / "in").write_bytes(json_report({"a.py": file}))
    code, _, err = run(tmp_path, "in", "c.xml")
    assert code == 0
    assert err == "covgov: note: left out, as cobertura has no place for it: exits, excluded\n"


def test_paths_below_a_source_root_are_noted(tmp_path: Path) -> None:
    xml = cobertura(klass("a.py", 'number="1" hits="1"'))
    (tmp_path / "in").write_bytes(xml.replace(b"<packages>", b"<sources><source>/x/src</source></sources><packages>"))
    code, _, err = run(tmp_path, "in", "lcov.info")
    assert code == 0
    assert err == "covgov: note: paths are written as they are; they start from /x/src\n"


def test_a_name_without_a_format_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(LCOV)
    code, out, err = run(tmp_path, "in", "coverage.out")
    assert (code, out) == (USAGE, "")
    assert "no format is known for the name coverage.out; add --to with one of" in err


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (LCOV[:-10], "report-damaged"),
        (b"", "report-empty"),
        (b"hello", "report-unknown-format"),
        (b"SF:a.py\nLF:3\nLH:3\nend_of_record\n", "report-contradicts"),
        (json_report({}), "report-matches-nothing"),
        (json_report({"a.py ": {"executed_lines": [1], "missing_lines": []}}), "report-not-convertible"),
    ],
)
def test_a_report_that_cannot_be_believed_or_converted_leaves_the_old_file(
    data: bytes, why: str, tmp_path: Path
) -> None:
    (tmp_path / "in").write_bytes(data)
    (tmp_path / "lcov.info").write_bytes(b"old")
    code, out, err = run(tmp_path, "in", "lcov.info")
    assert (code, out) == (UNREADABLE, "")
    assert f"[{why}]" in err
    assert (tmp_path / "lcov.info").read_bytes() == b"old"


def test_a_file_that_cannot_be_written_is_exit_5(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(LCOV)
    (tmp_path / "lcov.info").mkdir()
    code, out, err = run(tmp_path, "in", "lcov.info")
    assert (code, out) == (UNDELIVERED, "")
    assert "[artifact-unwritable]" in err


def test_a_report_is_split_below_a_limit_and_loses_nothing(tmp_path: Path) -> None:
    names = [f"src/file_{number:02}.py" for number in range(9)]
    (tmp_path / "in").write_bytes(b"".join(b"SF:%s\nDA:1,1\nDA:2,0\nend_of_record\n" % name.encode() for name in names))
    code, out, _ = run(tmp_path, "in", "coverage.xml", "--split", "1500")
    parts = sorted(tmp_path.glob("coverage-*.xml"))
    assert (code, len(out.splitlines())) == (0, len(parts))
    assert len(parts) > 2
    assert all(len(part.read_bytes()) <= 1500 for part in parts)
    assert sum(part.read_text().count("<class ") for part in parts) == 9
    _, _, err = run(tmp_path, "in", "tiny.xml", "--split", "1")
    assert len(list(tmp_path.glob("tiny-*.xml"))) == 9, "a single source file is never cut"
    assert "tiny-9.xml has " in err
    assert "a source file is never split" in err


def test_parts_of_an_earlier_split_do_not_stay(tmp_path: Path) -> None:
    (tmp_path / "in.info").write_bytes(b"SF:src/a.py\nDA:1,1\nend_of_record\n")
    for name in ("out-2.info", "out-3.info", "out-5.info", "out.info", "out-2.info.bak"):
        (tmp_path / name).write_bytes(b"of an earlier run")
    assert run(tmp_path, "in.info", "out.info", "--split", "1000")[0] == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"in.info", "out-1.info", "out-5.info", "out.info", "out-2.info.bak"}
    (tmp_path / "in.info").rename(tmp_path / "out-2.info")
    assert run(tmp_path, "out-2.info", "out.info", "--split", "1000")[0] == 0
    assert (tmp_path / "out-2.info").is_file(), "the report itself is not deleted"
