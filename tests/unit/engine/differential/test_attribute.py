from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.differential.attribute import ScopeSides, explain, measurement_difference
from covgov.differential.classify import NOTHING, classify
from covgov.differential.measurement import split
from covgov.model import lines
from covgov.model.change import Category, Cause, Delta
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.edits import LAW, Change, changes


def told(
    base: Snapshot,
    head: Snapshot,
    diff: Diff,
    folder: str = "",
    metric: Metric = Metric.COMBINED,
    *,
    measurement: bool = False,
) -> Delta:
    """The delta of the files below `folder` ("" = all)."""
    files = classify(base, head, diff)
    own, remeasured = split(files) if measurement else (files, ())
    return explain(
        own,
        base=base,
        head=head,
        sides=ScopeSides(lambda path: path.startswith(folder), lambda path: path.startswith(folder)),
        metric=metric,
        remeasured=remeasured,
    )


def shares(delta: Delta) -> dict[Cause, tuple[int, int]]:
    return {part.cause: (part.covered, part.total) for part in delta.parts}


def test_a_change_of_documents_only_changes_nothing() -> None:
    snapshot = snap({"a.py": "+++-"})
    delta = told(snapshot, snapshot, Diff((FileDiff("README.md", "README.md", (Hunk(1, 1, 1, 1),)),)))
    assert delta.points == delta.judged == 0
    assert delta.parts == ()


def test_new_lost_and_deleted_code_have_their_own_shares() -> None:
    base = snap({"a.py": "+" * 8 + "--"})
    head = snap({"a.py": "+" * 7 + "--" + "-"})
    delta = told(base, head, Diff((FileDiff("a.py", "a.py", (Hunk(10, 1, 10, 1),)),)))
    assert delta.points == -10
    assert shares(delta) == {Cause.LOST: (-1, 0), Cause.NEW_UNCOVERED: (0, 1), Cause.DELETED_UNCOVERED: (0, -1)}
    assert {part.cause: part.points for part in delta.parts} == {
        Cause.NEW_UNCOVERED: -8,
        Cause.LOST: -10,
        Cause.DELETED_UNCOVERED: 8,
    }
    assert delta.lost == {"a.py": "8"}


def test_every_cause_is_booked_once() -> None:
    base = snap({"a.py": "+-" + "+-" + "  " + "+-"})
    head = snap({"a.py": "-+" + "xx" + "+-" + "+-"})
    delta = told(base, head, Diff((FileDiff("a.py", "a.py", (Hunk(7, 2, 7, 2),)),)))
    assert shares(delta) == {
        Cause.NEW_COVERED: (1, 1),
        Cause.NEW_UNCOVERED: (0, 1),
        Cause.LOST: (-1, 0),
        Cause.GAINED: (1, 0),
        Cause.INCLUDED: (1, 2),
        Cause.EXCLUDED: (-1, -2),
        Cause.DELETED_COVERED: (-1, -1),
        Cause.DELETED_UNCOVERED: (0, -1),
    }


def test_a_rename_across_components_is_moved_for_both_and_nothing_for_the_project() -> None:
    base = snap({"api/a.py": "++--", "auth/b.py": "+++-"})
    head = snap({"auth/a.py": "++--", "auth/b.py": "+++-", "api/rest.py": ""})
    diff = Diff((FileDiff("api/a.py", "auth/a.py"), FileDiff(None, "api/rest.py")))
    auth = told(base, head, diff, "auth/")
    assert shares(auth) == {Cause.MOVED_IN: (2, 4)}
    assert (auth.points, auth.judged) == (Fraction(5 * 100, 8) - 75, Fraction(5 * 100, 8) - 75)
    assert told(base, head, diff, "api/").points is None
    assert told(base, head, diff).parts == ()


def test_code_moved_out_counts_with_its_base_state_and_code_moved_in_with_its_head_state() -> None:
    base = snap({"api/a.py": "++--", "api/b.py": "+-", "auth/c.py": "+-"})
    head = snap({"auth/a.py": "+-+-", "api/b.py": "+-", "auth/c.py": "+-"})
    diff = Diff((FileDiff("api/a.py", "auth/a.py"),))
    assert shares(told(base, head, diff, "api/")) == {Cause.MOVED_OUT: (-2, -4)}
    assert shares(told(base, head, diff, "auth/")) == {Cause.MOVED_IN: (2, 4)}
    assert told(base, head, diff, "api/").judged == 0
    assert shares(told(base, head, diff)) == {Cause.LOST: (-1, 0), Cause.GAINED: (1, 0)}


