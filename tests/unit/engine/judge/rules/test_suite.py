from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.model.snapshot import TestRun
from covgov.model.verdict import Effect, SuiteLine
from covgov_testing.builders.coverage import FAILED
from covgov_testing.builders.policy import (
    API,
    AUTH,
    found,
    knowing,
    policy,
    told,
    view,
)


def test_a_suite_that_did_not_arrive_is_undetermined_with_its_reason() -> None:
    made = view(policy(), {"api": API})
    (finding,) = found("suite", made)
    assert (finding.effect, finding.subject) == (Effect.UNDETERMINED, "auth")
    assert finding.message == "suite auth: did not arrive: no report"
    assert finding.hint.startswith("read the output of `covgov run auth`")
    bare = knowing(made, suites=(SuiteLine("auth", arrived=False),))
    assert found("suite", bare)[0].message == "suite auth: did not arrive"


def test_a_suite_whose_tests_failed_fails_and_an_unknown_result_is_noted() -> None:
    made = view(policy(), {"api": replace(API, tests=FAILED), "auth": replace(AUTH, tests=None)})
    assert told(found("suite", made)) == [("suite", "fail", "api"), ("suite", "note", "auth")]


@pytest.mark.security
@pytest.mark.parametrize("tests", [TestRun(0, tests=0), TestRun(0, tests=4, skipped=4)])
def test_a_suite_that_ran_no_test_proves_nothing(tests: TestRun) -> None:
    made = view(policy(), {"api": replace(API, tests=tests), "auth": AUTH})
    assert told(found("suite", made)) == [("suite", "undetermined", "api")]


def test_what_an_arrived_snapshot_has_to_say_is_a_note() -> None:
    made = view(policy(), {"api": replace(API, notes=("its summary has 10/15 lines, its lines add up to 7/8",))})
    notes = [finding for finding in found("suite", made) if finding.effect is Effect.NOTE]
    assert told(tuple(notes)) == [("suite", "note", "api")]
    assert notes[0].message == "suite api: its summary has 10/15 lines, its lines add up to 7/8"
