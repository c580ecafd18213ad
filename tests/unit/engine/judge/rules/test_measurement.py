from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from msgspec import structs

from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.change import Cause, Part
from covgov.model.snapshot import Metric
from covgov_testing.builders.coverage import FAILED
from covgov_testing.builders.policy import (
    API,
    compared,
    found,
    good,
    knowing,
    told,
    with_component,
)

HOW = "7.1 at the baseline, 7.2 now"


def remeasured(loss: Fraction, *, tests_failed: bool = False) -> ScopeFacts:
    """The API measured differently: unchanged code lost so many points, and gained one; loss 0 = no line differs."""
    scope = compared(replace(API, tests=FAILED if tests_failed else API.tests), Fraction(0))
    parts = (Part(Cause.MEASUREMENT, -1, -1, 1 - loss),) if loss else ()
    deltas = {metric: structs.replace(delta, parts=parts) for metric, delta in scope.deltas.items()}
    losses = dict.fromkeys(Metric, loss)
    return replace(scope, deltas=deltas, measurement_changed=HOW, measurement_loss=losses)


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
