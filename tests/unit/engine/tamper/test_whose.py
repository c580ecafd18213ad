from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.judge.evaluate import evaluate
from covgov.model.snapshot import Metric
from covgov.model.verdict import Outcome
from covgov.policy import bars, scopes
from covgov.policy.bar import Bar, On
from covgov.policy.policy import ExceptionSettings, HistorySettings, Policy
from covgov.tamper.limits import joined
from covgov.tamper.whose import loosenings, stricter
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import TWO, facts, policy

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
    assert (both.components["auth"].metric, both.components["auth"].fail_under) == (Metric.COMBINED, Decimal(92))


def test_settings_are_the_stricter_of_both() -> None:
    def settings(text: str) -> Policy:
        return policy(TWO.replace("fail_under = 80", f"fail_under = 80\n{text}", 1))

    base = settings("max_drop = 1\npatch_allowance = 4\nsoft_start_floor = 70\ncount_deletions = true")
    head = settings("max_drop = 3\npatch_allowance = 2\nsoft_start_floor = 10")
    base = base.model_copy(update={"history": HistorySettings(since=date(2026, 1, 1))})
    head = head.model_copy(update={"exceptions": ExceptionSettings(max_term_days=30)})
    both = stricter(base, head, {})
    gate = both.gate
    assert (gate.max_drop, gate.patch_allowance, gate.soft_start_floor) == (Decimal(1), 2, Decimal(70))
    assert gate.count_deletions
    assert both.history.since == date(2026, 1, 1)
    assert both.exceptions.max_term_days == 30


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
    assert scopes.components_of(both, "lib/x.py") == ("auth (base)",)
    assert not scopes.is_source(both, "docs/b.md")


def test_a_file_that_is_renamed_into_a_component_as_strict_is_that_ones() -> None:
    equal = policy(TWO.replace("= 92", "= 80"))
    both = stricter(equal, equal, {"src/auth/x.py": "src/api/x.py"})
    assert both == equal


@pytest.mark.security
def test_a_file_that_is_renamed_into_a_laxer_component_counts_for_both() -> None:
    both = stricter(policy(), policy(), {"src/auth/x.py": "src/api/x.py"})
    assert scopes.components_of(both, "src/api/x.py") == ("api", "auth (base)")


def test_a_removed_glob_still_claims_its_files() -> None:
    head = policy(TWO.replace("src/auth/**", "src/auth/core/**"))
    both = stricter(policy(), head, {})
    assert both.components["auth"].paths == ("src/auth/core/**",)
    assert both.components["auth (base)"].paths == ("src/auth/**",)
    assert {bar.component for bar in both.bars if bar.key == "components.auth.fail_under"} == {"auth", "auth (base)"}


def test_a_component_under_a_new_name_is_the_same_component() -> None:
    head = policy(TWO.replace("components.auth]", 'components.login]\nsuite = "auth"'))
    assert list(stricter(policy(), head, {}).components) == ["api", "login"]
    lower = policy(TWO.replace("components.auth]", 'components.login]\nsuite = "auth"').replace("92", "91"))
    assert list(stricter(policy(), lower, {}).components) == ["api", "login", "auth"]


def test_a_policy_against_itself_is_itself() -> None:
    assert stricter(policy(), policy(), {}) == policy()


DILUTED = snap({"src/auth/a.py": "+" * 75 + "-" * 25, "src/api/a.py": "+" * 390 + "-" * 10})
EVEN = """
[policy]
fail_under = 80
[suites.all]
[components.auth]
paths = ["src/auth/**"]
suite = "all"
[components.api]
paths = ["src/api/**"]
suite = "all"
"""


@pytest.mark.security
@pytest.mark.parametrize(
    "head",
    [
        EVEN.replace('"src/auth/**"]', '"src/auth/**", "src/api/a.py"]'),
        EVEN.replace('"src/auth/**"]', '"src/auth/x.py"]').replace('"src/api/**"]', '"src/api/**", "src/auth/**"]'),
        EVEN.split("[components.auth]")[0] + '[components.one]\npaths = ["src/api/**", "src/auth/**"]\nsuite = "all"\n',
    ],
)
def test_files_of_another_component_do_not_make_up_for_a_components_own(head: str) -> None:
    effective = stricter(policy(EVEN), policy(head), {})
    verdict = evaluate(facts(effective, {"all": DILUTED}, project=DILUTED))
    broken = {finding.subject for finding in verdict.findings if finding.rule == "bar" and not finding.waived_by}
    assert verdict.outcome is Outcome.FAIL
    assert {scopes.plain(name) for name in broken} == {"auth"}
    assert loosenings(policy(EVEN), policy(head), renames={})


def test_the_bases_side_is_told_in_the_register_by_the_components_own_name() -> None:
    effective = stricter(policy(EVEN), policy(EVEN.replace('"src/auth/**"]', '"src/auth/**", "lib/**"]')), {})
    verdict = evaluate(facts(effective, {"all": DILUTED}, project=DILUTED))
    assert {line.component for line in verdict.bars} == {"auth", "api"}
    assert {row.name for row in verdict.rows} == {"auth", "api", "auth (base)"}


def test_a_bases_side_that_nothing_is_left_of_holds_nothing_up() -> None:
    effective = stricter(policy(EVEN.replace("src/auth/**", "typo/**")), policy(EVEN), {})
    assert "auth (base)" in effective.components
    healthy = snap({"src/auth/a.py": "+", "src/api/a.py": "+"})
    assert evaluate(facts(effective, {"all": healthy}, project=healthy)).outcome is Outcome.PASS


@pytest.mark.security
def test_the_projects_metric_and_the_registers_place_are_the_bases() -> None:
    head = policy(TWO.replace("= 80", '= 99\nmetric = "line"', 1) + '[register]\npath = "docs/mine.md"\n')
    both = stricter(policy(), head, {})
    assert (both.gate.metric, both.gate.fail_under) == (Metric.COMBINED, Decimal(80))
    assert both.exceptions.path == policy().exceptions.path


@pytest.mark.security
def test_a_component_with_another_suite_is_judged_on_the_old_one_too() -> None:
    moved = TWO.replace('"src/auth/**"]', '"src/auth/**"]\nsuite = "easy"') + "[suites.easy]\n[components.x]\n"
    head = policy(moved + 'paths = ["x/**"]\nsuite = "auth"\n')
    both = stricter(policy(), head, {})
    assert {name: one.suite for name, one in both.components.items() if "auth" in name} == {
        "auth": "easy",
        "auth (base)": "auth",
    }
    renamed = policy(TWO.replace("components.auth]", 'components.login]\nsuite = "easy"') + SPARE)
    assert stricter(policy(), renamed, {}).components["auth"].suite == "auth"


SPARE = '[suites.easy]\n[components.x]\npaths = ["x/**"]\nsuite = "auth"\n'

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
