from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from msgspec import structs

from covgov.differential.measurement import MeasurementDifference
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.change import Category, Cause, Part, Tally
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect
from covgov_testing.builders.coverage import FAILED
from covgov_testing.builders.policy import (
    API,
    TWO,
    compared,
    found,
    good,
    knowing,
    policy,
    told,
    with_component,
)

HOW = "7.1 at the baseline, 7.2 now"


def remeasured(loss: Fraction, *, tests_failed: bool = False) -> ScopeFacts:
    """The API measured differently: unchanged code lost so many points, and gained one; loss 0 = no line differs."""
    scope = compared(replace(API, tests=FAILED if tests_failed else API.tests), Fraction(0))
    parts = (Part(Cause.MEASUREMENT, -1, -1, 1 - loss),) if loss else ()
    deltas = {metric: structs.replace(delta, parts=parts) for metric, delta in scope.deltas.items()}
    differences = dict.fromkeys(Metric, MeasurementDifference(loss=loss))
    return replace(scope, deltas=deltas, measurement_changed=HOW, differences=differences)


def seen(scope: ScopeFacts, *, branch: bool = False) -> PolicyView:
    return knowing(replace(with_component(good(), "api", scope), project=scope), branch=branch)


@pytest.mark.security
def test_losses_of_another_measurement_beyond_max_drop_leave_a_change_undetermined() -> None:
    """Also where gains make up for them: a real loss could hide among them."""
    made = found("measurement", seen(remeasured(Fraction(201, 100))))
    assert told(made) == [("measurement", "undetermined", "api"), ("measurement", "undetermined", "project")]
    assert "`covgov run --measure-base`" in made[0].hint
    assert "changes by -1.01 pp, with losses of 2.01 pp, more than 2 pp" in made[0].message


def test_losses_of_another_measurement_up_to_max_drop_are_a_note() -> None:
    made = found("measurement", seen(remeasured(Fraction(2))))
    assert told(made) == [("measurement", "note", "api"), ("measurement", "note", "project")]


def test_on_the_branch_itself_a_run_of_another_measurement_is_the_new_baseline() -> None:
    made = found("measurement", seen(remeasured(Fraction(50)), branch=True))
    assert told(made) == [("measurement", "note", "api"), ("measurement", "note", "project")]
    assert "this run is the new baseline" in made[0].message


def test_another_measurement_that_counts_alike_is_one_note() -> None:
    made = found("measurement", seen(remeasured(Fraction(0))))
    assert told(made) == [("measurement", "note", "project")]
    assert HOW in made[0].message


def test_the_same_measurement_needs_no_word() -> None:
    assert found("measurement", seen(compared(API, Fraction(0)))) == ()


def test_of_failed_tests_the_measurement_is_not_told_beside_the_failure() -> None:
    failed = remeasured(Fraction(9), tests_failed=True)
    assert found("measurement", with_component(good(), "api", failed)) == ()


def losing(rule: str, *, branch: bool = False, tests_failed: bool = False) -> PolicyView:
    """The API with one covered line and two that another measurement does not cover, under a rule."""
    scope = remeasured(Fraction(0), tests_failed=tests_failed)
    deltas = {
        metric: structs.replace(delta, tally=Tally(lines={Category.CBC: 1})) for metric, delta in scope.deltas.items()
    }
    lost = MeasurementDifference({Category.LBC: 2}, lost={f"src/api/{name}.py": "1" for name in "dcba"})
    view = seen(replace(scope, deltas=deltas, differences=dict.fromkeys(Metric, lost)), branch=branch)
    return replace(view, policy=policy(f'{TWO}\n[[rules]]\nmetric = "line"\n{rule}'))


LOST = 'scope = "component"\non = "lost"\nmax_uncovered = 1'


@pytest.mark.security
def test_a_bar_on_lost_units_that_another_measurement_could_hide_is_undetermined() -> None:
    made = found("measurement", losing(LOST))[0]
    assert (made.effect, made.subject, made.key) == (Effect.UNDETERMINED, "api", "rules[0]")
    assert made.message == (
        "api: 2 lost of 3 units > 1 (line, on lost, bar rules[0]) at src/api/a.py:1, src/api/b.py:1, src/api/c.py:1 "
        f"and 1 more, unless only the measurement differs ({HOW})"
    )
    assert "`policy:measurement`" in made.hint


@pytest.mark.security
@pytest.mark.parametrize("limit", ["max = 50", "max_uncovered = 0"])
def test_every_limit_on_lost_units_of_the_project_is_judged(limit: str) -> None:
    made = found("measurement", losing(f'scope = "project"\non = "lost"\n{limit}'))
    assert [one for one in told(made) if one[1] == "undetermined"] == [("measurement", "undetermined", "project")]


@pytest.mark.parametrize("rule", [LOST.replace("= 1", "= 2"), LOST.replace("lost", "new")])
def test_a_bar_that_these_losses_do_not_break_is_not_mentioned(rule: str) -> None:
    assert told(found("measurement", losing(rule))) == [("measurement", "note", "project")]


def test_on_the_branch_itself_such_losses_are_a_note_and_of_failed_tests_nothing() -> None:
    made = found("measurement", losing(LOST, branch=True))[0]
    assert (made.effect, made.hint) == (Effect.NOTE, "")
    failed = losing(LOST, tests_failed=True)
    assert found("measurement", failed) == ()


@pytest.mark.security
@pytest.mark.parametrize(("branch", "effect"), [(False, Effect.UNDETERMINED), (True, Effect.NOTE)])
def test_lines_that_the_head_excludes_under_another_measurement_are_undetermined(branch: bool, effect: Effect) -> None:
    difference = MeasurementDifference(excluded={"src/api/a.py": "1-3"})
    scope = replace(remeasured(Fraction(0)), differences={Metric.LINE: difference})
    made = found("measurement", seen(scope, branch=branch))
    assert [(one.effect, one.subject) for one in made if "excluded" in one.message] == [
        (effect, "api"),
        (effect, "project"),
    ]
    assert made[0].message == (
        f"api: lines of the baseline are now excluded at src/api/a.py:1-3, unless only the measurement differs ({HOW})"
    )
