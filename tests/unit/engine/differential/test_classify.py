from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from covgov.differential.classify import classify
from covgov.model import lines
from covgov.model.change import HEAD_CATEGORIES, Category, FileDelta
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.model.snapshot import CountedExits, FileCoverage, Metric, by_exits
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.edits import LAW, Change, changes
from covgov_testing.second_differential import Unit, categories


def only(deltas: tuple[FileDelta, ...]) -> FileDelta:
    (delta,) = deltas
    return delta


def spelled(delta: FileDelta) -> dict[str, str]:
    return {c.value: lines.spell(bits) for c, bits in delta.lines.items()}


def test_each_of_the_twelve_categories_in_one_file() -> None:
    base = snap({"a.py": "+-+-" + "+-" + "  " + "+-"})
    head = snap({"a.py": "+--+" + "xx" + "+-" + "+-"})
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(9, 2, 9, 2),)),))
    assert spelled(only(classify(base, head, diff))) == {
        "CBC": "1",
        "UBC": "2",
        "LBC": "3",
        "GBC": "4",
        "ECB": "5",
        "EUB": "6",
        "GIC": "7",
        "UIC": "8",
        "DCB": "9",
        "DUB": "10",
        "GNC": "9",
        "UNC": "10",
    }


def test_head_categories_are_numbered_as_the_head_and_the_others_as_the_base() -> None:
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(0, 0, 1, 2),)),))
    delta = only(classify(snap({"a.py": "+-+"}), snap({"a.py": "+-x-+"}), diff))
    assert spelled(delta) == {"GNC": "1", "UNC": "2", "ECB": "1", "UBC": "4", "CBC": "5"}


def test_a_rename_carries_its_lines_along() -> None:
    delta = only(classify(snap({"a.py": "+-"}), snap({"b/c.py": "+-"}), Diff((FileDiff("a.py", "b/c.py"),))))
    assert (delta.base_path, delta.head_path) == ("a.py", "b/c.py")
    assert spelled(delta) == {"CBC": "1", "UBC": "2"}


def test_a_file_that_became_something_else_is_deleted_and_new() -> None:
    diff = Diff((FileDiff("a.py", None, (Hunk(1, 2, 0, 0),)), FileDiff(None, "a.py", (Hunk(0, 0, 1, 2),))))
    gone_and_come = classify(snap({"a.py": "+-"}), snap({"a.py": "-+"}), diff)
    assert [(d.base_path, d.head_path, spelled(d)) for d in gone_and_come] == [
        (None, "a.py", {"GNC": "2", "UNC": "1"}),
        ("a.py", None, {"DCB": "1", "DUB": "2"}),
    ]


def test_an_opaque_file_is_all_deleted_and_all_new() -> None:
    diff = Diff((FileDiff("a.py", "a.py", opaque=True),))
    base = snap({"a.py": cov("+-", exits=[(2, 9)], taken=[(1, -1)])})
    delta = only(classify(base, base, diff))
    assert spelled(delta) == {"GNC": "1", "UNC": "2", "DCB": "1", "DUB": "2"}
    assert delta.exits == {
        Category.DCB: ((1, -1),),
        Category.DUB: ((2, 9),),
        Category.GNC: ((1, -1),),
        Category.UNC: ((2, 9),),
    }


def test_a_file_measured_on_one_side_only_is_included_or_no_longer_counted() -> None:
    base, head = snap({"left.py": "+-"}), snap({"come.py": "+-"})
    come, left = classify(base, head, Diff())
    assert (come.base_path, come.head_path, spelled(come)) == (None, "come.py", {"GIC": "1", "UIC": "2"})
    assert (left.base_path, left.head_path, spelled(left)) == ("left.py", None, {"ECB": "1", "EUB": "2"})


def test_an_edited_file_that_was_not_measured_before_is_new_where_it_was_edited() -> None:
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(1, 1, 1, 1),)),))
    assert spelled(only(classify(snap({}), snap({"a.py": "+-"}), diff))) == {"GNC": "1", "UIC": "2"}


def test_a_branch_exit_is_the_same_only_if_both_ends_map() -> None:
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(3, 1, 3, 1),)),))
    base = snap({"a.py": cov("++++", taken=[(1, 2), (1, 3), (3, 4)])})
    head = snap({"a.py": cov("++++", exits=[(1, 2)], taken=[(1, 3), (3, 4)])})
    assert only(classify(base, head, diff)).exits == {
        Category.LBC: ((1, 2),),
        Category.DCB: ((1, 3), (3, 4)),
        Category.GNC: ((1, 3), (3, 4)),
    }


def test_an_exit_that_leaves_a_function_follows_the_functions_first_line() -> None:
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(0, 0, 1, 2),)),))
    base, head = snap({"a.py": cov(" +++", taken=[(4, -2)])}), snap({"a.py": cov("   +++", taken=[(6, -4)])})
    assert only(classify(base, head, diff)).exits == {Category.CBC: ((6, -4),)}


