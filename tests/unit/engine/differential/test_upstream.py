from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.differential.attribute import ScopeSides, explain
from covgov.differential.classify import classify
from covgov.differential.upstream import UpstreamDiffs, own, uncharged
from covgov.model import lines
from covgov.model.change import Cause, Delta
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Metric, Snapshot
from covgov_testing.builders.coverage import snap
from covgov_testing.edits import LAW, Edited, coverages, edit


def changed(path: str, *hunks: Hunk) -> FileDiff:
    return FileDiff(path, path, hunks)


def told(base: Snapshot, head: Snapshot, whole: Diff, diffs: UpstreamDiffs, metric: Metric = Metric.LINE) -> Delta:
    return explain(
        own(classify(base, head, whole), diffs),
        base=base,
        head=head,
        sides=ScopeSides(in_a, in_a, in_a),
        metric=metric,
    )


def in_a(path: str) -> bool:
    return path.startswith("a")


def shares(delta: Delta) -> dict[Cause, tuple[int, int]]:
    return {part.cause: (part.covered, part.total) for part in delta.parts}


def test_what_the_target_branch_wrote_is_upstream_and_not_judged() -> None:
    base, head = snap({"a.py": "+" * 100}), snap({"a.py": "+" * 100 + "-" * 5})
    upstream = Diff((changed("a.py", Hunk(100, 0, 101, 5)),))
    delta = told(
        base, head, upstream, UpstreamDiffs(upstream, Diff((changed("README.md", Hunk(0, 0, 1, 1)),)), inert=True)
    )
    assert shares(delta) == {Cause.UPSTREAM: (0, 5)}
    assert delta.points == (Ratio(100, 105).fraction - 1) * 100
    assert delta.judged == 0


def test_what_the_target_branch_deleted_is_upstream_and_what_the_change_deleted_is_its_own() -> None:
    base, head = snap({"a.py": "++--++--"}), snap({"a.py": "++--"})
    upstream, change = Diff((changed("a.py", Hunk(1, 2, 0, 0)),)), Diff((changed("a.py", Hunk(1, 2, 0, 0)),))
    delta = told(base, head, Diff((changed("a.py", Hunk(1, 4, 0, 0)),)), UpstreamDiffs(upstream, change))
    assert shares(delta) == {Cause.UPSTREAM: (-2, -2), Cause.DELETED_UNCOVERED: (0, -2)}


@pytest.mark.security
def test_new_uncovered_code_of_the_change_is_judged_beside_the_target_branchs() -> None:
    base, head = snap({"a.py": "+" * 90}), snap({"a.py": "+" * 90 + "-" * 10})
    upstream, change = Diff((changed("a.py", Hunk(90, 0, 91, 5)),)), Diff((changed("a.py", Hunk(95, 0, 96, 5)),))
    delta = told(base, head, Diff((changed("a.py", Hunk(90, 0, 91, 10)),)), UpstreamDiffs(upstream, change))
    assert shares(delta) == {Cause.UPSTREAM: (0, 5), Cause.NEW_UNCOVERED: (0, 5)}
    assert delta.judged == (Ratio(90, 100).fraction - Ratio(90, 95).fraction) * 100


LOSS = (snap({"a.py": "++++", "t.md": "+"}), snap({"a.py": "++--", "t.md": "+"}))
TESTS = Diff((changed("tests/test_a.py", Hunk(1, 9, 0, 0)),))


@pytest.mark.security
@pytest.mark.parametrize("path", ["tests/test_a.py", "data.json", "requirements.txt", "t.md", "covgov.toml"])
def test_old_lines_that_tests_no_longer_reach_are_the_changes_loss(path: str) -> None:
    """No diff says whose tests reached them; a change that only touches prose has none."""
    change = Diff((changed(path, Hunk(1, 1, 1, 1)),))
    delta = told(*LOSS, Diff(), UpstreamDiffs(TESTS, change, inert=path == "t.md"))
    assert shares(delta) == {Cause.LOST: (-2, 0)}
    assert delta.judged == -50
    assert delta.lost == {"a.py": "3-4"}


def test_old_lines_that_tests_no_longer_reach_are_the_target_branchs_loss_if_the_change_is_prose() -> None:
    change = Diff((changed("README.md", Hunk(1, 1, 1, 1)), FileDiff(None, "docs/new.rst", (Hunk(0, 0, 1, 1),))))
    delta = told(*LOSS, Diff(), UpstreamDiffs(TESTS, change, inert=True))
    assert shares(delta) == {Cause.UPSTREAM: (-2, 0)}
    assert delta.judged == 0
    assert delta.lost == {}


def test_lines_without_coverage_that_nobody_answers_for_are_counted() -> None:
    files = classify(*LOSS, Diff())
    assert uncharged(files, own(files, UpstreamDiffs(TESTS, Diff()))) == 0
    assert uncharged(files, own(files, UpstreamDiffs(TESTS, Diff(), inert=True))) == 2
    written = Diff((changed("a.py", Hunk(4, 0, 5, 3)),))
    files = classify(snap({"a.py": "++++"}), snap({"a.py": "++++--+"}), written)
    assert uncharged(files, own(files, UpstreamDiffs(written, Diff()))) == 2
    assert uncharged(files, own(files, UpstreamDiffs(Diff(), written))) == 0


