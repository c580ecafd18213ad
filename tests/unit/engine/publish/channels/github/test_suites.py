from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt
from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.snapshot import TestRun
from covgov.model.verdict import Effect, Outcome, Scope, SuiteLine, Verdict
from covgov.publish.channels.github.suites import MOST_FINDINGS, suite_text
from covgov_testing.builders import verdict as build
from covgov_testing.laws import examples

API = SuiteLine("api", arrived=True, tests=TestRun(0, tests=12, failures=1, errors=1, skipped=0, seconds=3.25))
AUTH = SuiteLine("auth", arrived=False, reason="job was cancelled")
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(verdict: Verdict, suite: str = "api") -> str:
    wire = verdict
    return suite_text(wire, next(one for one in wire.suites if one.name == suite))


def test_a_suite_comment_has_its_own_rows_and_findings_only() -> None:
    rows = (build.row("api", Ratio(9, 10), "90", delta=build.drop("-5")), build.row("auth", Ratio(1, 2)))
    findings = (
        build.finding("api fell", Effect.NOTE),
        build.finding("auth is low", subject="auth"),
        build.finding("excused", waived_by="EX-1"),
    )
    text = told(build.verdict(*findings, rows=rows, suites=(API, AUTH)))
    assert text.startswith("## covgov: suite `api`: pass\n")
    assert "Tests: 1 failed, 1 errored, 10 passed in 3.2 s" in text
    assert "| `api` | pass | 90 % | 90.00 % | -5.00 pp" in text
    assert "- **bar** (note): api fell" in text
    assert "excused (waived by `EX-1`)" in text
    assert "auth" not in text


def test_findings_about_its_files_are_its_own() -> None:
    rows = (build.row("api", uncovered={"src/a.py": "1"}, partial_lines={"src/b.py": "2"}),)
    paths = ("src/a.py", "src/b.py", "c")
    findings = [build.finding(f"{path} is low", scope=Scope.FILE, subject=path) for path in paths]
    text = told(build.verdict(*findings, rows=rows, suites=(API,)))
    assert "src/a.py is low" in text
    assert "src/b.py is low" in text
    assert "c is low" not in text


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("effect", "outcome", "said"),
    [
        (Effect.NOTE, Outcome.PASS, "pass"),
        (Effect.UNDETERMINED, Outcome.PASS, "undetermined"),
        (Effect.NOTE, Outcome.UNDETERMINED, "undetermined"),
        (Effect.FAIL, Outcome.PASS, "fail"),
        (Effect.UNDETERMINED, Outcome.FAIL, "fail"),
    ],
)
def test_a_suite_comment_has_the_worst_outcome(effect: Effect, outcome: Outcome, said: str) -> None:
    text = told(build.verdict(build.finding(effect=effect), rows=(build.row(outcome=outcome),), suites=(API,)))
    assert text.splitlines()[0].endswith(f": {said}")


def test_a_missing_suite_gives_its_reason() -> None:
    assert "Tests: did not arrive: job was cancelled" in told(build.verdict(suites=(AUTH,)), "auth")
    assert "Tests: did not arrive: no snapshot" in told(build.verdict(suites=(SuiteLine("api", arrived=False),)))


def test_a_report_without_tests_is_described() -> None:
    row = build.row("api", None, None)
    text = told(build.verdict(rows=(row,), suites=(SuiteLine("api", arrived=True),)))
    assert "Only a coverage report" in text
    assert "| `api` | pass | - | - | - |" in text


def test_endless_findings_are_counted() -> None:
    findings = [build.finding(f"number {number}") for number in range(MOST_FINDINGS + 7)]
    text = told(build.verdict(*findings, suites=(API,)))
    assert "- and 7 more" in text
    assert "number 50" not in text


@pytest.mark.security
@quick
@given(build.verdicts())
def test_nothing_in_a_verdict_becomes_html(verdict: Verdict) -> None:
    for suite in (wire := verdict).suites:
        kinds = {token.type for token in MarkdownIt("commonmark").parse(suite_text(wire, suite))}
        assert "html_block" not in kinds


def test_a_suite_comment_marks_what_is_not_enforced() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    row = structs.replace(build.row(outcome=Outcome.FAIL), enforced=False)
    text = suite_text(build.verdict(evaluated, rows=(row,)), SuiteLine("api", arrived=True))
    assert text.startswith("## covgov: suite `api`: would fail, not enforced")
