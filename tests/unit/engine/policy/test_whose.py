from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.model.snapshot import Metric
from covgov.policy import bars, scopes
from covgov.policy.policy import Bar, On, Policy
from covgov.policy.whose import joined, loosenings, stricter
from covgov_testing.builders_policy import TWO, policy

FILE_RULE = '[[rules]]\nscope = "file"\npaths = ["{glob}"]\nmin = {least}\n'


def total(policy: Policy, key: str) -> Decimal | None:
    return next(bar.min for bar in policy.bars if bar.key == key)


def rule(glob: str, least: int) -> str:
    return FILE_RULE.format(glob=glob, least=least)


def mins_for(policy: Policy, path: str) -> set[Decimal | None]:
    return {one.bar.min for one in bars.for_file(policy.bars, On.TOTAL, path, ["api"]) if one.won}


def test_without_a_base_policy_the_heads_judges() -> None:
    assert stricter(None, policy(), {}) == policy()


def test_a_raised_bar_bites_at_once_and_a_lowered_one_not_yet() -> None:
    base = policy()
    raised = policy(TWO.replace("fail_under = 92", "fail_under = 95"))
    lowered = policy(TWO.replace("fail_under = 92", "fail_under = 50"))
    assert total(stricter(base, raised, {}), "components.auth.fail_under") == Decimal(95)
    both = stricter(base, lowered, {})
    assert total(both, "components.auth.fail_under") == Decimal(92)
    assert both.components["auth"].fail_under == Decimal(92)


@pytest.mark.security
def test_what_the_head_removed_stays_in_force() -> None:
    head = policy(TWO.split("[suites.auth]")[0] + '[components.api]\npaths = ["src/api/**"]\n')
    both = stricter(policy(), head, {})
    assert both.expected == ("api", "auth")
    assert both.components["auth"].paths == ("src/auth/**",)
    assert total(both, "components.auth.fail_under") == Decimal(92)


def test_a_bar_of_another_metric_stands_beside_the_old_one() -> None:
    head = policy(TWO.replace("fail_under = 92", 'fail_under = 20\nmetric = "line"'))
    both = stricter(policy(), head, {})
    found = {(bar.metric, bar.min) for bar in both.bars if bar.key == "components.auth.fail_under"}
    assert found == {(Metric.LINE, Decimal(20)), (Metric.COMBINED, Decimal(92))}
    assert both.components["auth"].fail_under == Decimal(20)


def test_settings_are_the_stricter_of_both() -> None:
    def settings(text: str) -> Policy:
        return policy(TWO.replace("fail_under = 80", f"fail_under = 80\n{text}", 1))

    base = settings("max_drop = 1\npatch_allowance = 4\nsoft_start_floor = 70\ncount_deletions = true")
    head = settings("max_drop = 3\npatch_allowance = 2\nsoft_start_floor = 10")
    base = replace(base, history=replace(base.history, since=date(2026, 1, 1)))
    head = replace(head, register=replace(head.register, max_term_days=30))
    both = stricter(base, head, {})
    assert (both.max_drop, both.patch_allowance, both.soft_start_floor) == (Decimal(1), 2, Decimal(70))
    assert both.count_deletions
    assert both.history.since == date(2026, 1, 1)
    assert both.register.max_term_days == 30


@pytest.mark.security
def test_a_narrower_and_lower_file_bar_does_not_undercut_the_bases() -> None:
    base, head = policy(TWO + rule("src/**", 80)), policy(TWO + rule("src/**", 80) + rule("src/api/**", 10))
    assert mins_for(head, "src/api/x.py") == {Decimal(10)}
    assert mins_for(stricter(base, head, {}), "src/api/x.py") == {Decimal(10), Decimal(80)}


def test_equal_file_bars_are_not_doubled() -> None:
    made = policy(TWO + rule("src/**", 80))
    assert stricter(made, made, {}).bars == made.bars


def test_file_bars_of_the_base_follow_renames() -> None:
    base, head = policy(TWO + rule("src/api/old.py", 80)), policy(TWO)
    both = stricter(base, head, {"src/api/old.py": "src/api/new[1].py"})
    assert mins_for(both, "src/api/new[1].py") == {Decimal(80)}
    assert mins_for(both, "src/api/new1.py") == set()


def test_a_file_that_is_renamed_out_of_every_component_stays_in_its_own() -> None:
    both = stricter(policy(), policy(), {"src/auth/x.py": "lib/x.py", "docs/a.md": "docs/b.md"})
    assert scopes.components_of(both, "lib/x.py") == ("auth",)
    assert not scopes.is_source(both, "docs/b.md")


def test_a_file_that_is_renamed_into_another_component_is_that_ones() -> None:
    both = stricter(policy(), policy(), {"src/auth/x.py": "src/api/x.py"})
    assert scopes.components_of(both, "src/api/x.py") == ("api",)


def test_a_removed_glob_still_claims_its_files() -> None:
    head = policy(TWO.replace("src/auth/**", "src/auth/core/**"))
    assert stricter(policy(), head, {}).components["auth"].paths == ("src/auth/core/**", "src/auth/**")


def test_a_component_under_a_new_name_is_the_same_component() -> None:
    head = policy(TWO.replace("components.auth]", 'components.login]\nsuite = "auth"'))
    assert list(stricter(policy(), head, {}).components) == ["api", "login"]
    lower = policy(TWO.replace("components.auth]", 'components.login]\nsuite = "auth"').replace("92", "91"))
    assert list(stricter(policy(), lower, {}).components) == ["api", "login", "auth"]


def test_a_policy_against_itself_is_itself() -> None:
    assert stricter(policy(), policy(), {}) == policy()


PERCENT = st.integers(0, 100).map(Decimal)
LIMITS = st.tuples(st.none() | PERCENT, st.none() | PERCENT, st.none() | st.integers(0, 9))


def with_limits(bar: Bar, limits: tuple[Decimal | None, Decimal | None, int | None]) -> Bar:
    return replace(bar, min=limits[0], max=limits[1], max_uncovered=limits[2])


@given(LIMITS, LIMITS)
def test_joined_is_as_strict_as_both(one: tuple[Decimal, Decimal, int], other: tuple[Decimal, Decimal, int]) -> None:
    bar = policy().bars[0]
    a, b = with_limits(bar, one), with_limits(bar, other)
    both = joined(a, b)
    assert (both.min, both.max, both.max_uncovered) == (joined(b, a).min, joined(b, a).max, joined(b, a).max_uncovered)
    for side in (a, b):
        assert side.min is None or (both.min is not None and both.min >= side.min)
        assert side.max is None or (both.max is not None and both.max <= side.max)
        assert side.max_uncovered is None or (
            both.max_uncovered is not None and both.max_uncovered <= side.max_uncovered
        )


@given(PERCENT, PERCENT, PERCENT, PERCENT)
def test_the_effective_policy_is_no_looser_than_either(a: Decimal, b: Decimal, c: Decimal, d: Decimal) -> None:
    def made(project: Decimal, auth: Decimal) -> Policy:
        return policy(TWO.replace("= 80", f"= {project}").replace("= 92", f"= {auth}"))

    base, head = made(a, b), made(c, d)
    effective = stricter(base, head, {})
    assert not loosenings(base, effective, renames={})
    assert not loosenings(head, effective, renames={})
