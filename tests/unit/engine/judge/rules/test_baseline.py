from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from covgov.model.run import BaselineReason, NoBaseline
from covgov_testing.builders.policy import (
    API,
    compared,
    found,
    good,
    measured,
    told,
    with_component,
)


def test_a_first_run_is_one_note_and_an_unreachable_history_blocks_every_scope() -> None:
    assert told(found("baseline", good())) == [("baseline", "note", "project")]
    lost = NoBaseline(BaselineReason.UNREACHABLE, "no route", blocking=True)
    made = with_component(good(), "api", measured(API, baseline=lost))
    assert told(found("baseline", made)) == [("baseline", "note", "project"), ("baseline", "undetermined", "api")]
    assert "history is configured but cannot be reached: no route" in found("baseline", made)[1].message


def test_a_baseline_has_nothing_to_say() -> None:
    made = with_component(replace(good(), project=None), "api", compared(API, Fraction(0)))
    assert told(found("baseline", made)) == [("baseline", "note", "auth")]
