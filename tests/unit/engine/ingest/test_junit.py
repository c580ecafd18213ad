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


@pytest.mark.security
@pytest.mark.parametrize(
    ("data", "why"),
    [
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