def test_lines_edited_while_they_move_are_deleted_here_and_new_there() -> None:
    base = snap({"api/a.py": "+-", "api/b.py": "+", "auth/c.py": "+"})
    head = snap({"auth/a.py": "--", "api/b.py": "+", "auth/c.py": "+"})
    diff = Diff((FileDiff("api/a.py", "auth/a.py", (Hunk(1, 1, 1, 1),)),))
    assert shares(told(base, head, diff, "api/")) == {Cause.DELETED_COVERED: (-1, -1), Cause.MOVED_OUT: (0, -1)}
    assert shares(told(base, head, diff, "auth/")) == {Cause.NEW_UNCOVERED: (0, 1), Cause.MOVED_IN: (0, 1)}


def test_another_measurement_explains_every_difference_on_unchanged_lines() -> None:
    base = snap({"a.py": "+-" + "+-" + "  " + "+-"})
    head = snap({"a.py": "-+" + "xx" + "++" + "+-"})
    delta = told(base, head, Diff((FileDiff("a.py", "a.py", (Hunk(7, 2, 7, 2),)),)), measurement=True)
    assert set(shares(delta)) == {
        Cause.NEW_COVERED,
        Cause.NEW_UNCOVERED,
        Cause.DELETED_COVERED,
        Cause.DELETED_UNCOVERED,
        Cause.MEASUREMENT,
    }
    assert shares(delta)[Cause.MEASUREMENT] == (1, 0)
    assert delta.lost == {}


@pytest.mark.parametrize(("base", "head"), [("", "+-"), ("+-", ""), ("", "")])
def test_without_units_on_a_side_there_is_no_delta(base: str, head: str) -> None:
    delta = told(snap({"a.py": base}), snap({"a.py": head}), Diff())
    assert (delta.points, delta.parts, delta.judged) == (None, (), None)
    assert delta.base.total == len(base)


def test_each_metric_sees_its_own_units() -> None:
    base = snap({"a.py": cov("++", exits=[(1, 2)], taken=[(1, -1)])})
    head = snap({"a.py": cov("+-", exits=[(1, 2), (1, -1)])})
    by_metric = {metric: told(base, head, Diff(), metric=metric) for metric in Metric}
    assert {m: (d.base, d.head) for m, d in by_metric.items()} == {
        Metric.LINE: (Ratio(2, 2), Ratio(1, 2)),
        Metric.BRANCH: (Ratio(1, 2), Ratio(0, 2)),
        Metric.COMBINED: (Ratio(3, 4), Ratio(1, 4)),
    }
    assert by_metric[Metric.COMBINED].tally.exits == {Category.UBC: 1, Category.LBC: 1}


@pytest.mark.security
def test_exclusions_written_into_uncovered_lines_do_not_pay_for_lost_lines() -> None:
    base = snap({"a.py": "+" * 90 + "-" * 10})
    head = snap({"a.py": "+" * 87 + "-" * 3 + "x" * 10, "new.py": "+" * 10})
    edited = FileDiff("a.py", "a.py", (Hunk(91, 10, 91, 10),))
    delta = told(base, head, Diff((edited, FileDiff(None, "new.py"))))
    assert delta.points is not None
    assert delta.points > 0
    assert delta.judged == Fraction(97 - 99, 100) * 100


@pytest.mark.security
def test_lines_that_counted_and_whose_code_is_still_there_are_named() -> None:
    base = snap({"a.py": "++--" + "-+", "b.py": "+"})
    head = snap({"a.py": "+xx-" + "xx", "b.py": "+"})
    diff = Diff((FileDiff("a.py", "a.py", (Hunk(5, 2, 5, 2),)),))
    assert told(base, head, diff).uncounted == {"a.py": "2-3,5"}
    assert told(base, snap({"b.py": "+"}), Diff((FileDiff("a.py", None),))).uncounted == {}


@LAW
@given(changes(), st.sampled_from(list(Metric)), st.sampled_from(("", "a/", "b/")), st.booleans())
def test_parts_add_up_exactly(change: Change, metric: Metric, folder: str, measurement: bool) -> None:
    delta = told(snap(change.base), snap(change.head), change.diff, folder, metric, measurement=measurement)
    if delta.points is None:
        assert delta.parts == ()
        assert not (delta.base.measurable and delta.head.measurable)
        return
    assert sum(part.points for part in delta.parts) == delta.points
    assert sum(part.covered for part in delta.parts) == delta.head.covered - delta.base.covered
    assert sum(part.total for part in delta.parts) == delta.head.total - delta.base.total
    assert len({part.cause for part in delta.parts}) == len(delta.parts)


