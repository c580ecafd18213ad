from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from covgov.judge.rules import max_drop
from covgov.model.change import Delta
from covgov.model.ratio import Ratio
from covgov.model.run import Baseline, BaselineReason
from covgov.model.snapshot import Metric
from covgov_testing.builders.coverage import FAILED
from covgov_testing.builders.policy import (
    API,
    RECEIPT,
    compared,
    found,
    good,
    told,
    with_component,
)


@pytest.mark.parametrize(("points", "fails"), [("-2", False), ("-2.000001", True), ("0", False), ("3", False)])
def test_two_points_pass_and_any_more_fail(points: str, fails: bool) -> None:
    made = with_component(good(), "api", compared(API, Fraction(points)))
    assert bool(found("max-drop", made)) is fails


def test_a_drop_is_told_in_words_and_never_looks_like_one_that_passes() -> None:
    (finding,) = found("max-drop", with_component(good(), "api", compared(API, Fraction("-2.000001"))))
    assert finding.message.startswith("api: -2.01 pp")
    assert "a drop of more than 2 pp (combined, bar policy.max_drop)" in finding.message


def test_a_figure_for_max_drop_that_is_not_the_delta_is_printed_beside_it() -> None:
    (finding,) = found("max-drop", with_component(good(), "api", compared(API, Fraction(-3), Fraction(1))))
    assert "+1.00 pp" in finding.message
    assert "; -3.00 pp counts for max_drop: a drop" in finding.message


def test_the_project_is_guarded_too() -> None:
    made = replace(good(), project=compared(API, Fraction(-3)))
    assert told(found("max-drop", made)) == [("max-drop", "fail", "project")]


def test_a_drop_of_failed_tests_is_noted() -> None:
    made = with_component(good(), "api", compared(replace(API, tests=FAILED), Fraction(-50)))
    assert told(found("max-drop", made)) == [("max-drop", "note", "api")]


def test_what_cannot_be_compared_is_not_judged() -> None:
    made = with_component(good(), "api", compared(API, None))
    assert not found("max-drop", made)


def test_another_measurement_leaves_the_rest_to_be_judged() -> None:
    changed = replace(compared(API, Fraction(-50)), measurement_changed="7.1 at the baseline, 7.2 now")
    assert max_drop.judged(changed, Metric.LINE) == -50
    assert len(found("max-drop", with_component(good(), "api", changed))) == 1


@pytest.mark.parametrize(("reason", "named"), [("MERGE_BASE_ANCESTOR", True), ("MERGE_BASE", False)])
def test_a_drop_since_before_the_merge_base_names_the_way_to_tell_whose_it_is(reason: str, named: bool) -> None:
    receipt = replace(RECEIPT, reason=BaselineReason[reason])
    dropped = replace(compared(API, Fraction(-50)), baseline=Baseline(receipt, {}))
    (finding,) = found("max-drop", with_component(good(), "api", dropped))
    assert ("`covgov run --measure-base`" in finding.hint) is named


def test_a_delta_of_another_metric_is_not_judged() -> None:
    now = Ratio(1, 2)
    branch = Delta(Metric.BRANCH, now, now, Fraction(-9), judged=Fraction(-9), words="-9.00 pp")
    made = replace(compared(API, Fraction(0)), deltas={Metric.BRANCH: branch})
    assert not found("max-drop", with_component(good(), "api", made))
