"""The tests that the phase plan names exist, and pytest collects them."""

from __future__ import annotations

import re
import subprocess
import sys

from covgov_testing.act import CHECKOUT

PLAN = CHECKOUT / "tests" / "docs" / "test_framework_upgrades" / "phase_r5_plan.md"
ROWS = re.findall(r"^\| ([BE]\d) \| .+ \| (.+) \|$", PLAN.read_text(encoding="utf-8"), re.MULTILINE)


def collects(*tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *tests]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_every_box_and_criterion_names_tests_that_are_collected() -> None:
    assert [number for number, _ in ROWS] == [*(f"B{n}" for n in range(1, 7)), *(f"E{n}" for n in range(1, 6))]
    named = [re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", tests) for _, tests in ROWS]
    assert all(named)
    done = collects(*sorted({test for tests in named for test in tests}))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_plan_begins_with_milestones_that_have_every_box_and_criterion_once() -> None:
    text = PLAN.read_text(encoding="utf-8")
    summary = text.partition("## Milestones\n")[2].partition("\n## ")[0]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[0] == "Milestones"
    rows = re.findall(r"^\| M\d \| [^|]+ \| done \| ([^|]+) \| [^|]+ \|$", summary, re.MULTILINE)
    assert sorted(", ".join(rows).split(", ")) == sorted(number for number, _ in ROWS)


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert collects("tests/docs/test_phase_plan.py::test_nothing").returncode != 0
