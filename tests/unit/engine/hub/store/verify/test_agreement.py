from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from covgov.errors import InputError
from covgov.hub.store.verify import agreement
from covgov.judge.evaluate import judge
from covgov.judge.facts import Override
from covgov.model import codec
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import Effect, Finding, Outcome, Row, Scope, Verdict, fold
from covgov.policy.config import parse
from covgov.policy.policy import Policy
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.policy import API_AND_AUTH, knowing, view
from covgov_testing.builders.run import run, verdict
from covgov_testing.hub.runs import component_row

POLICY = parse(f"version = 1\n[policy]\nfail_under = 50\n{API_AND_AUTH}", "covgov.toml", ())
SUITES = {
    "api": snap({"src/api/a.py": "+++-", "tests/t.py": "----"}, suite="api"),
    "auth": snap({"src/auth/b.py": "++"}, suite="auth"),
}


def honest() -> Verdict:
    api = component_row("api", snap({"src/api/a.py": "+++-"}))
    project = component_row("project", snap({"a": "+++-", "t": "----", "b": "++"}))
    whole = structs.replace(project, scope=Scope.PROJECT, suite="merged")
    return structs.replace(verdict(rows=[api, component_row("auth", SUITES["auth"])]), project=whole)


def whole(made: Verdict) -> Row:
    assert made.project is not None
    return made.project


def check(made: Verdict, suites: object = None) -> None:
    record: RunRecord = run(snapshots=SUITES if suites is None else {}, made=made)
    agreement.check("runs/1", record, POLICY)


def test_a_verdict_that_says_what_was_measured_is_believed() -> None:
    check(honest())
    check(structs.replace(honest(), project=None))


def test_figures_that_are_left_out_claim_nothing() -> None:
    rows = tuple(structs.replace(row, lines=None, branches=None) for row in honest().rows)
    check(structs.replace(honest(), rows=rows))


@pytest.mark.parametrize("outcome", [Outcome.UNDETERMINED, Outcome.FAIL])
def test_what_was_not_measured_may_be_anything_but_passed(outcome: Outcome) -> None:
    """As the rule `empty` leaves it, and in a run whose other suite failed."""
    findings = tuple(
        Finding(rule, effect, Scope.COMPONENT, name, f"{name}: {rule}")
        for rule, effect, name in (("empty", Effect.UNDETERMINED, "api"), ("suite", Effect(outcome.value), "auth"))
    )
    rows = [
        structs.replace(row, now=None, lines=None, branches=None, outcome=Outcome.UNDETERMINED) for row in honest().rows
    ]
    check(structs.replace(honest(), rows=tuple(rows), project=None, findings=findings, outcome=outcome))


def test_a_bar_may_be_raised() -> None:
    check(api(lambda row: structs.replace(row, bar=Decimal(70))))


WAIVED = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api: below", metric=Metric.COMBINED, waived_by="EX-1")


def test_an_exception_lets_a_component_pass_below_its_bar() -> None:
    below = api(lambda row: structs.replace(row, bar=Decimal(90)))
    check(structs.replace(below, findings=(WAIVED,)))
    assert "below its bar 90" in contradicted(below)


def test_without_any_coverage_no_figure_is_believed() -> None:
    with pytest.raises(InputError, match="says nothing"):
        check(honest(), {})


def api(change: Callable[[Row], Row]) -> Verdict:
    first, *others = honest().rows
    return structs.replace(honest(), rows=(change(first), *others))


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
    made = api(lambda row: structs.replace(row, now=zero, lines=zero, branches=zero))
    record = run(snapshots=empty, made=structs.replace(made, project=None, findings=(WAIVED,)))
    with pytest.raises(InputError, match="api passed without a figure"):
        agreement.check("runs/1", record, POLICY)


