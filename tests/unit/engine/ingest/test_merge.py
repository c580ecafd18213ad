from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.ingest.merge import merge, merge_files
from covgov.judge import units
from covgov.model.ratio import Ratio
from covgov.model.snapshot import (
    MERGED,
    REACHABLE,
    CountedExits,
    FileCoverage,
    Identity,
    Metric,
    Origin,
    Snapshot,
    TestRun,
    by_exits,
)
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.reports import SNAPSHOTS, file_coverages


@given(SNAPSHOTS, SNAPSHOTS)
def test_merging_does_not_depend_on_the_order(one: Snapshot, two: Snapshot) -> None:
    assert merge([one, two]) == merge([two, one])


@given(SNAPSHOTS, SNAPSHOTS, SNAPSHOTS)
def test_merging_does_not_depend_on_the_grouping(one: Snapshot, two: Snapshot, three: Snapshot) -> None:
    left = merge([merge([one, two]), three])
    assert left == merge([one, merge([two, three])])
    assert left == merge([one, two, three])


@given(SNAPSHOTS)
def test_merging_coverage_with_itself_changes_nothing(one: Snapshot) -> None:
    bare = replace(one, tests=None, notes=tuple(sorted(one.notes)))
    assert merge([bare, bare], bare.suite) == bare


@given(file_coverages(), file_coverages())
def test_the_union_covers_what_either_covers(one: FileCoverage, two: FileCoverage) -> None:
    both = merge_files([one, two], "a.py")
    assert both.covered == one.covered | two.covered
    assert both.statements == one.statements | two.statements
    assert set(both.taken) == {*one.taken, *two.taken}
    assert not both.excluded & both.statements


def test_counted_in_one_and_excluded_in_another_is_counted() -> None:
    merged = merge_files([cov("+x"), cov("+-")], "a.py")
    assert (merged.statements, merged.excluded) == (0b110, 0)


def test_counted_exits_merge_to_the_lower_bound() -> None:
    one = FileCoverage(0b10, 0b10, counted=by_exits({1: CountedExits(1, 2)}))
    assert merge_files([one, one], "a.py").by_number == {1: CountedExits(1, 2)}


def shard(covered: int, total: int, ids: str = "", taken: str = "") -> FileCoverage:
    return FileCoverage(0b10, 0b10, counted=by_exits({1: CountedExits(covered, total, tuple(ids), tuple(taken))}))


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        (shard(1, 2, "ab", "a"), shard(1, 2, "ab", "b"), shard(2, 2, "ab", "ab")),
        (shard(1, 2, "ab", "a"), shard(1, 2, "ab", "a"), shard(1, 2, "ab", "a")),
        (shard(1, 2, "ab", "a"), shard(1, 2, "cd", "c"), shard(2, 4, "abcd", "ac")),
        (shard(1, 2, "ab", "a"), shard(2, 3), shard(2, 3, "ab", "a")),
    ],
)
def test_exits_with_ids_merge_by_them(one: FileCoverage, two: FileCoverage, wanted: FileCoverage) -> None:
    assert merge_files([one, two], "a.py") == merge_files([two, one], "a.py") == wanted


EXITS = st.sets(st.sampled_from("abcd"))


@given(st.lists(EXITS, min_size=1, max_size=4))
def test_reports_that_name_what_they_missed_merge_to_what_all_missed(runs: list[set[str]]) -> None:
    """As coverage.py's XML does: `missing-branches` on lines that are not covered in full."""
    parts = [shard(len(taken), 4, "".join(sorted({*"abcd"} - taken))) for taken in runs]
    one_by_one = parts[0]
    for part in parts[1:]:
        one_by_one = merge_files([one_by_one, part], "a.py")
    reached = len(set().union(*runs))
    assert merge_files(parts, "a.py").by_number[1].covered == one_by_one.by_number[1].covered == reached


def test_exact_exits_replace_counted_ones_on_the_same_line() -> None:
    counted = FileCoverage(0b10, 0b10, counted=by_exits({1: CountedExits(2, 2)}))
    exact = cov("+", [(1, 2), (1, 3)], [(1, 2)])
    merged = merge_files([counted, exact], "a.py")
    assert merged.counted == ()
    assert merged.ratio(Metric.BRANCH) == exact.ratio(Metric.BRANCH)


