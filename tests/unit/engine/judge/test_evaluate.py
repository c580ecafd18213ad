from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.judge.evaluate import in_order, judge
from covgov.judge.facts import Override
from covgov.judge.interface import RuleCheck
from covgov.judge.registry import CHECKS
from covgov.judge.view import PatchFacts, PolicyView
from covgov.model.ratio import Ratio
from covgov.model.run import Baseline
from covgov.model.snapshot import Metric
from covgov.model.verdict import BarLine, Effect, Finding, Outcome, Scope
from covgov_testing.builders.coverage import FAILED, cov, snap
from covgov_testing.builders.policy import (
    RECEIPT,
    TODAY,
    TWO,
    compared,
    knowing,
    measured,
    policy,
    view,
    with_component,
)

API = snap({"src/api/a.py": "++++-"})
AUTH = snap({"src/auth/a.py": "+" * 95 + "-" * 5}, suite="auth")
BOTH = {"api": API, "auth": AUTH}
WHOLE = snap({**API.files, **AUTH.files})

FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(["bar", "suite", "patch"]),
    effect=st.sampled_from(Effect),
    scope=st.sampled_from([Scope.COMPONENT, Scope.PROJECT, Scope.FILE]),
    subject=st.sampled_from(["api", "auth", "x.py"]),
    message=st.sampled_from(["one", "two"]),
)
SEVERITY = [Outcome.PASS, Outcome.UNDETERMINED, Outcome.FAIL]


def good() -> PolicyView:
    return view(policy(), BOTH, project=WHOLE)


def saying(findings: Sequence[Finding]) -> RuleCheck:
    def rule(view: PolicyView, /) -> Iterator[Finding]:
        yield from findings

    return rule


def test_facts_in_order_pass() -> None:
    verdict = judge([good()])
    assert verdict.outcome is Outcome.PASS
    assert [row.outcome for row in verdict.rows] == [Outcome.PASS, Outcome.PASS]
    assert verdict.today == TODAY
    assert verdict.policy_hash == policy().hash
    assert verdict.patch is not None
    assert verdict.patch.ratio is None


def test_a_row_shows_its_figures_and_what_is_uncovered() -> None:
    tagged = replace(cov("++-", exits=[(1, 2), (1, 3)], taken=[(1, 2)]), attributes=(("security", 0b10),))
    tags = TWO.replace("[policy]", '[policy]\nattributes = ["reliability", "security"]')
    verdict = judge([view(policy(tags), {"api": snap({"src/api/a.py": tagged}), "auth": AUTH})])
    row = verdict.rows[0]
    assert (row.name, row.suite, row.bar, row.scope) == ("api", "api", Decimal(80), Scope.COMPONENT)
    assert (row.now, row.lines, row.branches) == (Ratio(3, 5), Ratio(2, 3), Ratio(1, 2))
    assert row.uncovered == {"src/api/a.py": "3"}
    assert row.partial_lines == {"src/api/a.py": "1"}
    assert row.attributes == {"reliability": None, "security": Ratio(1, 3)}
    assert row.outcome is Outcome.FAIL
    assert verdict.outcome is Outcome.FAIL
    assert verdict.rows[1].outcome is Outcome.PASS


def test_the_receipt_is_the_projects_else_the_first_components() -> None:
    base = compared(WHOLE, Fraction(0))
    verdict = judge([replace(good(), project=base)])
    assert (verdict.receipt.commit, verdict.receipt.distance) == (RECEIPT.commit, 3)
    assert verdict.project is not None
    assert verdict.project.baseline == WHOLE.ratio(Metric.COMBINED)
    assert judge([replace(good(), project=None)]).receipt.reason == "first run"
    assert judge([replace(good(), project=None, components=())]).receipt.reason == "nothing was compared"


def test_a_receipt_tells_its_detail() -> None:
    detailed = Baseline(replace(RECEIPT, detail="two runs were incomplete"), {})
    verdict = judge([replace(good(), project=measured(WHOLE, baseline=detailed))])
    assert verdict.receipt.reason == "merge base with the target branch: two runs were incomplete"


def test_a_failing_file_and_a_failing_suite_show_in_the_components_row() -> None:
    rules = '[[components.api.rules]]\nscope = "file"\nmin = 81\n'
    assert judge([view(policy(TWO + rules), BOTH)]).rows[0].outcome is Outcome.FAIL
    partial = judge([view(policy(), {"api": replace(API, tests=FAILED), "auth": AUTH})])
    assert partial.rows[0].outcome is Outcome.FAIL
    assert partial.rows[0].partial
    assert partial.rows[1].outcome is Outcome.PASS


def test_a_suite_that_did_not_arrive_leaves_its_component_and_the_verdict_undetermined() -> None:
    verdict = judge([view(policy(), {"api": API})])
    assert verdict.outcome is Outcome.UNDETERMINED
    assert (verdict.rows[1].now, verdict.rows[1].outcome) == (None, Outcome.UNDETERMINED)
    assert verdict.rows[1].uncovered == {}


def test_the_patch_is_shown_with_what_it_leaves_uncovered() -> None:
    verdict = judge([replace(good(), patch=PatchFacts({"src/api/a.py": 0b110000}, API))])
    assert verdict.patch is not None
    assert verdict.patch.ratio == Ratio(1, 2)
    assert verdict.patch.uncovered == {"src/api/a.py": "5"}
    assert verdict.outcome is Outcome.FAIL


