"""The small shop whose two weeks are told in the documents, so made that every figure can be worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping

REGISTER = "docs/exceptions.md"
WEEKLY = "docs/metrics/coverage-weekly.md"
POLICY = """\
version = 1

[policy]
fail_under = 80
fail_under_patch = 0
max_drop = 2
soft_start_floor = 70
attributes = ["architecture", "reliability", "security"]

[suites.shop]
tests = ["tests"]

[components.cart]
paths = ["shop/cart.py"]
suite = "shop"
fail_under = 85

[components.ledger]
paths = ["shop/ledger.py"]
suite = "shop"

[register]
path = "docs/exceptions.md"

[notify]
on_drop = ["${ALERT_WEBHOOK_URL}", "${ALERT_MAIL_URL}"]
on_under_bar = ["${ALERT_WEBHOOK_URL}"]
on_overdue = ["${ALERT_WEBHOOK_URL}"]
on_undetermined = ["${ALERT_WEBHOOK_URL}"]
on_recovery = ["${ALERT_WEBHOOK_URL}"]
on_digest = ["${ALERT_WEBHOOK_URL}"]
"""
UNUSED = ("anyio", "hypothesispytest", "pytest_cov", "randomly", "schemathesis", "xdist")
"""Plugins that only cost time here. The pictures name commits, so another list needs new ones (`make evidence`)."""

MARKERS = ("architecture", "reliability", "security")
START: Mapping[str, str] = {
    "covgov.toml": POLICY,
    ".coveragerc": "[run]\nbranch = True\nsource = shop\nrelative_files = True\n",
    ".gitignore": "/coverage/\n__pycache__/\n.pytest_cache/\n",
    "CODEOWNERS": "/shop/ @shop-team\n",
    "pytest.ini": "[pytest]\npythonpath = .\naddopts = "
    + " ".join(f"-p no:{name}" for name in UNUSED)
    + "\nmarkers =\n"
    + "".join(f"    {name}: covgov shows what these tests reach\n" for name in MARKERS),
    "shop/__init__.py": "",
}
TESTS = """\
import pytest

from shop import {name}


def call(first, last):
    for number in range(first, last):
        assert getattr({name}, f"step_{{number}}")() == number


def test_all_that_is_promised():
    call(0, {called})


@pytest.mark.architecture
def test_it_stands_alone():
    call(0, 5)


@pytest.mark.reliability
def test_it_survives():
    call(0, 10)


@pytest.mark.security
def test_it_refuses():
    call(0, 20)
"""
DRAFT = "\n\ndef draft():\n    entry = 1\n    return entry\n"
TEST_DRAFT = "\n\ndef test_a_draft():\n    assert ledger.draft() == 1\n"
PEOPLE = {
    "owner": "@shop-team",
    "rationale": "drafts wait for the tax tables",
    "mitigation": "drafts are off in production",
    "next review": "2026-12-31",
    "approved by": "@head-of-quality",
    "approved on": "2026-11-11",
}


def part(name: str, called: int, *, draft: bool = False, drafted: bool = False) -> Mapping[str, str]:
    """A module of fifty steps, two lines each, of which tests call the first `called`: `50 + called` of 100 lines.

    draft: one function more, of three lines, two of which nothing reaches unless `drafted`.
    """
    body = "\n\n".join(f"def step_{number}():\n    return {number}\n" for number in range(50))
    return {
        f"shop/{name}.py": body + (DRAFT if draft else ""),
        f"tests/test_{name}.py": TESTS.format(name=name, called=called) + (TEST_DRAFT if drafted else ""),
    }


def filled_in(register: str, people: Mapping[str, str]) -> str:
    """The register with people's columns of its last row filled in, as a person would edit it."""
    lines = register.splitlines(keepends=True)
    header = next(line for line in lines if re.match(r"\|\s*id\s*\|", line))
    last = max(number for number, line in enumerate(lines) if line.startswith("| EX-"))
    cells = [people.get(name, cell) for name, cell in zip(_cells(header), _cells(lines[last]), strict=True)]
    lines[last] = f"| {' | '.join(cells)} |\n"
    return "".join(lines)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]