def test_an_exit_that_leaves_the_module_survives_new_lines_at_the_top() -> None:
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(0, 0, 1, 2),)),))
    base, head = snap({"a.py": cov("++", taken=[(2, -1)])}), snap({"a.py": cov("  ++", taken=[(4, -1)])})
    assert only(classify(base, head, diff)).exits == {Category.CBC: ((4, -1),)}


def test_a_module_exit_never_takes_the_partner_of_another_exit() -> None:
    """A lambda in line 3 leaves itself and the module; in line 1 both are spelled alike."""
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(1, 2, 0, 0),)),))
    base, head = snap({"a.py": cov("  +", taken=[(3, -3), (3, -1)])}), snap({"a.py": cov("+", taken=[(1, -1)])})
    assert only(classify(base, head, diff)).exits == {Category.CBC: ((1, -1),), Category.ECB: ((3, -1),)}


def test_counts_of_exits_on_an_unchanged_line_are_paired_like_with_like() -> None:
    def counted(covered: int, total: int) -> FileCoverage:
        return FileCoverage(statements=2, covered=2, counted=by_exits({1: CountedExits(covered, total)}))

    def found(before: FileCoverage, after: FileCoverage) -> dict[str, int]:
        (delta,) = classify(snap({"a": before}), snap({"a": after}), Diff())
        assert {bits for counts in delta.counted.values() for bits in counts.values()} == {lines.of([1])}
        return {category.value: number for category, counts in delta.counted.items() for number in counts}

    assert found(counted(2, 4), counted(1, 4)) == {"CBC": 1, "LBC": 1, "UBC": 2}
    assert found(counted(1, 2), counted(2, 2)) == {"CBC": 1, "GBC": 1}
    assert found(counted(1, 2), counted(3, 4)) == {"CBC": 1, "UBC": 1, "GIC": 2}
    assert found(counted(2, 2), counted(0, 1)) == {"LBC": 1, "ECB": 1}


@pytest.mark.security
def test_a_line_rewritten_as_excluded_is_masked_uncovered_lines_first() -> None:
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(1, 4, 1, 4),)),))
    delta = only(classify(snap({"a.py": "+--+"}), snap({"a.py": "+xx+"}), diff))
    assert lines.spell(delta.masked) == "2-3"
    assert delta.masked_uncovered(Metric.LINE) == 2
    was_excluded = only(classify(snap({"a.py": "x--+"}), snap({"a.py": "xx-+"}), diff))
    assert lines.spell(was_excluded.masked) == "2"


def test_deltas_are_sorted_by_path() -> None:
    both = classify(snap({"b": "+", "a": "+", "gone": "-"}), snap({"c": "+", "a": "+", "b": "+"}), Diff())
    assert [d.head_path or d.base_path for d in both] == ["a", "b", "c", "gone"]


def flattened(delta: FileDelta) -> tuple[dict[Unit, str], Counter[str]]:
    """Lines and exits unit by unit, counted exits by number, as the second implementation spells them."""
    found: dict[Unit, str] = {}
    for category, bits in delta.lines.items():
        side = "head" if category in HEAD_CATEGORIES else "base"
        for number in lines.numbers(bits):
            assert ("line", side, number) not in found
            found["line", side, number] = category.value
    for category, exits in delta.exits.items():
        side = "head" if category in HEAD_CATEGORIES else "base"
        for exit_ in exits:
            assert ("exit", side, *exit_) not in found
            found["exit", side, *exit_] = category.value
    counted = Counter({c.value: n - len(delta.exits.get(c, ())) for c, n in delta.tally().exits.items()})
    return found, +counted


@LAW
@given(changes())
def test_every_unit_has_the_category_that_the_texts_say(change: Change) -> None:
    deltas = {(d.base_path, d.head_path): d for d in classify(snap(change.base), snap(change.head), change.diff)}
    for (old, new), texts in change.texts.items():
        before, after = change.base.get(old or ""), change.head.get(new or "")
        if before is None and after is None:
            continue
        delta = deltas.pop((old if before else None, new if after else None))
        expected = categories(before, after, texts.old, texts.new)
        units, counted = flattened(delta)
        assert units == {unit: name for unit, name in expected.items() if unit[0] != "counted"}
        assert counted == Counter(name for unit, name in expected.items() if unit[0] == "counted")
    assert not deltas


@LAW
@given(changes())
def test_the_categories_add_up_to_both_snapshots(change: Change) -> None:
    base, head = snap(change.base), snap(change.head)
    total: Counter[Category] = Counter()
    for delta in classify(base, head, change.diff):
        tally = delta.tally()
        total += Counter({c: tally.count(c) for c in Category})
    before, after = base.ratio(Metric.COMBINED), head.ratio(Metric.COMBINED)
    by_name = {category.value: count for category, count in total.items()}

    def add(names: str) -> int:
        return sum(by_name.get(name, 0) for name in names.split())

    assert before.total == add("CBC UBC GBC LBC ECB EUB DCB DUB")
    assert before.covered == add("CBC LBC ECB DCB")
    assert after.total == add("CBC UBC GBC LBC GIC UIC GNC UNC")
    assert after.covered == add("CBC GBC GIC GNC")
