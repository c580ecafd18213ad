from __future__ import annotations

from decimal import Decimal

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase
from lxml import etree
from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.snapshot import TestRun
from covgov.model.verdict import Effect, Finding, Outcome, PatchRow, Row, Scope, SuiteLine
from covgov.publish.render.junit import JunitRenderer
from covgov_testing.builders import verdict as build


def cases(
    *findings: Finding, rows: tuple[Row, ...] = (), suites: tuple[SuiteLine, ...] = (), patch: PatchRow | None = None
) -> dict[tuple[str, str], TestCase]:
    """The test cases of a rendered verdict, by class and name, without the verdict's own."""
    text = JunitRenderer()(build.verdict(*findings, rows=rows, suites=suites, patch=patch))
    (suite,) = JUnitXml.fromstring(text.encode())
    return {(str(case.classname), str(case.name)): case for case in suite if case.classname != "covgov.verdict"}


def test_there_is_one_case_per_component_suite_and_patch() -> None:
    made = cases(
        rows=(build.row("api"), build.row("auth")),
        suites=(SuiteLine("api", True, tests=TestRun(0, 3, seconds=1.5)),),
        patch=PatchRow(Ratio(1, 2), Decimal(40), 0),
    )
    assert list(made) == [
        ("covgov.component", "api"),
        ("covgov.component", "auth"),
        ("covgov.suite", "api"),
        ("covgov.patch", "patch"),
    ]
    assert all(case.is_passed for case in made.values())
    assert made["covgov.suite", "api"].time == 1.5


def test_a_failing_component_is_a_failure_with_every_finding_in_its_text() -> None:
    found = (build.finding("below its bar", hint="test it"), build.finding("dropped", rule="max-drop"))
    (result,) = cases(*found, rows=(build.row(outcome=Outcome.FAIL),))["covgov.component", "api"].result
    assert isinstance(result, Failure)
    assert result.message == "below its bar"
    assert (
        result.text
        == "fail [bar] below its bar Next: test it; see docs/rules/bar.md\nfail [max-drop] dropped Next: see docs/rules/max-drop.md"
    )


def test_an_undetermined_check_is_an_error() -> None:
    found = build.finding("empty", Effect.UNDETERMINED)
    (result,) = cases(found, rows=(build.row(),))["covgov.component", "api"].result
    assert isinstance(result, Error)
    assert result.message == "empty"


def test_a_row_that_fails_without_a_finding_of_its_own_is_not_shown_as_passed() -> None:
    (failed,) = cases(rows=(build.row(outcome=Outcome.FAIL),))["covgov.component", "api"].result
    (unknown,) = cases(rows=(build.row(outcome=Outcome.UNDETERMINED),))["covgov.component", "api"].result
    assert isinstance(failed, Failure)
    assert isinstance(unknown, Error)
    assert unknown.message == "the outcome is undetermined"


def test_a_waived_check_is_skipped_naming_the_exceptions() -> None:
    found = (build.finding(waived_by="EX-1"), build.finding(waived_by="EX-2"), build.finding(waived_by="EX-1"))
    (result,) = cases(*found, rows=(build.row(),))["covgov.component", "api"].result
    assert isinstance(result, Skipped)
    assert result.message == "waived by EX-1, EX-2"


def test_notes_are_output_of_a_passing_case() -> None:
    case = cases(build.finding("by the way", Effect.NOTE), rows=(build.row(),))["covgov.component", "api"]
    assert case.is_passed
    assert case.system_out == "note [bar] by the way"


def test_a_suite_that_did_not_arrive_is_an_error_and_one_that_failed_a_failure() -> None:
    made = cases(suites=(SuiteLine("api", False), SuiteLine("auth", True, tests=TestRun(1, 3, 1))))
    assert isinstance(made["covgov.suite", "api"].result[0], Error)
    assert isinstance(made["covgov.suite", "auth"].result[0], Failure)


def test_findings_about_the_patch_join_its_case_and_others_get_cases_of_their_own() -> None:
    made = cases(
        build.finding("patch low", scope=Scope.PATCH, subject="src/a.py"),
        build.finding("loosened", scope=Scope.POLICY, subject="policy.fail_under"),
        patch=PatchRow(Ratio(1, 2), Decimal(90), 0),
    )
    assert list(made) == [("covgov.patch", "patch"), ("covgov.policy", "policy.fail_under")]
    assert not any(case.is_passed for case in made.values())


def test_the_verdict_is_a_case_and_its_facts_are_properties() -> None:
    root = etree.fromstring(JunitRenderer()(build.verdict(build.finding(), soft_start="60")).encode())
    (suite,) = root
    assert {told.get("name"): told.get("value") for told in suite.iter("property")} == {
        "outcome": "fail",
        "judged": "c0ffee123456",
        "policy_hash": "deadbeefdeadbeefdeadbeef",
        "baseline": "abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)",
        "today": "2026-11-22",
        "soft_start": "60",
    }
    assert (suite.get("tests"), suite.get("failures")) == ("2", "2")


def test_what_is_not_enforced_is_skipped() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    row = structs.replace(build.row(outcome=Outcome.FAIL), enforced=False)
    root = etree.fromstring(JunitRenderer()(build.verdict(evaluated, rows=(row,))).encode())
    assert not root.findall(".//failure")
    assert {one.get("message") for one in root.iter("skipped")} == {"would fail, not enforced"}
