from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import REACHABLE, CountedExits, FileCoverage, Identity, Metric, TestRun, by_exits
from covgov_testing.builders.coverage import FAILED, PASSED, cov, snap


def test_a_line_is_partial_when_it_ran_and_an_exit_of_it_was_never_taken() -> None:
    coverage = cov("++-+", exits=[(1, 2), (1, 3), (2, 3), (3, 4)], taken=[(1, 2), (1, 3)])
    assert lines.spell(coverage.partial) == "2"  # line 3 never ran: it is missing, not partial
    counted = replace(cov("++-+"), counted=by_exits({1: CountedExits(1, 2), 4: CountedExits(2, 2)}))
    assert lines.spell(counted.partial) == "1"


def test_combined_is_lines_plus_exits_as_coverage_py_totals() -> None:
    coverage = replace(cov("++-", exits=[(1, 2), (1, 3)], taken=[(1, 2)]), counted=by_exits({2: CountedExits(1, 3)}))
    assert coverage.ratio(Metric.LINE) == Ratio(2, 3)
    assert coverage.ratio(Metric.BRANCH) == Ratio(2, 5)
    assert coverage.ratio(Metric.COMBINED) == Ratio(4, 8)


def test_what_was_covered_must_have_been_executable() -> None:
    with pytest.raises(ValueError, match="executable"):
        FileCoverage(statements=0b10, covered=0b100)
    with pytest.raises(ValueError, match="line 0"):
        FileCoverage(statements=0b11, covered=0b10)


def test_an_attribute_that_no_test_carries_covers_nothing() -> None:
    coverage = replace(cov("++"), attributes=(("security", 0b10),))
    assert (coverage.attribute("security"), coverage.attribute("reliability")) == (0b10, 0)


def test_a_snapshot_tells_what_tests_can_reach_when_a_line_is_marked_so() -> None:
    marked, empty = (replace(cov("++"), attributes=((REACHABLE, bits),)) for bits in (0b10, 0))
    assert snap({"a.py": "+", "b.py": marked}).tells_reachable
    assert not snap({"a.py": "+", "b.py": empty}).tells_reachable


def test_restricting_keeps_the_wanted_files_only() -> None:
    snapshot = snap({"b.py": "+", "a.py": "-", "c.txt": "+"})
    assert snapshot.restrict(lambda path: path.endswith(".py")).paths == ("a.py", "b.py")
    assert snapshot.ratio(Metric.LINE) == Ratio(2, 3)


def test_tests_passed_only_without_failures_errors_and_a_bad_exit_code() -> None:
    assert PASSED.passed
    assert not FAILED.passed
    assert not TestRun(exit_code=0, tests=1, errors=1).passed
    assert not TestRun(exit_code=3).passed


def test_an_identity_is_told_in_words() -> None:
    assert str(Identity("coverage.py", "7.1", "python 3.11", branch=True)) == "coverage.py 7.1, python 3.11, branches"
    assert str(Identity("lcov")) == "lcov, lines only"
