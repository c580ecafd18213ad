from __future__ import annotations

from covgov.judge.facts import BasePolicy
from covgov_testing.builders.policy import (
    found,
    good,
    knowing,
    told,
)


def test_the_first_policy_says_that_it_judges_itself() -> None:
    assert told(found("bootstrap", knowing(good(), base_policy=BasePolicy.ABSENT))) == [("bootstrap", "note", "policy")]
