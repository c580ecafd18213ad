from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import UsageError
from covgov.runner.passthrough import ReportOutputs, split


def test_empty_values_are_redacted_to_themselves() -> None:
    assert split(()).requested == ReportOutputs()


def test_reports_go_to_covgov_and_the_rest_to_pytest_in_order() -> None:
    reports = ["--cov-report=xml:coverage/engine.xml", "--cov-report=json:coverage/engine.json"]
    found = split(["-x", *reports, "-k", "fast", "tests/a"])
    assert found.requested == ReportOutputs(xml=("coverage/engine.xml",), json=("coverage/engine.json",))
    assert found.pytest == ("-x", "-k", "fast", "tests/a")


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        ("xml", ReportOutputs(xml=("coverage.xml",))),
        ("json", ReportOutputs(json=("coverage.json",))),
        ("lcov:a.lcov", ReportOutputs(lcov=("a.lcov",))),
        ("html", ReportOutputs(html=("htmlcov",))),
        ("html:site", ReportOutputs(html=("site",))),
        ("term", ReportOutputs(term=True)),
        ("term-missing", ReportOutputs(term=True)),
        ("term-missing:skip-covered", ReportOutputs(term=True)),
        ("", ReportOutputs()),
    ],
)
def test_each_kind_of_report(report: str, wanted: ReportOutputs) -> None:
    assert split([f"--cov-report={report}"]).requested == wanted
    assert split(["--cov-report", report]).requested == wanted


def test_one_kind_may_go_to_two_places() -> None:
    assert split(["--cov-report=xml:a", "--cov-report=xml:b"]).requested.xml == ("a", "b")


@pytest.mark.parametrize(
    ("arguments", "ignored", "left"),
    [
        (["--cov"], ("--cov",), ()),
        (["--cov", "-q"], ("--cov",), ("-q",)),
        (["--cov", "src", "-q"], ("--cov=src",), ("-q",)),
        (["--cov=src", "tests"], ("--cov=src",), ("tests",)),
        (["--cov-branch", "tests"], ("--cov-branch",), ("tests",)),
        (["--cov-config", "x.ini", "tests"], ("--cov-config=x.ini",), ("tests",)),
        (["--cov-context"], ("--cov-context",), ()),
    ],
)
def test_options_without_a_meaning_here_are_named(
    arguments: list[str], ignored: tuple[str, ...], left: tuple[str, ...]
) -> None:
    found = split(arguments)
    assert (found.requested.ignored, found.pytest) == (ignored, left)


@pytest.mark.security
@pytest.mark.parametrize("option", ["--cov-fail-under=0", "--cov-fail-under", "--no-cov"])
def test_options_that_bypass_the_gate_are_refused(option: str) -> None:
    with pytest.raises(UsageError) as caught:
        split([option, "10"])
    assert caught.value.code == "passthrough-refused"
    assert caught.value.hint


def test_a_bar_in_the_hint_points_to_the_policy() -> None:
    with pytest.raises(UsageError) as caught:
        split(["--cov-fail-under=80"])
    assert "covgov.toml" in caught.value.hint


def test_an_unknown_report_is_refused() -> None:
    with pytest.raises(UsageError, match="does not write `annotate`") as caught:
        split(["--cov-report=annotate:x"])
    assert caught.value.code == "passthrough-report"


def test_arguments_after_a_double_dash_pass_through() -> None:
    assert split(["-q", "--", "--cov-report=xml"]).pytest == ("-q", "--", "--cov-report=xml")


@given(st.lists(st.text().filter(lambda text: not text.startswith(("--cov", "--no-cov")))))
def test_arguments_that_are_not_about_coverage_pass_untouched(arguments: list[str]) -> None:
    found = split(arguments)
    assert found.pytest == tuple(arguments)
    assert found.requested == ReportOutputs()
