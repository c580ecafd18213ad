from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from covgov.judge.facts import Override
from covgov_testing.builders.policy import (
    TWO,
    found,
    good,
    knowing,
    policy,
    told,
)


@pytest.mark.security
def test_a_total_bar_below_the_floor_is_refused_even_if_it_got_here() -> None:
    made = knowing(good(), override=Override("auth", Decimal(70), "--fail-under"))
    assert told(found("soft-start", made)) == [("soft-start", "fail", "auth")]
    soft = replace(made, policy=policy(TWO.replace("fail_under = 80", "fail_under = 80\nsoft_start_floor = 60", 1)))
    assert told(found("soft-start", soft)) == [("soft-start", "note", "auth")]
    assert not found("soft-start", knowing(made, override=Override("auth", Decimal(93), "--fail-under")))