@pytest.mark.security
@pytest.mark.parametrize(
    ("forged", "what"),
    [
        (api(lambda row: structs.replace(row, now=Ratio(1000, 1000))), "api is told as 1000/1000"),
        (api(lambda row: structs.replace(row, lines=Ratio(4, 4))), "api is told as 4/4"),
        (api(lambda row: structs.replace(row, branches=Ratio(4, 4))), "(branch)"),
        (api(lambda row: structs.replace(row, metric=Metric.LINE)), "counted as line"),
        (api(lambda row: structs.replace(row, suite="auth")), "of suite auth"),
        (api(lambda row: structs.replace(row, name="other")), "nothing is said of the component api"),
        (api(lambda row: structs.replace(row, bar=Decimal(1))), "held against 1,"),
        (api(lambda row: structs.replace(row, bar=None)), "held against None"),
        (api(lambda row: structs.replace(row, outcome=Outcome.FAIL)), "api failed, but the run did not"),
        (
            api(lambda row: structs.replace(row, outcome=Outcome.UNDETERMINED)),
            "api is undetermined, but the run passed",
        ),
        (api(lambda row: structs.replace(row, now=None, lines=None, branches=None)), "api passed without a figure"),
        (
            structs.replace(honest(), project=structs.replace(whole(honest()), now=None)),
            "project passed without a figure",
        ),
        (structs.replace(honest(), outcome=Outcome.FAIL), "its outcome fail"),
        (structs.replace(honest(), rows=honest().rows[1:]), "nothing is said of the component api"),
        (
            structs.replace(honest(), rows=(*honest().rows, structs.replace(honest().rows[0], name="more"))),
            "no component more",
        ),
        (
            structs.replace(honest(), project=structs.replace(honest().rows[0], name="project")),
            "project is told as 3/4",
        ),
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
        (FAILED, "tests failed"),
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
    more = POLICY.copy(suites={**POLICY.suites, "web": POLICY.suites["api"]})
    with pytest.raises(InputError, match="project is told as 5/10"):
        agreement.check("runs/1", run(snapshots=SUITES, made=honest()), more)
    with pytest.raises(InputError, match=r"suite web:? did not arrive"):
        agreement.check("runs/1", run(snapshots=SUITES, made=structs.replace(honest(), project=None)), more)


def test_failed_tests_that_the_verdict_tells_are_believed() -> None:
    failed = Finding("suite", Effect.FAIL, Scope.SUITE, "api", "suite api: its tests failed, in other words")
    made = structs.replace(
        api(lambda row: structs.replace(row, outcome=Outcome.FAIL)), findings=(failed,), outcome=Outcome.FAIL
    )
    told = structs.replace(made, project=structs.replace(whole(made), outcome=Outcome.FAIL))
    agreement.check("runs/1", replace(with_tests(FAILED), verdict=told), POLICY)


def test_coverage_without_known_tests_is_believed() -> None:
    agreement.check("runs/1", with_tests(None), POLICY)


@pytest.mark.security
@pytest.mark.parametrize(
    "waived",
    [
        structs.replace(WAIVED, effect=Effect.NOTE),
        structs.replace(WAIVED, rule="max-drop"),
        structs.replace(WAIVED, rule="limit"),
        structs.replace(WAIVED, scope=Scope.PROJECT, subject="project"),
        structs.replace(WAIVED, rule="suite", scope=Scope.SUITE),
    ],
)
def test_no_exception_waives_anything_but_a_missed_total_bar(waived: Finding) -> None:
    below = api(lambda row: structs.replace(row, bar=Decimal(90)))
    assert "an exception waives what none can" in contradicted(structs.replace(below, findings=(waived,)))


@pytest.mark.security
def test_an_exception_for_one_metric_waives_no_other() -> None:
    below = api(lambda row: structs.replace(row, bar=Decimal(90)))
    made = structs.replace(below, findings=(structs.replace(WAIVED, metric=Metric.LINE),))
    assert "below its bar 90" in contradicted(made)


@pytest.mark.security
@pytest.mark.parametrize(
    "against",
    [
        Finding("max-drop", Effect.FAIL, Scope.COMPONENT, "api", "it dropped by 40 points"),
        Finding("max-drop", Effect.UNDETERMINED, Scope.COMPONENT, "api", "it dropped by 40 points"),
        Finding("bar", Effect.FAIL, Scope.FILE, "src/api/a.py", "it dropped by 40 points"),
        Finding("suite", Effect.FAIL, Scope.SUITE, "api", "it dropped by 40 points"),
    ],
)
def test_no_row_passes_that_a_finding_speaks_against(against: Finding) -> None:
    made = structs.replace(honest(), findings=(against,), outcome=Outcome(against.effect.value))
    assert "api passed in spite of this: it dropped" in contradicted(made)
    told = tuple(structs.replace(row, outcome=Outcome.FAIL) if row.name == "api" else row for row in made.rows)
    if against.effect is Effect.FAIL:
        check(structs.replace(made, rows=told, project=None))


@pytest.mark.security
def test_the_project_passes_over_no_suite_that_failed() -> None:
    failed = Finding("suite", Effect.FAIL, Scope.SUITE, "api", "its tests failed")
    made = structs.replace(
        api(lambda row: structs.replace(row, outcome=Outcome.FAIL)), findings=(failed,), outcome=Outcome.FAIL
    )
    assert "project passed in spite of this: its tests failed" in contradicted(made)


ONE = """\
version = 1
[policy]
fail_under = 50
{floor}
[suites.api]
tests = ["tests"]
[components.api]
paths = ["src/api/**"]
suite = "api"
{rules}
"""


def one(floor: str = "", rules: str = "") -> Policy:
    """A policy of one suite. rules: tables of the component's further bars."""
    return parse(ONE.format(floor=floor, rules=rules), "covgov.toml", ())


POOR = snap({"src/api/a.py": "++--------"})


def softened(bar: int, *, told: int | None = None) -> RunRecord:
    """A run at 20 %, below the policy's 50 %, that was held against a bar given from outside."""
    row = structs.replace(component_row("api", POOR, str(bar)), outcome=Outcome.PASS)
    note = Finding("soft-start", Effect.NOTE, Scope.SUITE, "api", "a bar from outside", bar=Decimal(told or bar))
    project = structs.replace(row, name="project", scope=Scope.PROJECT, suite="merged")
    made = structs.replace(verdict(rows=[row], findings=[note]), project=project, soft_start="a bar from outside")
    return run(snapshots={"api": POOR}, made=made)


def test_a_soft_start_lowers_the_bars_of_the_only_suite() -> None:
    agreement.check("runs/1", softened(20), one("soft_start_floor = 10"))


@pytest.mark.security
@pytest.mark.parametrize(
    ("made", "floor"),
    [
        (softened(20), ""),
        (softened(9), "soft_start_floor = 10"),
        (softened(9, told=20), "soft_start_floor = 10"),
        (replace(softened(20), verdict=structs.replace(softened(20).verdict, findings=())), "soft_start_floor = 10"),
    ],
)
def test_a_soft_start_that_the_policy_does_not_allow_lowers_nothing(made: RunRecord, floor: str) -> None:
    with pytest.raises(InputError, match="api was held against"):
        agreement.check("runs/1", made, one(floor))


@pytest.mark.security
def test_a_soft_start_is_for_a_policy_of_one_suite() -> None:
    note = Finding("soft-start", Effect.NOTE, Scope.SUITE, "api", "a bar from outside", bar=Decimal(20))
    made = structs.replace(
        api(lambda row: structs.replace(row, bar=Decimal(20))), findings=(note,), soft_start="a bar from outside"
    )
    with pytest.raises(InputError, match="api was held against 20, but its policy wants 50"):
        agreement.check(
            "runs/1",
            run(snapshots=SUITES, made=made),
            POLICY.copy(gate=POLICY.gate.copy(soft_start_floor=Decimal(10))),
        )


FURTHER = {
    "file": ('scope = "file"\nmin = 100', "src/api/a.py: 4/5"),
    "attribute": ('attribute = "security"\nmetric = "line"\nmin = 95', "api: 0/5"),
    "file and attribute": ('scope = "file"\nattribute = "security"\nmetric = "line"\nmin = 95', "src/api/a.py: 0/5"),
    "uncovered": ("max_uncovered = 0", "api: 1 uncovered"),
    "ceiling": ("max = 70", "api: 4/5"),
    "branches": ('metric = "branch"\nmin = 50', "nothing to count"),
}
RICH = snap({"src/api/a.py": "++++-"})


@pytest.mark.security
@pytest.mark.parametrize("kind", FURTHER)
def test_every_bar_that_coverage_can_tell_is_held_against_it(kind: str) -> None:
    """Bars that no row of the verdict shows: their findings cannot be left out."""
    rules, what = FURTHER[kind]
    made = verdict(rows=[component_row("api", RICH)])
    agreement.check("runs/1", run(snapshots={"api": RICH}, made=made), one())
    with pytest.raises(InputError, match=f"nothing is said of this: {what}|nothing is said of this: api: .*{what}"):
        agreement.check(
            "runs/1", run(snapshots={"api": RICH}, made=made), one(rules=f"[[components.api.rules]]\n{rules}")
        )


@pytest.mark.security
def test_the_projects_bar_is_owed_even_where_the_project_is_left_out() -> None:
    made = structs.replace(softened(20).verdict, rows=(), project=None, findings=(), soft_start=None)
    policy = one().copy(components={})
    with pytest.raises(InputError, match="nothing is said of this: project: 2/10"):
        agreement.check("runs/1", run(snapshots={"api": POOR}, made=made), policy)


@pytest.mark.parametrize("waived_by", [None, "EX-1"])
def test_what_this_program_judges_of_the_same_coverage_is_believed(waived_by: str) -> None:
    """Every bar missed and told, as a failure; a file's bar also as an excuse."""
    rules = "".join(f"[[components.api.rules]]\n{text}\n" for text, _ in FURTHER.values()) if not waived_by else ""
    policy = one(rules=rules or "[[components.api.rules]]\n" + FURTHER["file"][0])
    judged = judge([view(policy, {"api": RICH}, project=RICH)])
    found = tuple(structs.replace(f, waived_by=waived_by) if f.rule == "bar" else f for f in judged.findings)
    assert [f for f in found if f.rule == "bar"]
    told = structs.replace(judged, findings=found, outcome=fold(found))
    if waived_by:
        told = structs.replace(told, rows=tuple(structs.replace(row, outcome=Outcome.PASS) for row in told.rows))
    agreement.check("runs/1", run(snapshots={"api": RICH}, made=told), policy)


def test_a_soft_start_that_this_program_judged_is_believed_as_history_keeps_it() -> None:
    policy = one("soft_start_floor = 10", rules="[[components.api.rules]]\nmax_uncovered = 0")
    lowered = Override("api", Decimal("19.5"), "--fail-under")
    judged = judge([knowing(view(policy, {"api": POOR}, project=POOR), override=lowered)])
    assert {finding.rule for finding in judged.findings} == {"limit", "soft-start", "baseline"}
    kept = codec.decode(codec.encode(judged), Verdict)
    agreement.check("runs/1", run(snapshots={"api": POOR}, made=kept), policy)


def test_bars_per_owner_stay_the_recorders_word() -> None:
    owned = one(rules='[[rules]]\nscope = "owner"\nmetric = "line"\nmin = 99')
    made = verdict(rows=[component_row("api", RICH)])
    agreement.check("runs/1", run(snapshots={"api": RICH}, made=made), owned)
