from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.judge import units
from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import REACHABLE, CountedExits, FileCoverage, Metric, by_exits
from covgov_testing.builders.coverage import cov, snap

FILE = cov("++-.x", exits=[(1, 2), (1, 3), (2, 3)], taken=[(1, 2)])


def test_a_branch_exit_stands_on_its_source_line() -> None:
    only_first = lines.of([1])
    assert units.on_lines(FILE, only_first, Metric.LINE) == Ratio(1, 1)
    assert units.on_lines(FILE, only_first, Metric.BRANCH) == Ratio(1, 2)
    assert units.on_lines(FILE, only_first, Metric.COMBINED) == Ratio(2, 3)


def test_exits_that_are_only_counted_count_too() -> None:
    counted = FileCoverage(
        lines.of([1, 2]), lines.of([1]), counted=by_exits({1: CountedExits(1, 2), 2: CountedExits(0, 2)})
    )
    assert units.on_lines(counted, lines.of([1]), Metric.BRANCH) == Ratio(1, 2)


def test_changed_units_are_those_of_measured_and_wanted_files() -> None:
    both = snap({"a.py": "+-", "b.py": "--"})
    changed = {"a.py": 0b110, "b.py": 0b110, "gone.py": 0b110}
    assert units.on_changed(both, changed, Metric.LINE, lambda path: path != "b.py") == Ratio(1, 2)
    assert units.uncovered_on(both, changed) == {"a.py": "2", "b.py": "1-2"}


def test_an_attribute_counts_executable_lines_that_its_tests_reached() -> None:
    tagged = FileCoverage(lines.of([1, 2, 3]), lines.of([1, 2]), attributes=(("security", lines.of([2, 9])),))
    assert units.of_attribute(tagged, "security", known=False) == Ratio(1, 3)
    assert units.of_files(snap({"a.py": tagged, "b.py": "+"}), Metric.LINE, "security") == Ratio(1, 4)


@pytest.mark.security
def test_lines_that_only_run_at_import_are_nobody_s_to_reach() -> None:
    table = FileCoverage(lines.of([1, 2, 3]), lines.of([1, 2, 3]))
    mixed = FileCoverage(
        lines.of([1, 2, 3, 4, 5]),
        lines.of([1, 2, 3, 4]),
        attributes=((REACHABLE, lines.of([2, 3, 4])), ("security", lines.of([2, 3]))),
    )
    # 1 ran at import, 2 and 3 under tagged tests, 4 under others only, 5 never
    assert units.of_files(snap({"a.py": mixed, "b.py": table}), Metric.LINE, "security") == Ratio(2, 4)
    assert units.of_files(snap({"b.py": table}), Metric.LINE, "security") == Ratio(0, 3), "nothing is known of tests"


def test_excluded_lines_are_counted_among_all_that_could_count() -> None:
    assert units.excluded(snap({"a.py": "+-x", "b.py": "x"})) == Ratio(2, 4)


@given(st.text("+-. x", max_size=12), st.integers(min_value=0, max_value=2**14))
def test_wanted_and_other_lines_add_up_to_the_file(picture: str, wanted: int) -> None:
    file = cov(picture, exits=[(1, 2), (2, 3)], taken=[(2, 3)])
    everything = (1 << 15) - 1
    for metric in Metric:
        parts = units.on_lines(file, wanted, metric) + units.on_lines(file, everything & ~wanted, metric)
        assert parts == file.ratio(metric)
