from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from covgov.judge.facts import Override
from covgov.model.verdict import Effect, Scope
from covgov_testing.builders.coverage import FAILED, cov, snap
from covgov_testing.builders.policy import (
    API,
    AUTH,
    BOTH,
    TWO,
    found,
    good,
    knowing,
    policy,
    told,
    view,
)


def test_a_component_below_its_bar_fails_and_the_project_is_judged_on_the_whole() -> None:
    worse = snap({"src/auth/a.py": "+" * 91 + "-" * 9}, suite="auth")
    made = view(policy(), {"api": API, "auth": worse}, project=snap({**worse.files, "x.py": "-" * 100}))
    assert told(found("bar", made)) == [("bar", "fail", "project"), ("bar", "fail", "auth")]


def test_a_component_of_a_suite_that_failed_is_noted() -> None:
    worse = snap({"src/auth/a.py": "-"}, suite="auth", tests=FAILED)
    assert told(found("bar", view(policy(), {"api": API, "auth": worse}))) == [("bar", "note", "auth")]


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
    made = view(policy(TWO + rules), {"api": snapshot, "auth": AUTH}, project=snapshot)
    files = [f for f in found("bar", made) if f.scope is Scope.FILE]
    assert [(f.subject, f.key) for f in files] == [
        ("src/api/c.py", "rules[0]"),
        ("src/api/core/a.py", "components.api.rules[0]"),
        ("x.py", "rules[0]"),
    ]


def test_a_file_bar_that_matches_no_file_is_noted() -> None:
    rules = '[[components.api.rules]]\nscope = "file"\npaths = ["src/api/gone.py"]\nmin = 100\n'
    (finding,) = found("bar", view(policy(TWO + rules), BOTH))
    assert finding.effect is Effect.NOTE
    assert "matches no measured file (src/api/gone.py)" in finding.message


def test_a_file_bar_of_a_component_that_is_not_here_says_nothing() -> None:
    rules = '[[components.auth.rules]]\nscope = "file"\nmin = 100\n'
    assert not found("bar", view(policy(TWO + rules), {"api": API}))


def test_a_bar_on_branches_is_undetermined_where_none_are_measured() -> None:
    rules = '[[components.api.rules]]\nmetric = "branch"\nmin = 70\n'
    assert told(found("bar", view(policy(TWO + rules), BOTH))) == [("empty", "undetermined", "api")]


def test_an_attribute_bar_counts_only_what_its_tests_reached() -> None:
    rules = '[[components.api.rules]]\nattribute = "security"\nmin = 50\n'
    tagged = replace(cov("++++-"), attributes=(("security", 0b110),))
    made = view(policy(TWO + rules), {"api": snap({"src/api/a.py": tagged}), "auth": AUTH})
    (finding,) = found("bar", made)
    assert finding.rule == "attribute"
    assert "2/5 = 40.00 % < 50 %" in finding.message


def test_owners_are_judged_on_their_own_files_and_need_to_be_known() -> None:
    rules = '[[rules]]\nscope = "owner"\nmin = 90\n'
    made = replace(good(), policy=policy(TWO + rules))
    assert told(found("bar", made)) == [("empty", "undetermined", "rules[0]")]
    owned = knowing(made, owners={"src/api/a.py": "@api", "src/auth/a.py": "@auth"})
    assert told(found("bar", owned)) == [("bar", "fail", "@api")]


def test_an_override_is_the_bar_that_is_held() -> None:
    made = knowing(good(), override=Override("auth", Decimal("95.01"), "--fail-under"))
    (finding,) = found("bar", made)
    assert "95/100 = 95.00 % < 95.01 %" in finding.message
