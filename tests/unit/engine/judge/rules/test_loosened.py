from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.model.approval import Approval
from covgov.model.loosening import Loosening
from covgov.model.verdict import Effect
from covgov_testing.builders.policy import (
    TWO,
    found,
    good,
    knowing,
    policy,
)


@pytest.mark.security
def test_each_loosening_fails() -> None:
    made = knowing(good(), loosenings=(Loosening("policy.max_drop", "raised from 2 to 3"),))
    (finding,) = found("loosened", made)
    assert (finding.effect, finding.message) == (Effect.FAIL, "policy.max_drop: raised from 2 to 3")


LOOSENED = (Loosening("policy.max_drop", "raised from 2 to 3"),)


@pytest.mark.security
def test_without_an_approval_the_hint_says_why_there_is_none() -> None:
    made = knowing(good(), loosenings=LOOSENED, loosening_approval=Approval(why="no token"))
    (finding,) = found("loosened", made)
    assert finding.effect is Effect.FAIL
    assert finding.hint.endswith("(not approved: no token)")


@pytest.mark.security
def test_an_owners_review_makes_it_a_note() -> None:
    made = knowing(good(), loosenings=LOOSENED, loosening_approval=Approval("@alice"))
    (finding,) = found("loosened", made)
    assert (finding.effect, finding.hint) == (Effect.NOTE, "")
    assert finding.message == "policy.max_drop: raised from 2 to 3; approved by @alice in review"


@pytest.mark.security
def test_a_policy_that_only_reports_loosenings_makes_it_a_note() -> None:
    made = knowing(good(), loosenings=LOOSENED)
    reporting = policy(TWO.replace("[policy]\n", '[policy]\nloosening = "report"\n'))
    (finding,) = found("loosened", replace(made, policy=reporting))
    assert finding.effect is Effect.NOTE
    assert finding.message == 'policy.max_drop: raised from 2 to 3; not enforced (policy.loosening = "report")'
