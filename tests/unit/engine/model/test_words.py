from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.differential.attribute import ScopeSides, explain
from covgov.differential.classify import classify
from covgov.model.change import Category, Cause, Delta, Part, Tally
from covgov.model.diff import Diff
from covgov.model.ratio import Ratio, show
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.words import in_words
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.edits import LAW, Change, changes


def everything(base: Snapshot, head: Snapshot, diff: Diff = Diff(), metric: Metric = Metric.COMBINED) -> Delta:  # noqa: B008
    return explain(classify(base, head, diff), base=base, head=head, sides=ScopeSides(bool, bool), metric=metric)


def made(*shares: tuple[Cause, str], metric: Metric = Metric.COMBINED, tally: Tally = Tally()) -> Delta:  # noqa: B008
    parts = tuple(Part(cause, 0, 0, Fraction(points)) for cause, points in shares)
    return Delta(
        metric, Ratio(9, 10), Ratio(8, 10), sum((p.points for p in parts), Fraction(0)), parts, Fraction(0), tally
    )


def test_the_sentence_of_the_design() -> None:
    delta = made(
        (Cause.NEW_UNCOVERED, "-1.80"),
        (Cause.LOST, "-0.63"),
        (Cause.DELETED_UNCOVERED, "0.12"),
        tally=Tally(lines={Category.LBC: 41}),
    )
    assert in_words(delta) == (
        "-2.31 pp = -1.80 new uncovered code, -0.63 tests no longer reach 41 lines, +0.12 deleted uncovered code"
    )


def test_lines_and_branch_exits_are_named_as_the_metric_counts_them() -> None:
    tally = Tally(lines={Category.LBC: 1, Category.GBC: 2}, exits={Category.LBC: 3, Category.GBC: 1})
    parts = ((Cause.LOST, "-1"), (Cause.GAINED, "2"))
    assert in_words(made(*parts, tally=tally)) == (
        "+1.00 pp = -1.00 tests no longer reach 1 line and 3 branch exits, "
        "+2.00 tests now reach 2 lines and 1 branch exit"
    )
    assert "reach 1 line," in in_words(made(*parts, tally=tally, metric=Metric.LINE))
    assert "reach 3 branch exits," in in_words(made(*parts, tally=tally, metric=Metric.BRANCH))


def test_no_change_at_all_is_told() -> None:
    assert in_words(everything(snap({"a": "+-"}), snap({"a": "+-"}))) == "no change"


def test_a_zero_delta_made_of_parts_tells_them() -> None:
    assert in_words(everything(snap({"a": "+-"}), snap({"a": "-+"}))) == (
        "+0.00 pp = -50.00 tests no longer reach 1 line, +50.00 tests now reach 1 line"
    )


@pytest.mark.parametrize(
    ("base", "head", "words"),
    [
        ("", "++", "not comparable: nothing was measured in the baseline, everything is new (2 units)"),
        ("", "+", "not comparable: nothing was measured in the baseline, everything is new (1 unit)"),
        ("+", "", "not comparable: nothing is measured at the head"),
    ],
)
def test_a_delta_that_does_not_exist_says_why(base: str, head: str, words: str) -> None:
    assert in_words(everything(snap({"a": base}), snap({"a": head}))) == words


def test_a_cause_that_rounds_to_nothing_is_left_out() -> None:
    delta = made((Cause.LOST, "-0.001"), (Cause.NEW_COVERED, "0.018"), tally=Tally({Category.LBC: 1}))
    assert in_words(delta) == "+0.01 pp = +0.01 new covered code"
    assert in_words(made((Cause.GAINED, "0.001"), tally=Tally({Category.GBC: 1}))) == "no change of 0.01 pp or more"


def test_a_tiny_loss_never_reads_as_a_gain() -> None:
    delta = made((Cause.LOST, "-0.001"), tally=Tally({Category.LBC: 1}))
    assert in_words(delta) == "-0.01 pp = -0.01 tests no longer reach 1 line"


@pytest.mark.parametrize("cause", [c for c in Cause if c not in (Cause.LOST, Cause.GAINED)])
def test_every_cause_has_words(cause: Cause) -> None:
    assert re.fullmatch(r"\+1\.00 pp = \+1\.00 [a-z ]+", in_words(made((cause, "1"))))


@LAW
@given(changes(), st.sampled_from(list(Metric)), st.integers(0, 4))
def test_printed_parts_add_up_to_the_printed_delta(change: Change, metric: Metric, precision: int) -> None:
    delta = everything(snap(change.base), snap(change.head), change.diff, metric)
    if delta.points is None or not any(part.points for part in delta.parts):
        return
    text = in_words(delta, precision)
    if text.startswith("no change of "):
        assert show(delta.points, precision) == show(Fraction(0), precision)
        return
    total, _, rest = text.partition(" pp = ")
    assert Decimal(total) == Decimal(show(delta.points, precision))
    assert sum(Decimal(text.split(" ")[0]) for text in rest.split(", ")) == Decimal(total)


def test_the_delta_of_a_covered_branch_is_told() -> None:
    base, head = snap({"a": cov("+", exits=[(1, 2)])}), snap({"a": cov("+", taken=[(1, 2)])})
    assert in_words(everything(base, head)) == "+50.00 pp = +50.00 tests now reach 1 branch exit"
