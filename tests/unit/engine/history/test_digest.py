from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from covgov.history.digest import MOVERS, digest
from covgov.model.change import Category, Cause, Delta, Part, Tally
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import (
    Effect,
    ExceptionLine,
    ExceptionState,
    Finding,
    Outcome,
    Scope,
    SuiteLine,
)
from covgov_testing.builders.coverage import FAILED, PASSED, snap
from covgov_testing.builders.run import object_id, row, run, verdict

MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)


def on(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def delta(base: tuple[int, int], head: tuple[int, int], cause: Cause = Cause.LOST) -> Delta:
    start, end = Ratio(*base), Ratio(*head)
    points = (end.fraction - start.fraction) * 100
    part = Part(cause, head[0] - base[0], head[1] - base[1], points)
    return Delta(Metric.COMBINED, start, end, points, (part,), tally=Tally(lines={Category.LBC: 1}))


def at(
    day: int, commit: str, covered: int, *, base: str = "", was: int | None = None, outcome: Outcome = Outcome.PASS
) -> RunRecord:
    change = delta((was, 100), (covered, 100)) if was is not None else None
    shown = row("api", covered, 100, delta=change, base_commit=object_id(base) if base else "")
    return run(commit, at=on(day), made=verdict(outcome, rows=[shown]))


def exception(name: str, **dates: date) -> ExceptionLine:
    return ExceptionLine(
        id=name,
        scope="component:api",
        metric=Metric.COMBINED,
        state=ExceptionState.ACTIVE,
        floor=None,
        current=None,
        owner="@a",
        review=None,
        opened=dates.get("opened"),
        resolved=dates.get("resolved"),
    )


def test_a_time_without_runs_says_so() -> None:
    empty = digest([at(9, "c1", 90)], since=MONDAY, until=SUNDAY)
    assert (empty.runs, empty.weeks, empty.components, empty.commit) == (0, ("2026-W47",), (), "")


def test_a_change_is_told_from_the_last_figure_before_the_window() -> None:
    made = digest(
        [at(10, "c1", 95), at(17, "c2", 93, base="c1", was=95), at(18, "c3", 92, base="c2", was=93)],
        since=MONDAY,
        until=SUNDAY,
    )
    (api,) = made.components
    assert (api.before, api.first, api.last) == (Ratio(95, 100), Ratio(93, 100), Ratio(92, 100))
    assert api.change is not None
    assert api.change.points == -3
    assert api.change.parts == (Part(Cause.LOST, -3, 0, Fraction(-3)),)
    assert api.change.tally.lines == {Category.LBC: 2}
    assert api.unexplained == 0
    assert (made.runs, made.outcomes, made.commit) == (2, {Outcome.PASS: 2}, object_id("c3"))


def test_runs_that_share_a_baseline_are_not_added_up_twice() -> None:
    failed = at(17, "c2", 90, base="c1", was=95, outcome=Outcome.FAIL)
    (api,) = digest(
        [at(10, "c1", 95), failed, at(18, "c3", 94, base="c1", was=95)], since=MONDAY, until=SUNDAY
    ).components
    assert api.change is not None
    assert (api.change.points, api.unexplained) == (Fraction(-1), Fraction(0))
    assert [part.points for part in api.change.parts] == [-1]


def test_what_no_recorded_comparison_accounts_for_is_named() -> None:
    (api,) = digest(
        [at(10, "c1", 95), at(18, "c3", 92, base="elsewhere", was=93)], since=MONDAY, until=SUNDAY
    ).components
    assert api.change is not None
    assert (api.change.points, api.unexplained) == (Fraction(-3), Fraction(-2))


def test_the_first_run_of_all_is_where_an_account_begins() -> None:
    (api,) = digest(
        [at(17, "c1", 95, base="gone", was=50), at(18, "c2", 96, base="c1", was=95)], since=MONDAY, until=SUNDAY
    ).components
    assert api.before is None
    assert api.change is not None
    assert (api.change.points, api.unexplained) == (Fraction(1), Fraction(0))


def test_a_comparison_with_itself_ends() -> None:
    (api,) = digest([at(10, "c0", 90), at(17, "c1", 95, base="c1", was=95)], since=MONDAY, until=SUNDAY).components
    assert api.unexplained == 5


def test_figures_of_failed_tests_prove_nothing() -> None:
    partial = run("c2", at=on(18), made=verdict(Outcome.FAIL, rows=[row("api", 10, 100, partial=True)]))
    (api,) = digest([at(10, "c1", 95), at(17, "c1b", 94), partial], since=MONDAY, until=SUNDAY).components
    assert api.last == Ratio(94, 100)


def test_a_component_that_was_never_measured_has_no_change() -> None:
    blind = run("c2", at=on(18), made=verdict(Outcome.UNDETERMINED, rows=[row("api", 0, 0, measured=False)]))
    (api,) = digest([blind], since=MONDAY, until=SUNDAY).components
    assert (api.before, api.first, api.last, api.change) == (None, None, None, None)


def test_a_component_that_appeared_later_is_counted_from_its_first_figure() -> None:
    before = run("c1", at=on(10), made=verdict(rows=[]))
    (api,) = digest(
        [before, at(17, "c2", 80), at(18, "c3", 81, base="c2", was=80)], since=MONDAY, until=SUNDAY
    ).components
    assert api.change is not None
    assert (api.before, api.change.points, api.unexplained) == (None, Fraction(1), Fraction(0))


def test_the_project_comes_first() -> None:
    made = structs.replace(verdict(rows=[row("api", 1, 2)]), project=row("project", 1, 2))
    record = run("c1", at=on(17), made=made)
    assert [c.name for c in digest([record], since=MONDAY, until=SUNDAY).components] == ["project", "api"]


def test_dirty_runs_are_left_out() -> None:
    dirty = run("c1", at=on(17), made=verdict(rows=[row("api", 1, 2)], dirty=True))
    assert digest([dirty], since=MONDAY, until=SUNDAY).runs == 0


def test_both_ends_of_the_window_count() -> None:
    records = [run(f"c{day}", at=on(day, hour)) for day, hour in ((15, 23), (16, 0), (22, 23), (23, 0))]
    assert digest(records, since=MONDAY, until=SUNDAY).runs == 2


def test_weeks_are_iso_weeks_across_the_year() -> None:
    assert digest([], since=date(2026, 12, 28), until=date(2027, 1, 10)).weeks == ("2026-W53", "2027-W01")


def test_suites_tell_runs_failures_and_time() -> None:
    def tested(day: int, tests: TestRun | None) -> RunRecord:
        return run(f"c{day}", at=on(day), made=verdict(suites=[SuiteLine("api", tests is not None, tests=tests)]))

    slow = TestRun(0, tests=9, seconds=20.0)
    records = [tested(10, PASSED), tested(17, FAILED), tested(18, None), tested(19, slow), tested(20, PASSED)]
    (api,) = digest(records, since=MONDAY, until=SUNDAY).suites
    assert (api.name, api.runs, api.failed, api.before, api.last, api.slowest) == ("api", 3, 1, PASSED, PASSED, 20.0)


def test_a_suite_that_never_ran_has_no_account() -> None:
    record = run("c1", at=on(17), made=verdict(suites=[SuiteLine("api", False, "no snapshot")]))
    assert digest([record], since=MONDAY, until=SUNDAY).suites == ()


def test_exceptions_are_opened_resolved_and_overdue() -> None:
    lines = [
        exception("EX-001", opened=MONDAY),
        exception("EX-002", opened=date(2026, 1, 1), resolved=SUNDAY),
        exception("EX-003", opened=MONDAY - timedelta(days=1)),
    ]
    late = ExceptionLine("EX-004", "file:a.py", Metric.LINE, ExceptionState.OVERDUE, None, None, "@b", MONDAY)
    made = digest([run("c1", at=on(17), made=verdict(exceptions=[*lines, late]))], since=MONDAY, until=SUNDAY)
    assert [line.id for line in made.opened] == ["EX-001"]
    assert [line.id for line in made.resolved] == ["EX-002"]
    assert [line.id for line in made.overdue] == ["EX-004"]


def test_what_runs_of_another_measurement_said_is_told_once() -> None:
    note = Finding("measurement", Effect.NOTE, Scope.PROJECT, "project", "measured differently")
    records = [run(f"c{day}", at=on(day), made=verdict(findings=[note])) for day in (10, 17, 18)]
    assert digest(records, since=MONDAY, until=SUNDAY).measurement == (note,)
    assert digest(records[:1], since=MONDAY, until=SUNDAY).measurement == ()


def test_only_what_still_counts_is_failing() -> None:
    bar = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api is below")
    waived = Finding("bar", Effect.FAIL, Scope.COMPONENT, "auth", "auth is below", waived_by="EX-001")
    note = Finding("receipt", Effect.NOTE, Scope.PROJECT, "", "note")
    made = digest(
        [run("c1", at=on(17), made=verdict(Outcome.FAIL, findings=[bar, waived, note]))], since=MONDAY, until=SUNDAY
    )
    assert made.failing == (bar,)


def test_files_that_moved_most_are_named_worst_first() -> None:
    start = run("c1", at=on(10), snapshots={"api": snap({"same.py": "+", "lost.py": "++", "gone.py": "--"})})
    end = run("c2", at=on(17), snapshots={"api": snap({"same.py": "+", "lost.py": "-+", "new.py": "-----"})})
    moves = digest([start, end], since=MONDAY, until=SUNDAY).movers
    assert [(move.path, move.uncovered) for move in moves] == [("new.py", 5), ("lost.py", 1), ("gone.py", -2)]


def test_movers_are_limited() -> None:
    start = run("c1", at=on(17), snapshots={"api": snap({})})
    end = run("c2", at=on(18), snapshots={"api": snap({f"{n:02}.py": "-" for n in range(MOVERS + 5)})})
    assert len(digest([start, end], since=MONDAY, until=SUNDAY).movers) == MOVERS


@given(st.lists(st.integers(0, 100), min_size=1, max_size=8), st.data())
def test_causes_and_the_unexplained_rest_always_add_up(figures: list[int], data: st.DataObject) -> None:
    records = [at(10, "n0", figures[0])]
    for number, covered in enumerate(figures[1:], start=1):
        base = data.draw(st.integers(0, number - 1))
        made = at(17, f"n{number}", covered, base=f"n{base}", was=figures[base])
        records.append(made)
    for component in digest(records, since=MONDAY, until=SUNDAY).components:
        assert component.change is not None
        told = sum((part.points for part in component.change.parts), Fraction(0))
        assert told + component.unexplained == component.change.points == figures[-1] - figures[0]
        assert component.unexplained == 0


def test_a_re_run_of_what_was_measured_before_the_window_adds_nothing() -> None:
    first = at(10, "c1", 95, base="c0", was=97)
    again = replace(at(17, "c1", 95, base="c0", was=97), attempt=2)
    (api,) = digest([first, again], since=MONDAY, until=SUNDAY).components
    assert api.change is not None
    assert (api.change.points, api.unexplained) == (Fraction(0), Fraction(0))
    assert api.change.parts == ()


def test_the_same_tree_under_another_commit_adds_nothing_either() -> None:
    queued = at(10, "c1", 95, base="c0", was=97)
    merged = replace(at(17, "m1", 95, base="c0", was=97), tree=queued.tree)
    (api,) = digest([queued, merged], since=MONDAY, until=SUNDAY).components
    assert api.change is not None
    assert api.change.parts == ()
    assert api.unexplained == 0


def test_a_re_run_of_the_first_run_of_all_adds_nothing() -> None:
    runs = [at(16, "c1", 95, base="gone", was=50), at(17, "c1", 95, base="gone", was=50)]
    (api,) = digest(runs, since=MONDAY, until=SUNDAY).components
    assert api.change is not None
    assert api.change.parts == ()
    assert api.unexplained == 0


def test_going_back_to_an_earlier_text_is_a_change_of_its_own() -> None:
    old, newer = at(9, "c1", 95), at(10, "c2", 90, base="c1", was=95)
    back = replace(at(17, "c3", 95, base="c2", was=90), tree=old.tree)
    (api,) = digest([old, newer, back], since=MONDAY, until=SUNDAY).components
    assert api.change is not None
    assert [part.points for part in api.change.parts] == [5]
    assert api.unexplained == 0


def test_runs_of_which_nothing_was_enforced_are_counted() -> None:
    bad = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "bad", enforced=False)
    plain, failed = at(17, "a", 90), at(18, "b", 80, outcome=Outcome.FAIL)
    evaluated = replace(failed, verdict=structs.replace(failed.verdict, findings=(bad,)))
    assert digest([plain, failed], since=MONDAY, until=SUNDAY).unenforced == 0
    assert digest([plain, evaluated], since=MONDAY, until=SUNDAY).unenforced == 1