NO_BAR = TWO.replace("fail_under = 80\n", "").replace("fail_under = 92\n", "")


def test_a_component_without_a_bar_is_judged_by_the_guard_alone() -> None:
    low = snap({"src/api/a.py": "+---------"})
    given = view(policy(NO_BAR), {"api": low, "auth": AUTH}, project=low)
    verdict = judge([given])
    assert verdict.outcome is Outcome.PASS
    assert [(row.name, row.bar, row.outcome) for row in verdict.rows] == [
        ("api", None, Outcome.PASS),
        ("auth", None, Outcome.PASS),
    ]
    dropped = judge([with_component(given, "api", compared(low, Fraction(-3)))])
    assert [(row.name, row.outcome) for row in dropped.rows] == [("api", Outcome.FAIL), ("auth", Outcome.PASS)]


def test_a_component_without_a_bar_and_without_units_is_undetermined() -> None:
    nothing = snap({"src/auth/a.py": ""}, suite="auth")
    assert judge([view(policy(NO_BAR), {"api": API, "auth": nothing})]).outcome is Outcome.UNDETERMINED


@pytest.mark.security
def test_a_bar_from_outside_bites_where_the_policy_has_none() -> None:
    given = view(policy(NO_BAR), BOTH)
    assert judge([given]).outcome is Outcome.PASS
    for bar, outcome in ((81, Outcome.FAIL), (80, Outcome.PASS)):
        assert judge([knowing(given, override=Override("api", Decimal(bar), "--fail-under"))]).outcome is outcome


def test_a_policy_without_a_patch_bar_has_no_patch_row() -> None:
    bare = policy(TWO.replace("fail_under = 80\n", ""))
    patch = PatchFacts({"src/api/a.py": 0b110000}, API)
    assert judge([replace(good(), policy=bare, patch=patch)]).patch is None


def test_every_judged_minimum_is_kept_met_or_not() -> None:
    file_rules = "".join(f'[[rules]]\nscope = "file"\nmin = {least}\n' for least in (10, 81))
    rules = file_rules + "[[components.api.rules]]\nmax_uncovered = 9\n"
    verdict = judge([view(policy(TWO + rules), BOTH)])
    assert verdict.bars == (
        BarLine(Scope.COMPONENT, "api", Metric.COMBINED, Ratio(4, 5), Decimal(80), True, "api"),
        BarLine(Scope.COMPONENT, "auth", Metric.COMBINED, Ratio(95, 100), Decimal(92), True, "auth"),
        BarLine(Scope.FILE, "src/api/a.py", Metric.COMBINED, Ratio(4, 5), Decimal(81), False, "api"),
        BarLine(Scope.FILE, "src/auth/a.py", Metric.COMBINED, Ratio(95, 100), Decimal(81), True, "auth"),
    )


def test_figures_that_prove_nothing_are_not_kept() -> None:
    verdict = judge([view(policy(), {"api": replace(API, tests=FAILED)})])
    assert verdict.bars == ()


def test_a_soft_start_is_told_and_its_bar_is_shown() -> None:
    soft = policy(TWO.replace("fail_under = 80", "fail_under = 80\nsoft_start_floor = 60", 1))
    made = knowing(view(soft, BOTH), override=Override("auth", Decimal(70), "COVERAGE_FAIL_UNDER"))
    verdict = judge([made])
    assert (verdict.soft_start or "").startswith("COVERAGE_FAIL_UNDER = 70")
    assert verdict.rows[1].bar == Decimal(70)
    assert verdict.outcome is Outcome.PASS


def test_what_the_guard_judged_is_kept() -> None:
    verdict = judge([with_component(good(), "api", compared(API, Fraction(-1)))])
    assert verdict.guard_judged == {"api": Fraction(-1)}


def test_a_component_that_the_policy_does_not_know_still_has_a_row() -> None:
    known = policy()
    made = replace(good(), policy=known.copy(components={"auth": known.components["auth"]}))
    assert judge([made]).rows[0].name == "api"


def test_the_same_finding_of_two_bars_is_told_once() -> None:
    finding = Finding("bar", Effect.FAIL, Scope.FILE, "x.py", "one")
    assert in_order([finding, finding]) == (finding,)


@given(st.lists(FINDINGS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random: Random) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert judge([good()], [saying(shuffled)]) == judge([good()], [saying(findings)])


@given(st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(random: Random) -> None:
    rules = list(CHECKS)
    random.shuffle(rules)
    made = view(policy(), {"api": API})
    assert judge([made], rules) == judge([made])


@given(st.lists(FINDINGS, max_size=5), FINDINGS)
def test_one_more_finding_never_makes_a_verdict_milder(findings: list[Finding], more: Finding) -> None:
    before = judge([good()], [saying(findings)])
    after = judge([good()], [saying([*findings, more])])
    assert SEVERITY.index(after.outcome) >= SEVERITY.index(before.outcome)
    if more.effect is Effect.FAIL:
        assert after.outcome is Outcome.FAIL


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_green_row_shows_a_figure_at_or_above_its_bar(covered: int, uncovered: int) -> None:
    snapshot = snap({"src/api/a.py": "+" * covered + "-" * uncovered})
    row = judge([view(policy(), {"api": snapshot, "auth": AUTH})]).rows[0]
    assert row.now is not None
    assert row.bar is not None
    assert (row.outcome is Outcome.PASS) is row.now.meets(row.bar)
