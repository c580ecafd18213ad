"""The bar that a project already has."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from covgov.scaffold.compose import USUAL_BAR
from covgov_testing.trees import A_TEST, found

CODECOV = "coverage:\n  status:\n    project:\n      default:\n        target: 91%\n    patch:\n      default:\n        target: 70%\n"
CASES: Mapping[str, tuple[Mapping[str, str], str]] = {
    ".coveragerc": ({".coveragerc": "[report]\nfail_under = 92.5\n"}, "92.5"),
    "setup.cfg": ({"setup.cfg": "[coverage:report]\nfail_under = 93\n"}, "93"),
    "pyproject": ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 94\n"}, "94"),
    "a file that coverage.py does not read": (
        {".coveragerc": "[run]\n", "setup.cfg": "[coverage:report]\nfail_under = 93\n"},
        "80",
    ),
    "pytest-cov": ({"pytest.ini": "[pytest]\naddopts = --cov-fail-under=85\n"}, "85"),
    "tox": ({"tox.ini": "[testenv]\ncommands = coverage report --fail-under 86\n"}, "86"),
    "a workflow": ({".github/workflows/ci.yml": "- run: coverage report --fail-under=87\n"}, "87"),
    "codecov": ({"codecov.yml": CODECOV}, "91"),
    "none": ({}, "80"),
    "no bar at all": ({".coveragerc": "[report]\nfail_under = 0\n"}, "80"),
    "not a number": ({".coveragerc": "[report]\nfail_under = ${BAR}\n"}, "80"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_existing_bar_is_kept(case: str) -> None:
    files, expected = CASES[case]
    detected = found({"pkg/__init__.py": "", "tests/test_a.py": A_TEST, **files})
    assert detected.bar_or(None, USUAL_BAR)[0] == Decimal(expected)
    assert detected.bar_or(Decimal(70), USUAL_BAR) == (Decimal(70), "--fail-under")