@pytest.mark.parametrize("first", [True, False])
def test_code_that_the_target_branch_moved_is_not_moved_by_the_change(first: bool) -> None:
    base, head = snap({"b.py": "++--", "a0.py": "+++-"}), snap({"a.py": "++--", "a0.py": "+++-"})
    move, other = Diff((FileDiff("b.py", "a.py"),)), Diff((changed("x.py", Hunk(1, 1, 1, 1)),))
    delta = told(base, head, move, UpstreamDiffs(move, other) if first else UpstreamDiffs(other, move))
    assert shares(delta) == {Cause.UPSTREAM if first else Cause.MOVED_IN: (2, 4)}


def test_where_the_target_branch_left_nothing_nothing_is_judged() -> None:
    base, head = snap({"a.py": "++"}), snap({"a1.py": "--"})
    gone, new = FileDiff("a.py", None, (Hunk(1, 2, 0, 0),)), FileDiff(None, "a1.py", (Hunk(0, 0, 1, 2),))
    delta = told(base, head, Diff((gone, new)), UpstreamDiffs(Diff((gone,)), Diff((new,))))
    assert delta.points == -100
    assert delta.judged is None


@dataclass(frozen=True)
class Chain:
    """Three texts of one file, by what the target branch and then the change did, and coverage of the outer two."""

    base: FileCoverage
    head: FileCoverage
    before: Edited
    change: Edited
    whole: Edited


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    keep, fresh = st.booleans() | st.just(True), st.sampled_from((0, 0, 0, 1, 3))

    def edited(length: int) -> Edited:
        kept = draw(st.lists(keep, min_size=length, max_size=length))
        return edit(kept, draw(st.lists(fresh, min_size=length + 1, max_size=length + 1)))

    before = edited(draw(st.integers(1, 12)))
    change = edited(len(before.new))
    origin = {f"old {n}": before.new[n - 1] for n in range(1, len(before.new) + 1)}
    final = [origin.get(line, f"newer {n}") for n, line in enumerate(change.new)]
    kept = [line in final for line in before.old]
    whole = aligned(before.old, final, kept)
    return Chain(draw(coverages(len(before.old))), draw(coverages(len(final))), before, change, whole)


def aligned(old: tuple[str, ...], final: list[str], kept: list[bool]) -> Edited:
    """The edit from `old` to `final`, whose common lines keep their order."""
    added = [0] * (len(old) + 1)
    survivors = iter([*(n for n, keep in enumerate(kept) if keep), len(old)])
    position = next(survivors)
    for line in final:
        if position < len(old) and line == old[position]:
            position = next(survivors)
        else:
            added[position] += 1
    made = edit(kept, added)
    return Edited(old, tuple(final), made.hunks)


def at_start(chain: Chain) -> FileCoverage:
    """Line by line: an old line as at the baseline, a new one that is still there as at head."""
    old = {text: number for number, text in enumerate(chain.whole.old, 1)}
    new = {text: number for number, text in enumerate(chain.whole.new, 1)}
    statements, covered = [], []
    for number, text in enumerate(chain.before.new, 1):
        side, place = (chain.base, old[text]) if text in old else (chain.head, new.get(text, 0))
        statements += [number] if side.statements >> place & 1 else []
        covered += [number] if side.covered >> place & 1 else []
    return FileCoverage(lines.of(statements), lines.of(covered))


def diff(edited: Edited) -> Diff:
    return Diff((FileDiff("a.py", "a.py", edited.hunks),))


def lines_only(coverage: FileCoverage) -> FileCoverage:
    return FileCoverage(coverage.statements, coverage.covered)


@LAW
@given(chains())
def test_the_change_is_judged_as_if_its_start_had_been_measured(chain: Chain) -> None:
    base, start, head = (
        snap({"a.py": one}) for one in (lines_only(chain.base), at_start(chain), lines_only(chain.head))
    )
    delta = told(base, head, diff(chain.whole), UpstreamDiffs(diff(chain.before), diff(chain.change)))
    direct = explain(
        classify(start, head, diff(chain.change)),
        base=start,
        head=head,
        sides=ScopeSides(bool, bool),
        metric=Metric.LINE,
    )
    if delta.points is not None:
        assert delta.judged == direct.judged
        expected = shares(direct) if direct.points is not None else {}
        mine = {cause: share for cause, share in shares(delta).items() if cause is not Cause.UPSTREAM}
        assert mine == expected or direct.points is None


@LAW
@given(chains(), st.sampled_from(list(Metric)))
def test_parts_add_up_and_what_the_start_had_is_a_ratio(chain: Chain, metric: Metric) -> None:
    base, head = snap({"a.py": chain.base}), snap({"a.py": chain.head})
    delta = told(base, head, diff(chain.whole), UpstreamDiffs(diff(chain.before), diff(chain.change)), metric)
    if delta.points is None:
        return
    assert sum(part.points for part in delta.parts) == delta.points
    covered, total = shares(delta).get(Cause.UPSTREAM, (0, 0))
    start = Ratio(delta.base.covered + covered, delta.base.total + total)
    assert 0 <= start.covered <= start.total
