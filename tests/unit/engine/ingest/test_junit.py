from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.junit import read_tests
from covgov.model.snapshot import TestRun

CASES = (
    '<testcase time="1"/><testcase time="2"><failure/></testcase><testcase><error/><failure/></testcase>'
    "<testcase><skipped/></testcase>"
)


def test_cases_are_counted_by_how_they_ended() -> None:
    data = f'<testsuites><testsuite time="1,003.5" tests="99">{CASES}</testsuite></testsuites>'.encode()
    assert read_tests(data, 1, "j.xml") == TestRun(1, tests=4, failures=1, errors=1, skipped=1, seconds=1003.5)


def test_a_single_suite_may_be_the_root_and_lack_a_time() -> None:
    assert read_tests(f"<testsuite>{CASES}</testsuite>".encode(), 0, "j.xml").seconds == 3.0


def test_nested_suites_count_each_case_once() -> None:
    data = f'<testsuites><testsuite time="4"><testsuite time="4">{CASES}</testsuite></testsuite></testsuites>'.encode()
    run = read_tests(data, 0, "j.xml")
    assert (run.tests, run.seconds) == (4, 4.0)


def test_no_cases_are_no_tests() -> None:
    assert read_tests(b"<testsuites/>", 5, "j.xml") == TestRun(5)


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("suites", "errors"),
    [
        ('<testsuite name="crashed" tests="11" errors="11"/><testsuite><testcase name="a"/></testsuite>', 11),
        ('<testsuite errors="2"><testsuite errors="2"/></testsuite>', 2),
        ('<testsuite errors="2"><testsuite errors="1"/><testsuite failures="3"/></testsuite>', 4),
        ('<testsuite errors="1"><testcase name="a"><error/></testcase></testsuite>', 0),
        ('<testsuite failures="1"><testcase name="a"><error/></testcase></testsuite>', 0),
        ('<testsuite errors="1" failures="1"><testcase name="a"><error/><failure/></testcase></testsuite>', 0),
        ('<testsuite errors="" failures=" 0 "><!-- x --><testcase name="a"/></testsuite>', 0),
    ],
)
def test_errors_that_no_case_shows_are_counted(suites: str, errors: int) -> None:
    shown = suites.count("<error/>")
    run = read_tests(f"<testsuites>{suites}</testsuites>".encode(), 0, "j.xml")
    assert run.errors == shown + errors
    assert run.passed is (shown + errors == 0)


@pytest.mark.reliability
def test_errors_that_only_the_root_states_are_counted() -> None:
    run = read_tests(b'<testsuites errors="3"><testsuite><testcase name="a"/></testsuite></testsuites>', 0, "j.xml")
    assert (run.errors, run.passed) == (3, False)


@pytest.mark.reliability
def test_a_case_that_pytest_left_without_a_name_never_ended() -> None:
    data = b'<testsuite errors="0" failures="0" tests="1"><testcase name="a"/><testcase time="0.0"/></testsuite>'
    assert read_tests(data, 0, "j.xml") == TestRun(0, tests=2, errors=1)


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ('status="run" result="completed"', "passed"),
        ('status="Passed"', "passed"),
        ('status="notrun" result="suppressed"', "skipped"),
        ('status="not-run"', "skipped"),
        ('status="fail"', "failures"),
        ('result="interrupted"', "errors"),
        ('status="incomplete"', "errors"),
    ],
)
def test_a_status_word_is_as_good_as_an_element(attributes: str, wanted: str) -> None:
    run = read_tests(f'<testsuite><testcase name="a" {attributes}/></testsuite>'.encode(), 0, "j.xml")
    ended = {"passed": run.passed, "skipped": run.skipped, "failures": run.failures, "errors": run.errors}
    assert ended == {**dict.fromkeys(ended, 0), "passed": wanted in ("passed", "skipped"), wanted: 1}


@pytest.mark.security
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'<testsuite errors="many"/>', "errors is no count"),
        (b'<testsuite><testcase name="a" status="so-so"/></testsuite>', "status 'so-so'"),
        (b"", "not a JUnit report"),
        (b"<testsuites>", "not a JUnit report"),
        (b"<coverage/>", "root element"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><testsuites/>', "entities"),
        (b'<testsuite time="soon"/>', "not a time"),
        (b'<testsuite time="nan"/>', "not a time"),
        (b'<testsuite time="-1"/>', "not a time"),
        (b"<a>" * 100_000, "not a JUnit report"),
    ],
)
def test_hostile_and_broken_reports_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read_tests(data, 0, "j.xml")
    assert caught.value.code == "report-damaged"
    assert "j.xml" in caught.value.message
