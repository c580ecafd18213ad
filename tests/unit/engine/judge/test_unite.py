"""A change is judged twice with the same facts, and of two findings about the same thing the worse counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.judge.evaluate import evaluate
from covgov.judge.facts import Facts, Override, compare_all
from covgov.judge.registry import CHECKS
from covgov.judge.view import PolicyView
from covgov.model.diff import Diff
from covgov.model.run import Baseline
from covgov.model.snapshot import MERGED, Metric, Snapshot
from covgov.model.verdict import Effect, Finding, Outcome, Row, Scope, Verdict
from covgov.policy.policy import Policy
from covgov.policy.tables.table import fields_of
from covgov.tamper.renames import judging
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import BOTH, RECEIPT, TWO, facts, policy
from covgov_testing.builders.register import COMPLETE, register

pytestmark = pytest.mark.security

SEVERITY = [Outcome.PASS, Outcome.UNDETERMINED, Outcome.FAIL]
WHOLE = snap({path: file for one in BOTH.values() for path, file in one.files.items()}, suite=MERGED)
BY_BASE = "(by the base branch's policy)"


def judged(
    head: str, base: str | None = TWO, known: Facts | None = None, renames: dict[str, str] | None = None
) -> Verdict:
    policies = judging(policy(head), policy(base) if base else None, renames or {})
    return evaluate(known or facts(BOTH, merged=WHOLE), policies)


def rows(verdict: Verdict) -> dict[str, Row]:
    return {row.name: row for row in verdict.rows}


def failures(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.effect is Effect.FAIL]


def test_a_raised_bar_bites_at_once() -> None:
    (finding,) = failures(judged(TWO.replace("fail_under = 92", "fail_under = 96")))
    assert (finding.subject, finding.bar) == ("auth", Decimal(96))
    assert BY_BASE not in finding.message


def test_a_lowered_bar_helps_nobody_in_its_own_change_and_the_finding_says_whose_bar_it_is() -> None:
    strict = TWO.replace("fail_under = 92", "fail_under = 96")
    verdict = judged(TWO, strict)
    (finding,) = failures(verdict)
    assert (finding.subject, finding.bar) == ("auth", Decimal(96))
    assert finding.message.endswith(BY_BASE)
    assert (rows(verdict)["auth"].bar, rows(verdict)["auth"].outcome) == (Decimal(96), Outcome.FAIL)


@pytest.mark.parametrize(("head", "base"), [("96", "97"), ("97", "96")])
def test_of_two_findings_about_one_figure_the_stricter_bar_is_told(head: str, base: str) -> None:
    verdict = judged(TWO.replace("= 92", f"= {head}"), TWO.replace("= 92", f"= {base}"))
    assert [finding.bar for finding in failures(verdict)] == [Decimal(97)]


def test_what_the_head_removed_is_judged_and_has_a_row_of_its_own_name() -> None:
    head = TWO.split("[suites.auth]")[0] + '[components.api]\npaths = ["src/api/**"]\n'
    verdict = judged(head, TWO.replace("= 92", "= 96"))
    assert [row.name for row in verdict.rows] == ["api", "auth"]
    assert [finding.subject for finding in failures(verdict)] == ["auth"]
    assert rows(verdict)["auth"].outcome is Outcome.FAIL


def test_another_metric_takes_no_bar_away() -> None:
    verdict = judged(TWO.replace("= 92", '= 20\nmetric = "line"'), TWO.replace("= 92", "= 96"))
    assert [(finding.subject, finding.metric) for finding in failures(verdict)] == [("auth", Metric.COMBINED)]
    assert (rows(verdict)["auth"].metric, rows(verdict)["auth"].bar) == (Metric.LINE, Decimal(20))


def test_a_narrower_and_lower_file_bar_does_not_undercut_the_bases() -> None:
    wide = '[[rules]]\nscope = "file"\npaths = ["src/**"]\nmin = 85\n'
    narrow = '[[rules]]\nscope = "file"\npaths = ["src/api/**"]\nmin = 10\n'
    assert not failures(judged(TWO + wide + narrow, None))
    assert [(f.scope, f.subject) for f in failures(judged(TWO + wide + narrow, TWO + wide))] == [
        (Scope.FILE, "src/api/a.py")
    ]


def test_two_policies_have_a_hash_that_is_neithers() -> None:
    head = TWO.replace("= 92", "= 93")
    alone = {policy(head).hash, policy().hash}
    assert judged(head).policy_hash not in alone
    assert judged(TWO).policy_hash in alone


DILUTED = snap({"src/auth/a.py": "+" * 75 + "-" * 25, "src/api/a.py": "+" * 390 + "-" * 10}, suite="all")
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


@pytest.mark.parametrize(
    "head",
    [
        EVEN.replace('"src/auth/**"]', '"src/auth/**", "src/api/a.py"]'),
        EVEN.replace('"src/auth/**"]', '"src/auth/x.py"]').replace('"src/api/**"]', '"src/api/**", "src/auth/**"]'),
        EVEN.split("[components.auth]")[0] + '[components.one]\npaths = ["src/api/**", "src/auth/**"]\nsuite = "all"\n',
    ],
    ids=["extended", "traded", "merged"],
)
def test_files_of_another_component_do_not_make_up_for_a_components_own(head: str) -> None:
    verdict = judged(head, EVEN, facts({"all": DILUTED}, merged=DILUTED))
    assert verdict.outcome is Outcome.FAIL
    (finding,) = [one for one in failures(verdict) if one.rule == "bar"]
    assert (finding.subject, finding.message.endswith(BY_BASE)) == ("auth", True)


def test_a_component_that_is_drawn_differently_has_one_row_as_the_head_draws_it() -> None:
    verdict = judged(EVEN.replace('"src/auth/**"]', '"src/auth/**", "src/api/a.py"]'), EVEN, facts({"all": DILUTED}))
    assert [row.name for row in verdict.rows] == ["api", "auth"]
    assert (rows(verdict)["auth"].now, rows(verdict)["auth"].outcome) == (DILUTED.ratio(Metric.COMBINED), Outcome.FAIL)
    assert {line.component for line in verdict.bars} == {"auth", "api"}


def test_a_component_of_the_base_of_which_no_file_is_left_demands_nothing() -> None:
    healthy = snap({"src/auth/a.py": "+", "src/api/a.py": "+"}, suite="all")
    known = replace(facts({"all": healthy}, merged=healthy), files=healthy.paths)
    assert judged(EVEN, EVEN.replace("src/auth/**", "typo/**"), known).outcome is Outcome.PASS
    left = replace(known, files=[*healthy.paths, "typo/a.py"])
    assert judged(EVEN, EVEN.replace("src/auth/**", "typo/**"), left).outcome is Outcome.UNDETERMINED


def test_a_component_with_another_suite_is_judged_on_the_old_one_too() -> None:
    spare = '[suites.easy]\n[components.x]\npaths = ["x/**"]\nsuite = "auth"\n'
    moved = TWO.replace('"src/auth/**"]', '"src/auth/**"]\nsuite = "easy"') + spare
    poor, rich = snap({"src/auth/a.py": "+-", "x/a.py": "+"}, suite="auth"), snap({"src/auth/a.py": "++"}, suite="easy")
    verdict = judged(moved, TWO, facts({**BOTH, "auth": poor, "easy": rich}))
    assert [(finding.subject, str(finding.now)) for finding in failures(verdict)] == [("auth", "1/2 = 50.00 %")]


def test_a_soft_start_needs_the_floor_of_both() -> None:
    soft = TWO.replace("fail_under = 80", "fail_under = 80\nsoft_start_floor = 60", 1)
    known = replace(facts(BOTH), override=Override("auth", Decimal(70), "--fail-under"))
    assert judged(soft, soft, known).soft_start
    assert [finding.rule for finding in failures(judged(TWO, soft, known))] == ["soft-start"]
    assert [finding.rule for finding in failures(judged(soft, TWO, known))] == ["soft-start"]


def test_a_register_row_needs_the_shorter_term_of_both() -> None:
    poor = {**BOTH, "auth": snap({"src/auth/a.py": "+" * 80 + "-" * 20}, suite="auth")}
    there = register(COMPLETE)
    known = replace(facts(poor), register=there, base_register=there)
    short = TWO + "[register]\nmax_term_days = 30\n"
    assert not [finding for finding in failures(judged(TWO, TWO, known)) if not finding.waived_by]
    assert "exception-overlong" in {finding.rule for finding in failures(judged(short, TWO, known))}
    assert "exception-overlong" in {finding.rule for finding in failures(judged(TWO, short, known))}


def test_a_row_with_a_floor_does_not_hide_the_lower_figure_of_the_two() -> None:
    """The base draws the component on another suite, where it is below the floor."""
    spare = '[suites.easy]\n[components.x]\npaths = ["x/**"]\nsuite = "auth"\n'
    moved = TWO.replace('"src/auth/**"]', '"src/auth/**"]\nsuite = "easy"') + spare
    poor = snap({"src/auth/a.py": "+-", "x/a.py": "+" * 20}, suite="auth")
    better = snap({"src/auth/a.py": "+" * 85 + "-" * 15}, suite="easy")
    known = replace(
        facts({**BOTH, "auth": poor, "easy": better}), register=register(COMPLETE), base_register=register(COMPLETE)
    )
    assert judged(moved, moved, known).outcome is not Outcome.FAIL
    assert judged(moved, TWO, known).outcome is Outcome.FAIL


PERCENT = st.integers(0, 100)
FILE_RULES = st.lists(
    st.tuples(
        st.sampled_from(["src/**", "src/api/**", "src/auth/a.py"]), st.sampled_from(["min", "max_uncovered"]), PERCENT
    ),
    max_size=2,
)
FURTHER = ['attribute = "security"\nmin', 'on = "patch"\nmin', 'on = "lost"\nmax', 'metric = "line"\nmin']
COMPONENT_RULES = st.lists(st.tuples(st.sampled_from(FURTHER), PERCENT), max_size=2)
PATHS = st.sampled_from(["src/api/**", "src/**", "src/api/a.py", "src/auth/a.py"])
METRICS = st.sampled_from(["line", "combined"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    text = f"""
    [policy]
    fail_under = {draw(PERCENT)}
    metric = "{draw(METRICS)}"
    max_drop = {draw(st.integers(0, 30))}
    patch_allowance = {draw(st.integers(0, 20))}
    count_deletions = {str(draw(st.booleans())).lower()}
    [suites.api]
    [suites.auth]
    [components.{draw(st.sampled_from(["api", "core"]))}]
    paths = ["{draw(PATHS)}"]
    suite = "{draw(st.sampled_from(["api", "auth"]))}"
    [components.rest]
    paths = ["src/api/a.*"]
    suite = "api"
    fail_under = 0
    [components.auth]
    paths = ["src/auth/**"]
    fail_under = {draw(PERCENT)}
    metric = "{draw(METRICS)}"
    """
    rules = [
        f'[[rules]]\nscope = "file"\npaths = ["{glob}"]\n{key} = {least}\n' for glob, key, least in draw(FILE_RULES)
    ]
    rules += [f"[[components.auth.rules]]\n{keys} = {least}\n" for keys, least in draw(COMPONENT_RULES)]
    term = draw(st.sampled_from(["", "[register]\nmax_term_days = 30\n"]))
    return policy("\n".join(line.strip() for line in text.splitlines()) + "\n" + "".join(rules) + term)


def compared() -> Facts:
    """A change with a baseline, a diff, and a register that excuses auth down to its floor."""
    api = snap({"src/api/a.py": "++++-", "src/auth/a.py": "+" * 90 + "-" * 10})
    auth = snap({"src/auth/a.py": "+" * 85 + "-" * 15, "src/api/a.py": "+++++"}, suite="auth")
    before = {"api": snap({"src/api/a.py": "+++++"}), "auth": snap({"src/auth/a.py": "+" * 100}, suite="auth")}
    baseline = Baseline(RECEIPT, before)
    heads: dict[str, Snapshot] = {"api": api, "auth": auth}
    merged = snap({"src/api/a.py": "++++-", "src/auth/a.py": "+" * 90 + "-" * 10}, suite=MERGED)
    return replace(
        facts(heads, merged=merged),
        baseline=baseline,
        comparisons=compare_all(baseline, heads, merged, Diff(), accept=False),
        changed={"src/api/a.py": 0b111110},
        register=register(COMPLETE),
        base_register=register(COMPLETE),
    )


COMPARED = compared()


def severity(verdict: Verdict) -> int:
    return SEVERITY.index(verdict.outcome)


@given(policies(), policies())
def test_the_united_outcome_is_never_better_than_either_policys_own(head: Policy, base: Policy) -> None:
    united = evaluate(COMPARED, judging(head, base, {}))
    for alone in (evaluate(COMPARED, [head]), evaluate(COMPARED, [base])):
        assert severity(united) >= severity(alone)
        subjects = {(one.rule, one.scope, one.subject, one.metric) for one in united.findings if one.counts}
        assert {(one.rule, one.scope, one.subject, one.metric) for one in alone.findings if one.counts} <= subjects


@given(policies(), policies())
def test_neither_order_of_the_policies_is_milder(head: Policy, base: Policy) -> None:
    assert severity(evaluate(COMPARED, [head, base])) == severity(evaluate(COMPARED, [base, head]))


class ToyPolicy(Policy, frozen=True):
    """A policy with a key that nothing in covgov knows."""

    toy: int = 0


def toy(view: PolicyView, /) -> Iterator[Finding]:
    """A rule with that key: the higher it is the more it demands."""
    assert isinstance(view.policy, ToyPolicy)
    if view.policy.toy > 5:
        yield Finding("toy", Effect.FAIL, Scope.PROJECT, "project", f"more than {view.policy.toy} toys", key="toy")


def with_toy(policy: Policy, value: int) -> ToyPolicy:
    return ToyPolicy(**{name: getattr(policy, name) for name in fields_of(Policy)}, toy=value)


@given(st.integers(0, 10), st.integers(0, 10), st.sampled_from([{}, {"src/auth/a.py": "lib/a.py"}]))
def test_a_key_that_is_added_tomorrow_and_mentioned_nowhere_else_cannot_fail_open(
    head: int, base: int, renames: dict[str, str]
) -> None:
    pair = judging(with_toy(policy(), head), with_toy(policy(), base), renames)
    found = [one for one in evaluate(facts(BOTH), pair, [*CHECKS, toy]).findings if one.rule == "toy"]
    assert bool(found) is (max(head, base) > 5)
