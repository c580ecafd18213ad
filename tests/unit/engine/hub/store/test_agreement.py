from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from covgov.errors import InputError
from covgov.hub.store import agreement
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import Effect, Finding, Outcome, Row, Scope, Verdict
from covgov.policy.config import parse
from covgov_testing.builders import FAILED, snap
from covgov_testing.builders_run import run, verdict
from covgov_testing.hub_runs import component_row

POLICY = parse(
    """\
version = 1
[policy]
fail_under = 50
[suites.api]
tests = ["tests"]
[suites.auth]
tests = ["tests"]
[components.api]
paths = ["src/api/**"]
suite = "api"
[components.auth]
paths = ["src/auth/**"]
suite = "auth"
""",
    "covgov.toml",
    (),
)
SUITES = {
    "api": snap({"src/api/a.py": "+++-", "tests/t.py": "----"}, suite="api"),
    "auth": snap({"src/auth/b.py": "++"}, suite="auth"),
}


def honest() -> Verdict:
    api = component_row("api", snap({"src/api/a.py": "+++-"}))
    project = component_row("project", snap({"a": "+++-", "t": "----", "b": "++"}))
    whole = replace(project, scope=Scope.PROJECT, suite="merged")
    return replace(verdict(rows=[api, component_row("auth", SUITES["auth"])]), project=whole)


def whole(made: Verdict) -> Row:
    assert made.project is not None
    return made.project


def check(made: Verdict, suites: object = None) -> None:
    record: RunRecord = run(snapshots=SUITES if suites is None else {}, made=made)
    agreement.check("runs/1", record, POLICY)


def test_a_verdict_that_says_what_was_measured_is_believed() -> None:
    check(honest())
    check(replace(honest(), project=None))


def test_figures_that_are_left_out_claim_nothing() -> None:
    rows = tuple(replace(row, lines=None, branches=None) for row in honest().rows)
    check(replace(honest(), rows=rows))


@pytest.mark.parametrize("outcome", [Outcome.UNDETERMINED, Outcome.FAIL])
def test_what_was_not_measured_may_be_anything_but_passed(outcome: Outcome) -> None:
    """As the rule `empty` leaves it, and in a run whose other suite failed."""
    findings = tuple(
        Finding(rule, effect, Scope.COMPONENT, name, f"{name}: {rule}")
        for rule, effect, name in (("empty", Effect.UNDETERMINED, "api"), ("suite", Effect(outcome.value), "auth"))
    )
    rows = [replace(row, now=None, lines=None, branches=None, outcome=Outcome.UNDETERMINED) for row in honest().rows]
    check(replace(honest(), rows=tuple(rows), project=None, findings=findings, outcome=outcome))


def test_what_only_the_base_knows_is_not_judged() -> None:
    base = replace(honest().rows[0], name="old (base)", now=Ratio(1, 9))
    check(replace(honest(), rows=(*honest().rows, base)))


def test_a_bar_may_be_raised_and_a_soft_start_may_lower_it() -> None:
    check(api(lambda row: replace(row, bar=Decimal(70))))
    check(replace(api(lambda row: replace(row, bar=Decimal(1))), soft_start="the bar of api is 1 % for now"))


def test_an_exception_lets_a_component_pass_below_its_bar() -> None:
    finding = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api: below", waived_by="EX-1")
    below = api(lambda row: replace(row, bar=Decimal(90)))
    check(replace(below, findings=(finding,)))
    assert "below its bar 90" in contradicted(below)


def test_without_any_coverage_no_figure_is_believed() -> None:
    with pytest.raises(InputError, match="says nothing"):
        check(honest(), {})


def api(change: Callable[[Row], Row]) -> Verdict:
    first, *others = honest().rows
    return replace(honest(), rows=(change(first), *others))


def contradicted(made: Verdict) -> str:
    with pytest.raises(InputError) as caught:
        check(made)
    assert caught.value.code == "run-contradicted"
    return caught.value.message


