"""`enforcement = "evaluate"` on the command line: exit 0, recorded as what it is, and no way back without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from covgov_testing.desk import POLICY, Desk

EVALUATED = POLICY.replace("[policy]\n", '[policy]\nenforcement = "evaluate"\n')
LOW, HIGH = {"api/a.py": "+---"}, {"api/a.py": "++++"}


def desk(root: Path, policy: str, picture: dict[str, str]) -> Desk:
    made = Desk(root, policy)
    made.commit({"api/a.py": "one\ntwo\nthree\nfour\n"})
    made.measure(picture)
    return made


def test_what_would_fail_exits_0_and_is_recorded_as_failed(tmp_path: Path) -> None:
    made = desk(tmp_path, EVALUATED, LOW)
    assert made.covgov("check", "--record") == 0
    assert made.out.getvalue().startswith("covgov: WOULD FAIL, NOT ENFORCED (")
    (run,) = made.store().list()
    assert run.outcome == "fail"
    assert not run.enforced
    for command in ("list",), ("show", "1"):
        assert made.covgov("history", *command) == 0
        assert re.search(r"  fail  .*  not enforced\n", made.out.getvalue())


def test_a_failure_that_is_enforced_has_no_such_mark(tmp_path: Path) -> None:
    made = desk(tmp_path, POLICY, LOW)
    assert made.covgov("check", "--record") == 10
    assert made.covgov("history", "list") == 0
    assert "  fail  " in made.out.getvalue()
    assert "not enforced" not in made.out.getvalue()


def test_without_it_the_same_fails(tmp_path: Path) -> None:
    assert desk(tmp_path, POLICY, LOW).covgov("check") == 10


def test_what_would_be_undetermined_exits_0_and_says_so(tmp_path: Path) -> None:
    made = desk(tmp_path, EVALUATED, HIGH)
    (tmp_path / "coverage" / "api.snapshot").unlink()
    assert made.covgov("check") == 0
    assert made.out.getvalue().startswith("covgov: WOULD BE UNDETERMINED, NOT ENFORCED (")


@pytest.mark.security
def test_a_fault_beside_the_verdict_keeps_its_exit_code(tmp_path: Path) -> None:
    made = desk(tmp_path, EVALUATED, LOW)
    (tmp_path / "coverage" / "summary.md" / "in the way").mkdir(parents=True)
    assert made.covgov("check", "--record") == 5, made.err.getvalue()


@pytest.mark.security
def test_a_run_that_would_have_failed_is_never_a_passed_baseline(tmp_path: Path) -> None:
    made = desk(tmp_path, EVALUATED.replace("max_drop = 2", "max_drop = 0"), HIGH)
    assert made.covgov("check", "--record") == 0
    passed = made.repository.resolve("HEAD")
    made.measure(LOW)
    for text in ("one", "two"):
        made.commit({"README.md": text})
        made.measure(LOW)
        assert made.covgov("check", "--record") == 0
        assert f"baseline: {(passed or '')[:12]}" in made.out.getvalue()


@pytest.mark.security
def test_going_back_is_judged_by_the_base(tmp_path: Path) -> None:
    made = desk(tmp_path, POLICY, HIGH)
    assert made.covgov("check", "--record") == 0
    made.repo.git("checkout", "-q", "-b", "change")
    made.commit({"covgov.toml": EVALUATED})
    made.measure(LOW)
    assert made.covgov("check", "--base", "main") == 10
    assert "[loosened] policy.enforcement: changed from enforce to evaluate" in made.out.getvalue()
