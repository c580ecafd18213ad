"""What is only evaluated keeps the verdict's outcome and changes no exit code; the base branch's policy still enforces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from covgov.judge.enforcement import marked
from covgov.judge.evaluate import evaluate
from covgov.judge.facts import Facts
from covgov.model.loosening import Loosening
from covgov.model.snapshot import MERGED, Snapshot
from covgov.model.verdict import Effect, Finding, Outcome, Scope, Verdict
from covgov.tamper.renames import judging
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.policy import BOTH, TWO, facts, policy
from covgov_testing.builders.register import COMPLETE, register

LOW = {"api": snap({"src/api/a.py": "+---"}), "auth": BOTH["auth"]}


def whole(snapshots: Mapping[str, Snapshot]) -> Facts:
    files = {path: file for one in snapshots.values() for path, file in one.files.items()}
    return facts(snapshots, merged=snap(files, suite=MERGED))


GOOD, KNOWN = whole(BOTH), whole(LOW)
EVALUATE = 'enforcement = "evaluate"\n'
ALL = TWO.replace("[policy]\n", f"[policy]\n{EVALUATE}")
API = TWO.replace("[components.api]\n", f"[components.api]\n{EVALUATE}")
AUTH_ONLY = ALL.replace("[components.auth]\n", '[components.auth]\nenforcement = "enforce"\n')
RULE = f'[[components.auth.rules]]\nscope = "file"\nmin = 99\n{EVALUATE}'


def judged(head: str, base: str | None = None, known: Facts = KNOWN) -> Verdict:
    return evaluate(known, judging(policy(head), policy(base) if base else None, {}))


def outcomes(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome.value, verdict.enforced_outcome.value


def broken(verdict: Verdict) -> dict[str, bool]:
    """Subject -> whether it is enforced, of what counts."""
    return {finding.subject: finding.enforced for finding in verdict.findings if finding.counts}


def notes(verdict: Verdict) -> list[str]:
    return [finding.message for finding in verdict.findings if finding.rule == "not-enforced"]


def test_an_enforced_policy_fails_and_has_no_note() -> None:
    verdict = judged(TWO)
    assert outcomes(verdict) == ("fail", "fail")
    assert broken(verdict) == {"api": True}
    assert notes(verdict) == []


def test_an_evaluated_policy_keeps_its_outcome_and_enforces_nothing() -> None:
    verdict = judged(ALL)
    assert outcomes(verdict) == ("fail", "pass")
    assert broken(verdict) == {"api": False}
    assert [(row.name, row.outcome, row.enforced) for row in verdict.rows] == [
        ("api", Outcome.FAIL, False),
        ("auth", Outcome.PASS, True),
    ]
    assert notes(verdict) == ['policy: not enforced (enforcement = "evaluate"): policy']


def test_an_undetermined_verdict_is_evaluated_too() -> None:
    nothing = facts({"api": LOW["api"]}, ["auth"])
    assert outcomes(judged(ALL.replace("= 80", "= 10"), known=nothing)) == ("undetermined", "pass")


@pytest.mark.security
def test_an_evaluated_component_spares_no_other() -> None:
    verdict = judged(API)
    assert outcomes(verdict) == ("fail", "pass")
    assert notes(verdict) == ['policy: not enforced (enforcement = "evaluate"): components.api']
    swapped = {"api": BOTH["api"], "auth": snap({"src/auth/a.py": "+---"}, suite="auth")}
    assert outcomes(judged(API, known=whole(swapped))) == ("fail", "fail")


@pytest.mark.security
def test_a_component_can_be_enforced_in_a_policy_that_is_evaluated() -> None:
    swapped = {"api": LOW["api"], "auth": snap({"src/auth/a.py": "+---"}, suite="auth")}
    verdict = judged(AUTH_ONLY, known=whole(swapped))
    assert broken(verdict) == {"api": False, "auth": True, "project": False}
    assert notes(verdict) == ['policy: not enforced (enforcement = "evaluate"): policy (except components.auth)']


def test_an_evaluated_rule_is_reported_beside_the_enforced_bars() -> None:
    verdict = judged(TWO + RULE, known=GOOD)
    assert broken(verdict) == {"src/auth/a.py": False}
    assert outcomes(verdict) == ("fail", "pass")


@pytest.mark.security
def test_a_narrow_evaluated_rule_does_not_replace_a_wide_enforced_one() -> None:
    wide = '[[rules]]\nscope = "file"\npaths = ["src/**"]\nmin = 97\n'
    verdict = judged(TWO + wide + RULE, known=GOOD)
    found = [(one.key, one.enforced) for one in verdict.findings if one.subject == "src/auth/a.py"]
    assert found == [("rules[0]", True), ("components.auth.rules[0]", False)]


@pytest.mark.security
@pytest.mark.parametrize("head", [ALL, API])
def test_the_base_branchs_policy_still_enforces(head: str) -> None:
    assert outcomes(judged(head, TWO)) == ("fail", "fail")


@pytest.mark.security
def test_enforcing_holds_at_once() -> None:
    assert outcomes(judged(TWO, ALL)) == ("fail", "fail")


@pytest.mark.security
def test_failed_tests_of_a_suite_are_enforced_if_one_of_its_components_is() -> None:
    shared = API.replace("[components.auth]\n", '[components.auth]\nsuite = "api"\n').replace("[suites.auth]\n", "")
    failed = {"api": snap({"src/api/a.py": "+", "src/auth/a.py": "+"}, tests=FAILED)}
    assert outcomes(judged(shared, known=whole(failed))) == ("fail", "fail")
    assert outcomes(judged(API, known=whole({**failed, "auth": BOTH["auth"]}))) == ("fail", "pass")


@pytest.mark.security
def test_what_a_loosening_does_the_loosened_policy_decides() -> None:
    loosened = replace(GOOD, loosenings=(Loosening("components.api.fail_under", "lowered from 80 to 70"),))
    assert outcomes(judged(ALL, TWO, loosened))[1] == "fail"
    assert outcomes(judged(TWO, ALL, loosened)) == ("fail", "pass")
    assert outcomes(judged(TWO, API, loosened)) == ("fail", "pass")


def test_an_entry_that_waives_no_more_is_as_little_enforced_as_its_bar() -> None:
    overdue = replace(COMPLETE, review=KNOWN.today.replace(year=2020))
    known = replace(KNOWN, register=register(overdue), base_register=register(overdue))
    assert outcomes(judged(TWO, known=known)) == ("fail", "fail")
    assert outcomes(judged(ALL, known=known)) == ("fail", "pass")


@pytest.mark.parametrize(
    ("scope", "subject", "key", "enforced"),
    [
        (Scope.PROJECT, "project", "policy.fail_under", True),
        (Scope.COMPONENT, "api", "policy.max_drop", False),
        (Scope.COMPONENT, "gone", "policy.max_drop", True),
        (Scope.SUITE, "api", "", False),
        (Scope.FILE, "src/api/a.py", "", False),
        (Scope.FILE, "src/auth/a.py", "", True),
        (Scope.FILE, "lib/a.py", "", True),
        (Scope.PATCH, "patch", "policy.fail_under_patch", True),
        (Scope.PATCH, "api", "", False),
        (Scope.PATCH, "src/api/a.py", "", False),
        (Scope.POLICY, "components.api.paths", "", False),
        (Scope.POLICY, "components.apis.paths", "", True),
        (Scope.POLICY, "suites.api", "", False),
        (Scope.POLICY, "suites.auth.tests", "", True),
        (Scope.POLICY, "src/api/a.py", "", False),
        (Scope.REGISTER, "EX-001", "", True),
    ],
)
def test_what_a_finding_is_about_decides(scope: Scope, subject: str, key: str, *, enforced: bool) -> None:
    (one,) = marked(policy(API), [Finding("x", Effect.FAIL, scope, subject, "m", key=key)])
    assert one.enforced is enforced