@LAW
@given(changes(), st.sampled_from(list(Metric)))
def test_counting_deletions_judges_the_plain_delta(change: Change, metric: Metric) -> None:
    base, head = snap(change.base), snap(change.head)
    delta = explain(
        classify(base, head, change.diff),
        base=base,
        head=head,
        sides=ScopeSides(bool, bool),
        metric=metric,
        count_deletions=True,
    )
    assert delta.judged == delta.points


def measured_today(change: Change) -> dict[str, FileCoverage]:
    """The base as the head's tool would have measured it: lines that are still there as at head, the others as before.

    Lines only; every text is written out.
    """
    found: dict[str, FileCoverage] = {}
    for (old, new), texts in change.texts.items():
        before, after = change.base.get(old or "", NOTHING), change.head.get(new or "", NOTHING)
        there = {text: number for number, text in enumerate(texts.new, 1)} if new else {}
        places = [(n, after, there[text]) if text in there else (n, before, n) for n, text in enumerate(texts.old, 1)]
        found[old or ""] = FileCoverage(
            lines.of(n for n, side, line in places if side.statements >> line & 1),
            lines.of(n for n, side, line in places if side.covered >> line & 1),
        )
    return {path: coverage for path, coverage in found.items() if path}


@LAW
@given(changes())
def test_another_measurement_is_judged_as_if_it_had_measured_the_base(change: Change) -> None:
    head = snap({path: FileCoverage(one.statements, one.covered) for path, one in change.head.items()})
    base = snap({path: FileCoverage(one.statements, one.covered) for path, one in change.base.items()})
    delta = told(base, head, change.diff, metric=Metric.LINE, measurement=True)
    today = told(snap(measured_today(change)), head, change.diff, metric=Metric.LINE)
    if delta.points is not None:
        assert delta.judged == today.judged
        own = {cause: share for cause, share in shares(delta).items() if cause is not Cause.MEASUREMENT}
        assert own == shares(today) or today.points is None


def test_losses_of_another_measurement_are_not_netted_against_its_gains() -> None:
    base, head = snap({"a.py": "++--" + "+   " + "+-"}), snap({"a.py": "--++" + "x-  " + "+-"})
    _, remeasured = split(classify(base, head, Diff()))
    delta = told(base, head, Diff(), measurement=True)
    r = delta.base.fraction
    assert shares(delta) == {Cause.MEASUREMENT: (-1, 0)}
    difference = measurement_difference(remeasured, delta, ScopeSides(bool, bool))
    assert difference.loss == (2 + r + (1 - r)) / delta.head.total * 100
    assert (difference.units[Category.LBC], difference.units[Category.ECB]) == (2, 1)
    assert (difference.lost, difference.excluded) == ({"a.py": "1-2"}, {"a.py": "5"})


@pytest.mark.security
def test_lines_that_the_head_excludes_are_told_apart_from_lines_that_another_measurement_does_not_count() -> None:
    base, head = snap({"a.py": "+--++"}), snap({"a.py": "+ xx+"})
    delta = told(base, head, Diff(), measurement=True)
    _, remeasured = split(classify(base, head, Diff()))
    assert delta.uncounted == {}
    assert measurement_difference(remeasured, delta, ScopeSides(bool, bool)).excluded == {"a.py": "3-4"}
    assert measurement_difference(remeasured, delta, ScopeSides(bool, lambda path: False)).excluded == {"a.py": "3-4"}
    assert measurement_difference(remeasured, delta, ScopeSides(lambda path: False, bool)).excluded == {}


@pytest.mark.security
def test_what_the_change_itself_excludes_is_never_another_measurement() -> None:
    """Whether the report names excluded lines or leaves them out; lost lines may still be the measurement's."""
    base, head = snap({"a.py": "+--+", "b.py": "+-"}), snap({"a.py": "+ x-", "b.py": "+ "})
    own, remeasured = split(classify(base, head, Diff()), lambda path: path == "a.py")
    delta = explain(own, base=base, head=head, sides=ScopeSides(bool, bool), metric=Metric.LINE, remeasured=remeasured)
    assert delta.uncounted == {"a.py": "2-3"}
    assert shares(delta) == {Cause.EXCLUDED: (0, -2), Cause.MEASUREMENT: (-1, -1)}


def test_an_edited_line_that_is_excluded_is_the_changes_own_whatever_measured() -> None:
    edited = Diff((FileDiff("a.py", "a.py", (Hunk(2, 1, 2, 1),)),))
    assert told(snap({"a.py": "+-"}), snap({"a.py": "+x"}), edited, measurement=True).uncounted == {"a.py": "2"}
