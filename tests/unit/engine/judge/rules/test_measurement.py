from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from covgov_testing.builders.coverage import FAILED
from covgov_testing.builders.policy import (
    API,
    compared,
    found,
    good,
    told,
    with_component,
)


def test_a_changed_measurement_leaves_the_guard_undetermined() -> None:
    changed = replace(compared(API, Fraction(0)), measurement_changed="7.1 at the baseline, 7.2 now")
    made = replace(with_component(good(), "api", changed), project=changed)
    assert told(found("measurement", made)) == [
        ("measurement", "undetermined", "api"),
        ("measurement", "undetermined", "project"),
    ]


def test_of_failed_tests_the_measurement_is_not_told_beside_the_failure() -> None:
    failed = replace(compared(replace(API, tests=FAILED), Fraction(0)), measurement_changed="7.1 then, 7.2 now")
    assert found("measurement", with_component(good(), "api", failed)) == ()
