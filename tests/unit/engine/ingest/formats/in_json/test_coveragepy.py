from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.coveragepy import CoveragepyJson
from covgov.ingest.interface import ParsedReport
from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric
from covgov_testing.reports import json_report

FORMAT = CoveragepyJson()


def parse(files: dict[str, object], **meta: object) -> ParsedReport:
    return FORMAT.parse(json_report(files, **meta), "r.json")


def entry(executed: list[int], missing: list[int], **more: object) -> dict[str, object]:
    return {"executed_lines": executed, "missing_lines": missing, "excluded_lines": [], **more}


def summary(covered: int, statements: int, **more: int) -> dict[str, int]:
    return {"covered_lines": covered, "num_statements": statements, "missing_lines": statements - covered, **more}


def test_lines_excluded_lines_and_exits_are_read() -> None:
    file = entry(
        [1, 2],
        [5],
        executed_branches=[[2, 3], [2, -1], [2, 9]],
        missing_branches=[[5, 6]],
        functions={"f": {}},
        summary=summary(2, 3, num_branches=3, covered_branches=2, missing_branches=1),
    ) | {"excluded_lines": [9]}
    parsed = parse({"a.py": file})
    built = parsed.files["a.py"]
    assert lines.spell(built.statements) == "1-2,5"
    assert lines.spell(built.excluded) == "9"
    assert built.exits == ((2, -1), (2, 3), (5, 6))
    assert built.taken == ((2, -1), (2, 3))
    assert parsed.identity == Identity("coverage.py", "7.17.3", branch=True)
    assert parsed.carries == ("lines", "branches", "exits", "excluded")
    assert parsed.dropped == ("functions and classes",)
    assert not parsed.beyond


def test_contexts_give_attributes() -> None:
    contexts = {"1": ["s|covgov:security"], "2": ["other"], "5": ["covgov:security"], "-1": ["covgov:security"]}
    parsed = parse({"a.py": entry([1, 2], [5], contexts=contexts)}, show_contexts=True)
    assert parsed.files["a.py"].attributes == (("security", 0b10),)
    assert "contexts" in parsed.carries


def test_uncounted_executed_lines_are_noted_and_corrected() -> None:
    parsed = parse({"a.py": entry([1, 2, 3], [5], summary=summary(2, 3))})
    assert parsed.files["a.py"].ratio(Metric.LINE) == Ratio(3, 4)
    assert parsed.stated(Metric.LINE) == Ratio(2, 3)
    assert "1 lines are listed" in parsed.notes[0]


def test_branch_totals_without_lists_are_noted() -> None:
    parsed = parse({"a.py": entry([1], [], summary=summary(1, 1, num_branches=4, covered_branches=3))})
    assert parsed.stated(Metric.BRANCH) == Ratio(3, 4)
    assert "4 branch exits" in parsed.notes[0]
    assert "branches" in parsed.lacks


def test_reports_without_taken_exits_make_no_claim_about_them() -> None:
    parsed = parse({"a.py": entry([1], [], summary=summary(1, 1, num_branches=4))}, version="5.0.4")
    assert parsed.stated(Metric.BRANCH) == Ratio(0, 0)


def test_a_no_branch_line_counts_both_exits() -> None:
    file = entry(
        [1, 2], [], executed_branches=[[1, 2]], missing_branches=[],
        summary=summary(2, 2, num_branches=2, covered_branches=2, missing_branches=0),
    )  # fmt: skip
    parsed = parse({"a.py": file})
    assert parsed.files["a.py"].ratio(Metric.BRANCH) == Ratio(2, 2)
    assert parsed.files["a.py"].exits == ()


def test_line_zero_of_an_old_version_is_counted_in_its_totals_only() -> None:
    parsed = parse({"a.py": entry([0, 1], [2], summary=summary(2, 3))}, version="5.5")
    assert parsed.stated(Metric.LINE) == Ratio(2, 3)
    assert parsed.files["a.py"].ratio(Metric.LINE) == Ratio(1, 2)
    assert "line 0" in parsed.notes[-1]


def test_a_report_without_meta_and_summary_is_read() -> None:
    data = b'\xef\xbb\xbf {"files": {"a.py": {"executed_lines": [1], "missing_lines": []}}, "totals": {"pc": 1.5}}'
    assert FORMAT.recognises(data)
    assert FORMAT.parse(data, "r").stated(Metric.LINE) == Ratio(1, 1)


@pytest.mark.security
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (json_report({"a": entry([1], [1])}), "as executed and as missing"),
        (json_report({"a": entry([0], [])}), "line 0"),
        (json_report({"a": entry([1], [], executed_branches=[[0, 1]])}), "line 0"),
        (json_report({"a": entry([-1], [])}), ">= 0"),
        (json_report({"a": entry([10**7], [])}), "<= 1000000"),
        (json_report({"a": entry([1], [], contexts={"x": []})}), "contexts of the line"),
        (json_report({"a": entry([1], [], contexts={"99999999": ["covgov:a"]})}), "line 99999999"),
        (json_report({"a": entry([1], [], summary=summary(2, 2))}), "lines contradicts its lists"),
        (json_report({"a": entry([1], [2], summary=summary(1, 1))}), "lines contradicts its lists"),
        (
            json_report(
                {
                    "a": entry(
                        [1], [], executed_branches=[], missing_branches=[],
                        summary=summary(1, 1, num_branches=2, covered_branches=1),
                    )
                }
            ),
            "branch exits contradicts its lists",
        ),
        (json_report({"a": entry([1], [], summary=summary(1, 1, num_branches=1, covered_branches=2))}), "branch exits"),
        (json_report({"a": []}), "object"),
        (json_report({"a\0": entry([], [])}), "control characters"),
        (b'{"files":{},"files":{}}', "duplicate key"),
        (b'{"files":{},"totals":{"x":NaN}}', "NaN"),
        (b'{"files":{},"totals":{"x":1e999}}', "finite"),
        (b'{"files":{}', "delimiter"),
        (b'{"files":{"\xff":1}}', "UTF-8"),
        (b'{"files":' + b'{"a":' * 100_000, "recursion|delimiter|Expecting"),
        (b'{"files":{}, "meta": {"branch_coverage": ' + b"9" * 5000 + b"}}", "digits|bool"),
    ],
)  # fmt: skip
def test_hostile_and_broken_reports_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        FORMAT.parse(data, "r.json")
    assert caught.value.code == "report-damaged"
    assert "r.json" in caught.value.message


@pytest.mark.parametrize("head", [b"", b"[]", b'{"coverage": {}}', b'{"simplecov_version": 1, "num_statements": 3}'])
def test_other_json_is_not_recognised(head: bytes) -> None:
    assert not FORMAT.recognises(head)