def test_the_merge_is_called_merged_unless_named() -> None:
    assert merge([snap({})]).suite == MERGED
    assert merge([snap({})], "api").suite == "api"


def test_identities_that_differ_are_joined() -> None:
    one, two = Identity("coverage.py", "7.6", "python 3.11", True), Identity("coverage.py", "7.17", "python 3.12")
    merged = merge([snap({}, identity=one), snap({}, identity=two)]).identity
    assert merged == Identity("coverage.py", "7.17 + 7.6", "python 3.11 + python 3.12", True)


@pytest.mark.parametrize(("codes", "code"), [((0, 0), 0), ((0, 3), 3), ((0, -9), -9), ((1, 5), 5)])
def test_tests_are_summed_and_fail_if_any_failed(codes: tuple[int, int], code: int) -> None:
    runs = [snap({}, tests=TestRun(c, tests=2, failures=1, errors=1, skipped=1, seconds=1.5)) for c in codes]
    assert merge(runs).tests == TestRun(code, 4, 2, 2, 2, 3.0)


def test_unknown_tests_add_nothing() -> None:
    assert merge([snap({}, tests=None), snap({}, tests=None)]).tests is None
    assert merge([snap({}, tests=None), snap({}, tests=TestRun(0, 3))]).tests == TestRun(0, 3)


def test_one_commit_is_kept_and_a_dirty_part_makes_the_whole_dirty() -> None:
    parts = [snap({}, origin=Origin("c", "t")), snap({}, origin=Origin("c", "t", dirty=True)), snap({})]
    assert merge(parts).origin == Origin("c", "t", dirty=True)
    assert merge([snap({})]).origin is None


@pytest.mark.reliability
def test_different_commits_are_refused() -> None:
    with pytest.raises(InputError, match="different commits") as caught:
        merge([snap({}, origin=Origin("c", "t")), snap({}, origin=Origin("d", "t"))])
    assert caught.value.code == "merge-mismatch"


@pytest.mark.reliability
def test_different_texts_of_one_file_are_refused() -> None:
    with pytest.raises(InputError, match=r"a\.py") as caught:
        merge([snap({"a.py": cov("+", source="1")}), snap({"a.py": cov("+", source="2")})])
    assert caught.value.code == "merge-mismatch"


def tagged(picture: str, security: int, reachable: int) -> FileCoverage:
    return replace(cov(picture), attributes=((REACHABLE, reachable), ("security", security)))


@pytest.mark.security
def test_a_suite_without_import_data_makes_its_covered_lines_reachable() -> None:
    told = snap({"a.py": tagged("+-+", 0b10, 0b10)})  # 1 by a test, 2 never, 3 at import
    silent = snap({"b.py": "++++++++++", "c.py": "-"})
    assert units.of_files(told, Metric.LINE, "security") == Ratio(1, 2)
    assert units.of_files(silent, Metric.LINE, "security") == Ratio(0, 11)
    assert units.of_files(merge([told, silent]), Metric.LINE, "security") == Ratio(1, 13)


@pytest.mark.security
def test_lines_of_a_suite_without_import_data_count_as_reachable() -> None:
    told, silent = snap({"a.py": tagged("+++", 0b10, 0b10)}), snap({"a.py": "-+-"})
    assert merge([told, silent]).files["a.py"].attribute(REACHABLE) == 0b110
    empty = snap({"a.py": tagged("-+-", 0, 0)})
    assert merge([told, empty]).files["a.py"].attribute(REACHABLE) == 0b110, "an empty mark tells nothing"


def test_a_file_run_at_import_stays_unreachable_when_every_suite_knows() -> None:
    table = {"table.py": "+++"}
    one, two = (snap({**table, path: tagged("++", 0b10, 0b100)}) for path in ("a.py", "b.py"))
    assert merge([one, two]).files["table.py"] == cov("+++")
    assert units.of_files(merge([one, two]), Metric.LINE, "security") == Ratio(0, 2)


def test_without_import_data_nothing_is_marked_reachable() -> None:
    bare = snap({"a.py": "++"})
    assert merge([bare, snap({"b.py": "+"})]).files == {"a.py": cov("++"), "b.py": cov("+")}


def test_merging_no_snapshots_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        merge([])
