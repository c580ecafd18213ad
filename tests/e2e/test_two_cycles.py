"""The gate bites: one repository with a bare origin, two full cycles, and every way to fail between them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from covgov_testing.installed import Done, Installed
from covgov_testing.team import COVERAGERC, POLICY, TEST, Team, module

REGISTER = "exceptions.md"
CORE = module(1000, 100)
START = {
    "covgov.toml": POLICY,
    ".coveragerc": COVERAGERC,
    ".gitignore": "coverage/\n__pycache__/\n.pytest_cache/\n",
    "app/__init__.py": "",
    "app/core.py": CORE,
    "tests/test_app.py": TEST,
}
WEAK = {"app/weak.py": module(5, 5, stem="weak")}
PEOPLE = {
    "owner": "@team-app",
    "rationale": "the vendor's simulator is missing",
    "mitigation": "checked by hand each release",
    "next review": "2027-01-31",
    "approved by": "@head-of-quality",
    "approved on": "2026-11-20",
}


@pytest.fixture
def team(covgov: Installed, tmp_path: Path) -> Team:
    team = Team(covgov, tmp_path)
    team.push_main(START, "begin")
    return team


def expect(done: Done, code: int, *messages: str) -> None:
    assert done.code == code, done.text
    for message in messages:
        assert message in done.text, f"{message!r} is missing in:\n{done.text}"


def filled(register: str) -> str:
    """The register with people's columns of its last row filled in, as a person would edit it."""
    lines = register.splitlines(keepends=True)
    header = next(line for line in lines if re.match(r"\|\s*id\s*\|", line))
    names = [cell.strip() for cell in header.strip().strip("|").split("|")]
    last = max(number for number, line in enumerate(lines) if line.startswith("| EX-"))
    cells = [cell.strip() for cell in lines[last].strip().strip("|").split("|")]
    cells = [PEOPLE.get(name, cell) for name, cell in zip(names, cells, strict=True)]
    lines[last] = "| " + " | ".join(cells) + " |\n"
    return "".join(lines)


def without(text: str, first: int, count: int) -> str:
    """`text` less `count` lines from index `first`."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[:first] + lines[first + count :])


def rewritten(text: str, count: int, lost: int) -> str:
    """The first `count` lines rewritten, `lost` of them into a function that nothing calls."""
    lines = text.splitlines(keepends=True)
    fresh = [f"fresh_{number} = {number} + 1\n" for number in range(count - lost)]
    dead = [f"    dead_{number} = {number}\n" for number in range(lost)]
    return "".join([*fresh, *lines[count:], *dead])


def test_two_full_cycles_and_every_gate_between_them(team: Team) -> None:
    first = team.ci_main()
    expect(first, 0, "first run")
    assert team.origin.git("rev-parse", "--verify", "refs/heads/coverage-history")

    green_and_red_changes(team)
    the_register_cycle(team)
    nothing_turns_green_unmeasured(team)

    team.branch("growth", {"app/more.py": module(50, 0, stem="more")})
    expect(team.ci_pull_request("growth"), 0, "merge base")
    before = team.merge("growth")
    expect(team.ci_main(before=before), 0, "pass")
    expect(team.ci_main("history", "verify"), 0)
    digest = team.ci_main("digest")
    expect(digest, 0, "app")
    assert digest.out == team.ci_main("digest").out


def green_and_red_changes(team: Team) -> None:
    team.branch("green", {"app/extra.py": module(20, 0, stem="extra")})
    expect(team.ci_pull_request("green"), 0)

    team.branch("drop", {"app/core.py": CORE + "".join(f"    more_{n} = {n}\n" for n in range(30))})
    # 1000/1130 = 88.49 % against 1000/1100 = 90.90 %: more than 2 points, and all of it new code that nothing reaches
    expect(team.ci_pull_request("drop"), 10, "1000/1130", "new uncovered code", "max_drop")

    team.branch("rewrite", {"app/core.py": rewritten(CORE, 500, 25)})
    expect(team.ci_pull_request("rewrite"), 10, "975/1100", "max_drop")

    team.branch("deletion", {"app/core.py": without(CORE, 0, 200)})
    # 800/900 is 2.02 points below, yet a pure deletion judges 0
    expect(team.ci_pull_request("deletion"), 0, "800/900")

    team.branch("lowered", {"covgov.toml": POLICY.replace("fail_under = 80", "fail_under = 10")})
    expect(team.ci_pull_request("lowered"), 10, "fail_under")

    team.branch("failing", {"tests/test_broken.py": "def test_broken() -> None:\n    assert False\n"})
    expect(team.ci_pull_request("failing"), 10, "tests failed")


def the_register_cycle(team: Team) -> None:
    team.branch("weak", WEAK)
    expect(team.ci_pull_request("weak"), 10, "app/weak.py", "5/10")
    patch = team.read("coverage/exceptions.patch")
    assert "file:app/weak.py" in patch
    assert "proposed" in patch

    team.work.git("checkout", "--quiet", "weak")
    team.work.git("apply", "coverage/exceptions.patch")
    row = filled(team.read(REGISTER))
    team.work.git("clean", "--quiet", "-f", REGISTER)
    team.branch("weak-and-waived", {**WEAK, REGISTER: row})
    expect(team.ci_pull_request("weak-and-waived"), 10, "EX-001", "is new in this change")

    team.branch("waiver", {REGISTER: row})
    expect(team.ci_pull_request("waiver"), 0)
    before = team.merge("waiver")
    expect(team.ci_main(before=before), 0)

    team.branch("weak-again", WEAK)
    expect(team.ci_pull_request("weak-again"), 0, "EX-001")
    expect(team.ci_pull_request("weak-again", "check", "--today", "2027-02-01"), 10, "overdue")
    before = team.merge("weak-again")
    expect(team.ci_main(before=before), 0)

    team.branch("regained", {"app/weak.py": module(10, 0, stem="weak")})
    expect(team.ci_pull_request("regained"), 0)
    patch = team.read("coverage/exceptions.patch")
    assert "resolved" in patch
    assert "10/10" in patch or "100.00" in patch


def nothing_turns_green_unmeasured(team: Team) -> None:
    team.branch("silent", {"tests/test_app.py": "", "tests/conftest.py": "collect_ignore = ['test_app.py']\n"})
    expect(team.ci_pull_request("silent"), 11, "did not arrive")

    elsewhere = POLICY + '\n[components.gone]\npaths = ["nowhere/**"]\nsuite = "app"\n'
    team.branch("nowhere", {"covgov.toml": elsewhere})
    expect(team.ci_pull_request("nowhere"), 11, "gone")

    team.branch("blind", {"app/extra.py": module(20, 0, stem="extra")})
    team.work.git("update-ref", "-d", "refs/heads/coverage-history")
    team.work.git("remote", "set-url", "origin", str(team.origin.root.parent / "unplugged.git"))
    try:
        for name in team.work.git("for-each-ref", "--format=%(refname)").splitlines():
            if "coverage-history" in name:
                team.work.git("update-ref", "-d", name)
        expect(team.ci_pull_request("blind"), 11, "history")
    finally:
        team.work.git("remote", "set-url", "origin", str(team.origin.root))
