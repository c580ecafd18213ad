"""The rules one by one: what each finds, and what it leaves to others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from covgov.model.change import Category, Delta
from covgov.model.ratio import Ratio
from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import Effect, Finding, Scope, SuiteLine
from covgov.policy.facts import BasePolicy, Facts, Loosening, Override, PatchFacts
from covgov.policy.interface import Rule
from covgov.policy.registry import RULES
from covgov.policy.rules import max_drop
from covgov_testing.builders import FAILED, cov, snap
from covgov_testing.builders_policy import TWO, compared, facts, measured, policy, tallied, told, with_component

API = snap({"src/api/a.py": "++++-"})
AUTH = snap({"src/auth/a.py": "+" * 95 + "-" * 5}, suite="auth")
BOTH = {"api": API, "auth": AUTH}


def found(rule: str, given: Facts) -> tuple[Finding, ...]:
    return tuple(RULES[rule](given))


def good() -> Facts:
    return facts(policy(), BOTH, project=snap({**API.files, **AUTH.files}))


def patched(changed: dict[str, int], snapshot: Snapshot, allowance: int = 0, rules: str = "") -> Facts:
    made = policy(TWO.replace("fail_under = 80", f"fail_under = 80\npatch_allowance = {allowance}", 1) + rules)
    return replace(facts(made, BOTH), patch=PatchFacts(changed, snapshot))


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_fails_facts_that_are_in_order(rule: str) -> None:
    assert all(finding.effect is Effect.NOTE for finding in found(rule, good()))


@pytest.mark.architecture
def test_every_rule_is_a_function_of_a_module_of_its_own() -> None:
    modules = [rule.__module__ for rule in RULES.values() if callable(rule)]
    assert len(set(modules)) == len(RULES)
    assert all(name.startswith("covgov.policy.rules.") for name in modules)


def test_a_rule_is_any_function_of_facts() -> None:
    def silent(facts: Facts, /) -> Iterator[Finding]:
        return iter(())

    rule: Rule = silent
    assert not list(rule(good()))


# bar


def test_a_component_below_its_bar_fails_and_the_project_is_judged_on_the_whole() -> None:
    worse = snap({"src/auth/a.py": "+" * 91 + "-" * 9}, suite="auth")
    made = facts(policy(), {"api": API, "auth": worse}, project=snap({**worse.files, "x.py": "-" * 100}))
    assert told(found("bar", made)) == [("bar", "fail", "project"), ("bar", "fail", "auth")]


def test_a_component_of_a_suite_that_failed_is_noted() -> None:
    worse = snap({"src/auth/a.py": "-"}, suite="auth", tests=FAILED)
    assert told(found("bar", facts(policy(), {"api": API, "auth": worse}))) == [("bar", "note", "auth")]


def test_each_file_is_held_against_its_most_specific_bar() -> None:
    rules = """
    [[rules]]
    scope = "file"
    min = 50
    [[components.api.rules]]
    scope = "file"
    paths = ["src/api/core/**"]
    min = 100
    """
    snapshot = snap({"src/api/core/a.py": "+++-", "src/api/b.py": "+-", "src/api/c.py": "+--", "x.py": "-"})
    made = facts(policy(TWO + rules), {"api": snapshot, "auth": AUTH}, project=snapshot)
    files = [f for f in found("bar", made) if f.scope is Scope.FILE]
    assert [(f.subject, f.key) for f in files] == [
        ("src/api/c.py", "rules[0]"),
        ("src/api/core/a.py", "components.api.rules[0]"),
        ("x.py", "rules[0]"),
    ]


def test_a_file_bar_that_matches_no_file_is_noted() -> None:
    rules = '[[components.api.rules]]\nscope = "file"\npaths = ["src/api/gone.py"]\nmin = 100\n'
    (finding,) = found("bar", facts(policy(TWO + rules), BOTH))
    assert finding.effect is Effect.NOTE
    assert "matches no measured file (src/api/gone.py)" in finding.message


def test_a_file_bar_of_a_component_that_is_not_here_says_nothing() -> None:
    rules = '[[components.auth.rules]]\nscope = "file"\nmin = 100\n'
    assert not found("bar", facts(policy(TWO + rules), {"api": API}))


def test_a_bar_on_branches_is_undetermined_where_none_are_measured() -> None:
    rules = '[[components.api.rules]]\nmetric = "branch"\nmin = 70\n'
    assert told(found("bar", facts(policy(TWO + rules), BOTH))) == [("empty", "undetermined", "api")]


def test_an_attribute_bar_counts_only_what_its_tests_reached() -> None:
    rules = '[[components.api.rules]]\nattribute = "security"\nmin = 50\n'
    tagged = replace(cov("++++-"), attributes=(("security", 0b110),))
    made = facts(policy(TWO + rules), {"api": snap({"src/api/a.py": tagged}), "auth": AUTH})
    (finding,) = found("bar", made)
    assert finding.rule == "attribute"
    assert "2/5 = 40.00 % < 50 %" in finding.message


def test_owners_are_judged_on_their_own_files_and_need_to_be_known() -> None:
    rules = '[[rules]]\nscope = "owner"\nmin = 90\n'
    made = replace(good(), policy=policy(TWO + rules))
    assert told(found("bar", made)) == [("empty", "undetermined", "rules[0]")]
    owned = replace(made, owners={"src/api/a.py": "@api", "src/auth/a.py": "@auth"})
    assert told(found("bar", owned)) == [("bar", "fail", "@api")]


def test_an_override_is_the_bar_that_is_held() -> None:
    made = replace(good(), override=Override("auth", Decimal("95.01"), "--fail-under"))
    (finding,) = found("bar", made)
    assert "95/100 = 95.00 % < 95.01 %" in finding.message


# patch


def test_a_patch_below_its_bar_fails() -> None:
    (finding,) = found("patch", patched({"src/api/a.py": 0b110000}, API))
    assert finding.scope is Scope.PATCH
    assert "patch: 1/2 = 50.00 % < 80 % (combined, on patch, bar policy.fail_under_patch)" in finding.message


def test_uncovered_units_within_the_allowance_are_noted() -> None:
    (finding,) = found("patch", patched({"src/api/a.py": 0b110000}, API, allowance=1))
    assert finding.effect is Effect.NOTE
    assert "within policy.patch_allowance = 1" in finding.message
    assert finding.bar == Decimal(80)


def test_one_uncovered_unit_more_than_the_allowance_fails() -> None:
    worse = snap({"src/api/a.py": "+--"})
    (finding,) = found("patch", patched({"src/api/a.py": 0b1110}, worse, allowance=1))
    assert finding.effect is Effect.FAIL


def test_a_patch_without_units_passes_with_a_note() -> None:
    (finding,) = found("patch", patched({"README.md": 0b10}, API))
    assert finding.effect is Effect.NOTE
    assert "no changed line is executable" in finding.message


def test_a_covered_patch_has_nothing_to_say() -> None:
    assert not found("patch", patched({"src/api/a.py": 0b10}, API))


def test_components_and_files_may_have_patch_bars() -> None:
    rules = """
    [[components.api.rules]]
    on = "patch"
    min = 100
    [[rules]]
    scope = "file"
    on = "patch"
    min = 99
    """
    made = patched({"src/api/a.py": 0b111110, "src/auth/a.py": 0b10, "gone.py": 0b10}, API, rules=rules)
    assert [(f.subject, f.key) for f in found("patch", made)] == [
        ("api", "components.api.rules[0]"),
        ("src/api/a.py", "rules[0]"),
    ]


def test_a_component_patch_bar_without_units_is_silent() -> None:
    rules = '[[components.auth.rules]]\non = "patch"\nmin = 100\n'
    assert not found("patch", patched({"src/api/a.py": 0b10}, API, rules=rules))


def test_a_patch_of_failed_tests_is_noted() -> None:
    (finding,) = found("patch", patched({"src/api/a.py": 0b110000}, replace(API, tests=FAILED)))
    assert finding.effect is Effect.NOTE


def test_a_changed_file_in_no_report_fails() -> None:
    made = replace(good(), patch=PatchFacts({}, API, ("src/api/new.py",)))
    assert told(found("unmeasured", made)) == [("unmeasured", "fail", "src/api/new.py")]


# max-drop


@pytest.mark.parametrize(("points", "fails"), [("-2", False), ("-2.000001", True), ("0", False), ("3", False)])
def test_two_points_pass_and_any_more_fail(points: str, fails: bool) -> None:
    made = with_component(good(), "api", compared(API, Fraction(points)))
    assert bool(found("max-drop", made)) is fails


def test_a_drop_is_told_in_words_and_never_looks_like_one_that_passes() -> None:
    (finding,) = found("max-drop", with_component(good(), "api", compared(API, Fraction("-2.000001"))))
    assert finding.message.startswith("api: -2.01 pp")
    assert "a drop of more than 2 pp (combined, bar policy.max_drop)" in finding.message


def test_a_judged_figure_that_is_not_the_delta_is_told_beside_it() -> None:
    (finding,) = found("max-drop", with_component(good(), "api", compared(API, Fraction(-3), Fraction(1))))
    assert "+1.00 pp" in finding.message
    assert "judged -3.00 pp" in finding.message


def test_the_project_is_guarded_too() -> None:
    made = replace(good(), project=compared(API, Fraction(-3)))
    assert told(found("max-drop", made)) == [("max-drop", "fail", "project")]


def test_a_drop_of_failed_tests_is_noted() -> None:
    made = with_component(good(), "api", compared(replace(API, tests=FAILED), Fraction(-50)))
    assert told(found("max-drop", made)) == [("max-drop", "note", "api")]


def test_what_cannot_be_compared_is_not_judged() -> None:
    made = with_component(good(), "api", compared(API, None))
    assert not found("max-drop", made)
    changed = replace(compared(API, Fraction(-50)), measurement_changed="7.1 at the baseline, 7.2 now")
    assert max_drop.judged(changed, Metric.LINE) is None
    assert not found("max-drop", with_component(good(), "api", changed))


def test_a_changed_measurement_leaves_the_guard_undetermined() -> None:
    changed = replace(compared(API, Fraction(0)), measurement_changed="7.1 at the baseline, 7.2 now")
    made = replace(with_component(good(), "api", changed), project=changed)
    assert told(found("measurement", made)) == [
        ("measurement", "undetermined", "api"),
        ("measurement", "undetermined", "project"),
    ]


# change


CHANGE = """
[[components.api.rules]]
on = "new"
metric = "line"
min = 90
[[components.api.rules]]
on = "lost"
metric = "line"
max_uncovered = 2
[[rules]]
scope = "project"
on = "excluded"
max = 10
"""


def test_new_lost_and_excluded_units_have_bars() -> None:
    counts = {Category.GNC: 8, Category.UNC: 2, Category.LBC: 3, Category.CBC: 7}
    many = snap({"src/api/a.py": "+" * 8 + "xx"})
    made = facts(policy(TWO + CHANGE), BOTH, project=many)
    messages = [f.message for f in found("change", with_component(made, "api", tallied(API, counts)))]
    assert messages == [
        "project: 2/10 = 20.00 % > 10 % (combined, on excluded, bar rules[0])",
        "api: 8/10 = 80.00 % < 90 % (line, on new, bar components.api.rules[0])",
        "api: 3 lost of 10 units > 2 (line, on lost, bar components.api.rules[1])",
    ]


def test_without_a_comparison_only_exclusions_are_judged() -> None:
    assert not found("change", facts(policy(TWO + CHANGE), BOTH))
    made = replace(facts(policy(TWO + CHANGE), BOTH), project=measured(None))
    assert not found("change", made)
    changed = replace(tallied(API, {Category.UNC: 9}), measurement_changed="other")
    assert not found("change", with_component(facts(policy(TWO + CHANGE), BOTH), "api", changed))


# suite, empty, baseline


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


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (None, "was not measured: its report is missing"),
        (snap({}), "the report of suite api holds no file that matches src/api/**"),
        (snap({"src/api/a.py": "..", "src/api/b.py": ""}), "its 2 files hold nothing to count (combined)"),
    ],
)
def test_nothing_measured_is_never_green(snapshot: Snapshot | None, words: str) -> None:
    made = facts(policy(), {"auth": AUTH} if snapshot is None else {"api": snapshot, "auth": AUTH})
    (finding,) = found("empty", made)
    assert finding.effect is Effect.UNDETERMINED
    assert finding.message == f"api: {words}"


def test_a_project_without_a_merge_is_undetermined() -> None:
    made = replace(good(), project=measured(None))
    assert found("empty", made)[0].message == "project: was not measured: its suite did not arrive"


def test_a_first_run_is_one_note_and_an_unreachable_history_blocks_every_scope() -> None:
    assert told(found("baseline", good())) == [("baseline", "note", "project")]
    lost = NoBaseline(BaselineReason.UNREACHABLE, "no route", blocking=True)
    made = with_component(good(), "api", measured(API, baseline=lost))
    assert told(found("baseline", made)) == [("baseline", "note", "project"), ("baseline", "undetermined", "api")]
    assert "history is configured but cannot be reached: no route" in found("baseline", made)[1].message


def test_a_baseline_has_nothing_to_say() -> None:
    made = with_component(replace(good(), project=None), "api", compared(API, Fraction(0)))
    assert told(found("baseline", made)) == [("baseline", "note", "auth")]


# policy


@pytest.mark.security
def test_each_loosening_fails() -> None:
    made = replace(good(), loosenings=(Loosening("policy.max_drop", "raised from 2 to 3"),))
    (finding,) = found("loosened", made)
    assert (finding.effect, finding.message) == (Effect.FAIL, "policy.max_drop: raised from 2 to 3")


def test_the_first_policy_says_that_it_judges_itself() -> None:
    assert told(found("bootstrap", replace(good(), base_policy=BasePolicy.ABSENT))) == [("bootstrap", "note", "policy")]


@pytest.mark.security
def test_a_total_bar_below_the_floor_is_refused_even_if_it_got_here() -> None:
    made = replace(good(), override=Override("auth", Decimal(70), "--fail-under"))
    assert told(found("soft-start", made)) == [("soft-start", "fail", "auth")]
    soft = replace(made, policy=policy(TWO.replace("fail_under = 80", "fail_under = 80\nsoft_start_floor = 60", 1)))
    assert told(found("soft-start", soft)) == [("soft-start", "note", "auth")]
    assert not found("soft-start", replace(made, override=Override("auth", Decimal(93), "--fail-under")))


def test_a_delta_of_another_metric_is_not_judged() -> None:
    now = Ratio(1, 2)
    branch = Delta(Metric.BRANCH, now, now, Fraction(-9), judged=Fraction(-9))
    made = replace(compared(API, Fraction(0)), deltas={Metric.BRANCH: branch})
    assert not found("max-drop", with_component(good(), "api", made))
