"""What a first measurement decides."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.model.snapshot import TestRun
from covgov.scaffold.adopt import to_deselect

THREE = TestRun(1, tests=3, failures=1)


def test_tests_that_fail_are_named() -> None:
    assert to_deselect(THREE, ["b", "a", "a"][1:]) == ("a",)


@pytest.mark.parametrize(
    ("tests", "failed"),
    [
        (TestRun(1, tests=3, failures=2), ["a", "b"]),  # fewer pass than fail
        (TestRun(1, tests=1, errors=1), ["a"]),
        (TestRun(3), []),  # a run that broke and says nothing of its tests
        (THREE, []),  # nobody knows which
    ],
)
def test_a_suite_that_mostly_fails_is_not_adopted(tests: TestRun, failed: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        to_deselect(tests, failed)
    assert caught.value.code == "init-tests-fail"
