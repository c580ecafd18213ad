from __future__ import annotations

from dataclasses import replace

from covgov.model.verdict import Effect, SuiteLine
from covgov_testing.builders import FAILED
from covgov_testing.builders_policy import (
    API,
    AUTH,
    facts,
    found,
    policy,
    told,
)


def test_a_suite_that_did_not_arrive_is_undetermined_with_its_reason() -> None:
    made = facts(policy(), {"api": API})
    (finding,) = found("suite", made)
    assert (finding.effect, finding.subject) == (Effect.UNDETERMINED, "auth")
    assert finding.message == "suite auth: did not arrive: no report"
    bare = replace(made, suites=(SuiteLine("auth", arrived=False),))
    assert found("suite", bare)[0].message == "suite auth: did not arrive"


def test_a_suite_whose_tests_failed_fails_and_an_unknown_result_does_not() -> None:
    made = facts(policy(), {"api": replace(API, tests=FAILED), "auth": replace(AUTH, tests=None)})
    assert told(found("suite", made)) == [("suite", "fail", "api")]
