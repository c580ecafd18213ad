from __future__ import annotations

import json
from dataclasses import replace

from covgov.model import lines
from covgov.model.snapshot import CountedExits, Identity, by_exits
from covgov.publish.reports import coveragepy_json
from covgov_testing.builders.coverage import cov, snap


def test_a_file_lists_lines_exits_and_a_summary() -> None:
    coverage = cov("++-x", exits=[(1, 2), (1, 3), (3, -1)], taken=[(1, 2)])
    document = json.loads(coveragepy_json.write(snap({"a.py": coverage})))
    assert document["meta"] == {"format": 3, "version": "7.17.3", "branch_coverage": True, "show_contexts": False}
    assert document["files"]["a.py"] == {
        "executed_lines": [1, 2],
        "summary": document["totals"],
        "missing_lines": [3],
        "excluded_lines": [4],
        "executed_branches": [[1, 2]],
        "missing_branches": [[1, 3], [3, -1]],
    }
    assert document["totals"] == {
        "covered_lines": 2,
        "num_statements": 3,
        "percent_covered": 50.0,
        "percent_covered_display": "50",
        "missing_lines": 1,
        "excluded_lines": 1,
        "percent_statements_covered": 66.666666,
        "percent_statements_covered_display": "66",
        "num_branches": 3,
        "num_partial_branches": 1,
        "covered_branches": 1,
        "missing_branches": 2,
        "percent_branches_covered": 33.333333,
        "percent_branches_covered_display": "33",
    }


def test_without_branch_measurement_there_is_no_word_of_branches() -> None:
    text = coveragepy_json.write(snap({"a.py": "+"}, identity=Identity("coverage.py", "7.17.3")))
    assert b"branches" not in text
    assert json.loads(text)["totals"]["percent_covered"] == 100


def test_attributes_are_contexts_of_the_lines_they_reached() -> None:
    tagged = (("reliability", lines.of([1, 2])), ("security", lines.of([2])))
    document = json.loads(coveragepy_json.write(snap({"a.py": replace(cov("++-"), attributes=tagged), "b.py": "+"})))
    assert document["meta"]["show_contexts"] is True
    assert document["files"]["a.py"]["contexts"] == {"1": ["covgov:reliability"], "2": ["covgov:reliability,security"]}
    assert document["files"]["b.py"]["contexts"] == {}


def test_nothing_to_measure_is_a_hundred_as_coverage_says_it() -> None:
    totals = json.loads(coveragepy_json.write(snap({})))["totals"]
    assert (totals["num_statements"], totals["percent_covered_display"]) == (0, "100")


def test_exits_known_by_number_are_in_the_summaries_and_in_a_member_of_covgovs_own() -> None:
    counted = by_exits({1: CountedExits(2, 2), 2: CountedExits(1, 3)})
    document = json.loads(coveragepy_json.write(snap({"a.py": replace(cov("++"), counted=counted)})))
    assert (document["totals"]["covered_branches"], document["totals"]["num_branches"]) == (3, 5)
    assert document["totals"]["num_partial_branches"] == 1
    assert document["files"]["a.py"]["covgov_counted_branches"] == [[1, 2, 2], [2, 1, 3]]