@pytest.mark.security
def test_files_without_a_unit_pass_nothing_whatever_waives_them() -> None:
    """The bar is 0 %, the coverage says 0/0 as the row does, and an exception stands there."""
    empty = {**SUITES, "api": snap({"src/api/a.py": "xx"}, suite="api")}
    zero = Ratio(0, 0)
    finding = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api: below", waived_by="EX-1")
    made = api(lambda row: replace(row, now=zero, lines=zero, branches=zero))
    record = run(snapshots=empty, made=replace(made, project=None, findings=(finding,)))
    with pytest.raises(InputError, match="api passed without a figure"):
        agreement.check("runs/1", record, POLICY)


@pytest.mark.security
@pytest.mark.parametrize(
    ("forged", "what"),
    [
        (api(lambda row: replace(row, now=Ratio(1000, 1000))), "api is told as 1000/1000"),
        (api(lambda row: replace(row, lines=Ratio(4, 4))), "api is told as 4/4"),
        (api(lambda row: replace(row, branches=Ratio(4, 4))), "(branch)"),
        (api(lambda row: replace(row, metric=Metric.LINE)), "counted as line"),
        (api(lambda row: replace(row, suite="auth")), "of suite auth"),
        (api(lambda row: replace(row, name="other")), "nothing is said of the component api"),
        (api(lambda row: replace(row, bar=Decimal(1))), "held against 1,"),
        (api(lambda row: replace(row, bar=None)), "held against None"),
        (api(lambda row: replace(row, outcome=Outcome.FAIL)), "api failed, but the run did not"),
        (api(lambda row: replace(row, outcome=Outcome.UNDETERMINED)), "api is undetermined, but the run passed"),
        (api(lambda row: replace(row, now=None, lines=None, branches=None)), "api passed without a figure"),
        (replace(honest(), project=replace(whole(honest()), now=None)), "project passed without a figure"),
        (replace(honest(), outcome=Outcome.FAIL), "its outcome fail"),
        (replace(honest(), rows=honest().rows[1:]), "nothing is said of the component api"),
        (replace(honest(), rows=(*honest().rows, replace(honest().rows[0], name="more"))), "no component more"),
        (replace(honest(), project=replace(honest().rows[0], name="project")), "project is told as 3/4"),
    ],
)
def test_a_verdict_that_its_coverage_or_policy_contradicts_is_refused(forged: Verdict, what: str) -> None:
    assert what in contradicted(forged)


def with_tests(tests: TestRun | None) -> RunRecord:
    """What the honest run says, of an api suite whose tests went otherwise."""
    return run(snapshots={**SUITES, "api": replace(SUITES["api"], tests=tests)}, made=honest())


@pytest.mark.security
@pytest.mark.parametrize(
    ("tests", "what"),
    [
        (FAILED, "its tests failed"),
        (TestRun(exit_code=1, tests=3), "exit code 1"),
        (TestRun(exit_code=0, tests=3, skipped=3), "no test ran"),
    ],
)
def test_no_run_passes_whose_tests_did_not(tests: TestRun, what: str) -> None:
    with pytest.raises(InputError, match=f"nothing is said of this: suite api.*{what}"):
        agreement.check("runs/1", with_tests(tests), POLICY)


@pytest.mark.security
def test_no_run_passes_without_a_declared_suite() -> None:
    """No component is measured by it, so no row gives it away."""
    more = replace(POLICY, suites={**POLICY.suites, "web": POLICY.suites["api"]})
    with pytest.raises(InputError, match="suite web: did not arrive"):
        agreement.check("runs/1", run(snapshots=SUITES, made=honest()), more)


def test_failed_tests_that_the_verdict_tells_are_believed() -> None:
    failed = Finding("suite", Effect.FAIL, Scope.SUITE, "api", "suite api: its tests failed, in other words")
    made = replace(api(lambda row: replace(row, outcome=Outcome.FAIL)), findings=(failed,), outcome=Outcome.FAIL)
    told = replace(made, project=replace(whole(made), outcome=Outcome.FAIL))
    agreement.check("runs/1", replace(with_tests(FAILED), verdict=told), POLICY)


def test_coverage_without_known_tests_is_believed() -> None:
    agreement.check("runs/1", with_tests(None), POLICY)
