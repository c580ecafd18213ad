from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.judge import breaches
from covgov.judge.breaches import Subject
from covgov.judge.facts import Override
from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Scope
from covgov.policy import bars
from covgov.policy.bars import Bar, BarScope, BarUnits
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import TWO, knowing, policy, view

BAR = Bar("k", BarScope.COMPONENT, BarUnits.TOTAL, Metric.COMBINED, min=Decimal(80), component="auth")
VIEW = view(policy(), {})
AUTH = Subject(Scope.COMPONENT, "auth")
PERCENT = st.decimals(min_value=0, max_value=100, places=4)


def files(*patterns: tuple[str, ...], component: str = "") -> tuple[Bar, ...]:
    return tuple(
        Bar(f"rules[{i}]", BarScope.FILE, BarUnits.TOTAL, Metric.LINE, Decimal(i), component=component, paths=paths)
        for i, paths in enumerate(patterns)
    )


def winners(made: tuple[Bar, ...], path: str, *components: str) -> list[str]:
    return [choice.bar.key for choice in bars.for_file(made, BarUnits.TOTAL, path, components) if choice.won]


def test_the_most_specific_glob_wins() -> None:
    made = files(("src/a/**",), ("src/**",), ())
    assert winners(made, "src/a/x.py") == ["rules[0]"]
    assert winners(made, "src/b/x.py") == ["rules[1]"]
    assert winners(made, "lib/x.py") == ["rules[2]"]


def test_a_bar_is_as_specific_as_its_best_matching_glob() -> None:
    made = files(("src/a/x.py", "**"), ("src/a/**",))
    assert winners(made, "src/a/x.py") == ["rules[0]"]
    assert winners(made, "src/a/y.py") == ["rules[1]"]


@pytest.mark.security
def test_the_strictest_of_equally_specific_bars_wins() -> None:
    strict, lax = files(("src/**",), ("src/**",))[::-1]
    assert winners((strict, lax), "src/x.py") == ["rules[1]"]
    assert winners((lax, strict), "src/x.py") == ["rules[1]"]
    assert winners((strict, strict), "src/x.py") == ["rules[1]"]
    few, many = (replace(strict, key=str(n), min=None, max_uncovered=n) for n in (3, 4))
    assert winners((many, few), "src/x.py") == ["3"]


@pytest.mark.security
def test_a_narrower_bar_takes_the_place_only_of_the_limits_that_it_sets() -> None:
    wide, narrow = files(("src/**",), ("src/a/**",))
    wide = replace(wide, min=Decimal(80), max_uncovered=5)
    narrow = replace(narrow, min=None, max_uncovered=100)
    choices = bars.for_file((wide, narrow), BarUnits.TOTAL, "src/a/x.py", [])
    assert [(c.bar.key, c.bar.min, c.bar.max_uncovered, c.won) for c in choices] == [
        ("rules[0]", Decimal(80), None, True),
        ("rules[0]", None, 5, False),
        ("rules[1]", None, 100, True),
    ]


@pytest.mark.security
def test_another_components_narrower_bar_takes_no_place() -> None:
    (strict,) = files(("src/**",), component="auth")
    lax = replace(strict, key="lax", component="api", paths=("src/a/x.py",))
    assert winners((strict, lax), "src/a/x.py", "auth", "api") == ["rules[0]", "lax"]
    anyone = replace(strict, component="")
    assert winners((anyone, lax), "src/a/x.py", "api") == ["lax"]
    assert winners((anyone, lax), "src/a/x.py", "auth", "api") == ["rules[0]", "lax"]


def test_bars_of_different_metric_attribute_or_units_do_not_compete() -> None:
    one = files(("src/**",))[0]
    others = (
        replace(one, metric=Metric.BRANCH),
        replace(one, attribute="security"),
        replace(one, on=BarUnits.PATCH),
    )
    assert winners((one, *others), "src/x.py") == ["rules[0]"] * 3


def test_a_components_bar_is_for_its_own_files() -> None:
    made = files(("src/**",), component="auth")
    assert winners(made, "src/x.py", "auth") == ["rules[0]"]
    assert winners(made, "src/x.py", "api") == []


