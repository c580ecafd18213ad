"""COVERAGE_FAIL_UNDER and --fail-under: another total bar for the one suite that is being checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from covgov.errors import UsageError
from covgov.judge.facts import Override
from covgov.policy.bars import spelled
from covgov.policy.policy import Policy
from covgov.policy.tables.fields import PLAIN

VARIABLE = "COVERAGE_FAIL_UNDER"
FLAG = "--fail-under"


def override(
    flag: str | None, env: Mapping[str, str], suites_checked: Sequence[str], base_policy: Policy
) -> Override | None:
    """The bar given from outside, None when there is none. Order: flag, environment, policy.

    It may always raise and lower only to `soft_start_floor` of the base's policy. Raises UsageError:
    `override-not-a-number`, `override-many-suites`, `override-below-floor`.
    """
    origin, text = (FLAG, flag) if flag is not None else (VARIABLE, env.get(VARIABLE, ""))
    if not text.strip() and flag is None:
        return None
    value = _exact(text, origin)
    if len(suites_checked) != 1:
        raise UsageError(
            "override-many-suites",
            f"{origin} = {text} replaces the bar of one suite, but {len(suites_checked)} are checked",
            hint="name the one suite, as in `covgov check api`, or set the bars in the policy",
        )
    given = Override(suites_checked[0], value, origin)
    words = refusal(given, base_policy)
    if words:
        raise UsageError(
            "override-below-floor", words, hint="raise it, or lower policy.soft_start_floor in the base branch first"
        )
    return given


def refusal(given: Override, policy: Policy) -> str:
    """Why the policy does not allow this bar; "" when it does."""
    bar = _bar(given, policy)
    if bar is None or given.value >= bar:
        return ""
    floor = policy.gate.soft_start_floor
    if floor is None:
        return (
            f"{_setting(given)} is below the policy's {spelled(bar)} %, and without a soft_start_floor it only raises"
        )
    if given.value < floor:
        return f"{_setting(given)} is below the soft_start_floor of {spelled(floor)} %"
    return ""


def lowering(given: Override, policy: Policy) -> str:
    """The message for a bar that lowers within the floor; "" when it does not lower."""
    bar = _bar(given, policy)
    if bar is None or given.value >= bar:
        return ""
    return f"{_setting(given)} for suite {given.suite} replaces the policy's {spelled(bar)} %"


def _bar(given: Override, policy: Policy) -> Decimal | None:
    """The highest total bar that the override replaces; None when there is none."""
    suite = [one for one in policy.components.values() if one.suite == given.suite]
    return max((one.fail_under for one in suite if one.fail_under is not None), default=None)


def _setting(given: Override) -> str:
    return f"{given.origin} = {spelled(given.value)}"


def _exact(text: str, origin: str) -> Decimal:
    if not PLAIN.fullmatch(text.strip()) or Decimal(text.strip()) > 100:
        raise UsageError(
            "override-not-a-number", f"{origin} = {text!r} is not a number between 0 and 100", hint="write it like 92.5"
        )
    return Decimal(text.strip())
