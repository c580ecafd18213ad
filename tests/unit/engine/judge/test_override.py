from __future__ import annotations

from decimal import Decimal

import pytest

from covgov.errors import UsageError
from covgov.judge.facts import Override
from covgov.judge.override import lowering, override, refusal
from covgov.policy.policy import Policy
from covgov_testing.builders.policy import TWO, policy

SOFT = TWO.replace("fail_under = 80", "fail_under = 80\nsoft_start_floor = 60", 1)


def given(
    flag: str | None, value: str = "", *, suites: tuple[str, ...] = ("auth",), base: Policy | None = None
) -> Override | None:
    return override(flag, {"COVERAGE_FAIL_UNDER": value} if value else {}, suites, base or policy(SOFT))


def test_without_flag_and_variable_the_policy_stands() -> None:
    assert given(None) is None
    assert given(None, "  ") is None


def test_the_flag_comes_before_the_environment() -> None:
    assert given("95", "93") == Override("auth", Decimal(95), "--fail-under")
    assert given(None, "93.5") == Override("auth", Decimal("93.5"), "COVERAGE_FAIL_UNDER")


@pytest.mark.parametrize(
    "text",
    ["", "ninety", "nan", "inf", "-1", "100.01", "90 %", "1e-999999999", "9_0", "\u0669\u0660", "+90", ".5", "90."],
)
def test_a_value_that_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        given(text)
    assert caught.value.code == "override-not-a-number"


@pytest.mark.parametrize("suites", [(), ("api", "auth")])
def test_it_is_refused_unless_one_suite_is_checked(suites: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        given("95", suites=suites)
    assert caught.value.code == "override-many-suites"


def test_it_may_lower_to_the_floor_and_not_below() -> None:
    assert given("60") is not None
    with pytest.raises(UsageError) as caught:
        given("59.999999")
    assert caught.value.code == "override-below-floor"


@pytest.mark.security
def test_without_a_floor_it_may_only_raise() -> None:
    assert given("92", base=policy()) is not None
    with pytest.raises(UsageError, match="without a soft_start_floor"):
        given("91.99", base=policy())


def test_a_lowered_bar_is_told_and_a_raised_one_is_not() -> None:
    assert lowering(Override("auth", Decimal(70), "--fail-under"), policy(SOFT)) == (
        "--fail-under = 70 for suite auth replaces the policy's 92 %"
    )
    assert lowering(Override("auth", Decimal(92), "--fail-under"), policy(SOFT)) == ""


def test_a_suite_that_the_policy_does_not_know_has_no_bar_to_lower() -> None:
    assert refusal(Override("new", Decimal(1), "--fail-under"), policy()) == ""


def test_a_policy_without_a_bar_has_none_to_lower() -> None:
    bare = policy(TWO.replace("fail_under = 80\n", "").replace("fail_under = 92\n", ""))
    assert refusal(Override("auth", Decimal(1), "--fail-under"), bare) == ""
    assert lowering(Override("auth", Decimal(1), "--fail-under"), bare) == ""