def test_losers_are_named_too() -> None:
    choices = bars.for_file(files(("src/a/**",), ("src/**",)), BarUnits.TOTAL, "src/a/x.py", [])
    assert [(choice.bar.key, choice.won) for choice in choices] == [("rules[0]", True), ("rules[1]", False)]


def test_a_broken_bar_prints_the_fraction() -> None:
    (finding,) = breaches.broken(VIEW, replace(BAR, key="components.auth.fail_under"), Ratio(1599, 2000), AUTH)
    assert finding.message == "auth: 1599/2000 = 79.95 % < 80 % (combined, bar components.auth.fail_under)"
    assert (finding.rule, finding.effect, finding.bar) == ("bar", Effect.FAIL, Decimal(80))


def test_a_bar_that_is_exactly_met_is_not_broken() -> None:
    assert not list(breaches.broken(VIEW, BAR, Ratio(1600, 2000), AUTH))
    assert not list(breaches.broken(VIEW, BAR, Ratio(0, 0), AUTH))


def test_each_broken_limit_is_told_and_only_a_minimum_can_be_waived() -> None:
    bar = replace(BAR, max=Decimal(10), max_uncovered=5)
    findings = list(breaches.broken(VIEW, bar, Ratio(500, 1000), AUTH))
    assert [finding.rule for finding in findings] == ["bar", "limit", "limit"]
    assert "500/1000 = 50.00 % > 10 %" in findings[1].message
    assert "500 uncovered of 1000 units > 5" in findings[2].message


def test_an_attribute_is_a_rule_of_its_own() -> None:
    (finding,) = breaches.broken(VIEW, replace(BAR, attribute="security"), Ratio(1, 2), AUTH)
    assert finding.rule == "attribute"
    assert "reached by security tests" in finding.message


def test_lost_units_are_counted_as_such() -> None:
    (finding,) = breaches.broken(
        VIEW, Bar("k", BarScope.PROJECT, BarUnits.LOST, Metric.LINE, max_uncovered=2), Ratio(3, 9), AUTH
    )
    assert "3 lost of 9 units > 2 (line, on lost, bar k)" in finding.message


def test_of_failing_tests_a_broken_bar_is_a_note() -> None:
    (finding,) = breaches.broken(VIEW, BAR, Ratio(1, 2), replace(AUTH, unproven="the suite's tests failed"))
    assert finding.effect is Effect.NOTE
    assert finding.message.endswith("; the suite's tests failed, so this proves nothing")


def test_an_override_replaces_only_the_total_bar_of_its_suite() -> None:
    made = knowing(view(policy(), {"api": snap({})}), override=Override("auth", Decimal(70), "--fail-under"))
    changed = {bar.key: bar.min for bar in breaches.in_force(made) if bar not in made.policy.bars}
    assert changed == {"components.auth.fail_under": Decimal(70)}
    assert breaches.in_force(knowing(made, override=None)) == made.policy.bars


def test_where_there_is_one_suite_its_total_is_the_projects() -> None:
    single = policy(TWO.replace("[suites.auth]\n", "").replace('"src/auth/**"]', '"src/auth/**"]\nsuite = "api"'))
    keys = {bar.key for bar in breaches.overridden(single, Override("api", Decimal(99), "x")) if bar.min == Decimal(99)}
    assert keys == {"policy.fail_under", "components.api.fail_under", "components.auth.fail_under"}


@given(st.integers(0, 3000), st.integers(1, 3000), PERCENT)
def test_the_display_never_contradicts_the_outcome(covered: int, total: int, limit: Decimal) -> None:
    now = Ratio(min(covered, total), total)
    low = list(breaches.broken(VIEW, replace(BAR, min=limit), now, AUTH))
    high = list(breaches.broken(VIEW, replace(BAR, min=None, max=limit), now, AUTH))
    assert bool(low) is not now.meets(limit)
    for finding in low:
        shown = now.percent(words.precision(limit))
        assert Decimal(shown) < limit
        assert f"{shown} % < " in finding.message
    for finding in high:
        shown = finding.message.split("= ")[1].split(" %")[0]
        assert Decimal(shown) > limit
