"""Before the first run of the default branch that passes, only the policy at hand judges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import RegisterInvalid
from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.verdict import Outcome
from covgov_testing.builders.register import table
from covgov_testing.desk import LOCAL, POLICY, Desk, rules

STRICT = POLICY.replace("fail_under = 50", "fail_under = 90")
WEAK = POLICY.replace("fail_under = 50", "fail_under = 10").replace('["tests"]', '["tests/unit"]')
MAIN = replace(LOCAL, branch="main")
FORK = CiContext("github", CiEvent.PULL_REQUEST, target="main", branch="topic", default_branch="main")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """One recorded run of main that failed its bar."""
    made = Desk(tmp_path / "work", STRICT)
    made.commit({"api/a.py": "".join(f"line {n}\n" for n in range(1, 11)), "tests/unit/test_a.py": "\n"})
    measured(made)
    return made


def measured(desk: Desk, picture: str = "++++++++--") -> Outcome:
    desk.measure({"api/a.py": picture})
    judgement = desk.judge()
    desk.record(judgement)
    return judgement.verdict.outcome


def judged(desk: Desk, picture: str = "++++++++--", ci: CiContext | None = None) -> set[str]:
    desk.measure({"api/a.py": picture})
    verdict = (desk.judge(ci=ci) if ci else desk.judge()).verdict
    return {finding.rule for finding in verdict.findings}


def test_a_first_run_that_failed_is_repaired_on_the_branch_itself(desk: Desk) -> None:
    desk.commit({"covgov.toml": WEAK}, "repair")
    assert judged(desk) == {"baseline", "adoption", "patch"}


@pytest.mark.parametrize("ci", [None, FORK])
def test_a_first_run_that_failed_is_repaired_in_a_change(desk: Desk, ci: CiContext | None) -> None:
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"covgov.toml": WEAK}, "repair")
    assert judged(desk, "+" * 2 + "-" * 8, ci) == {"baseline", "patch"}


def test_enforcement_begins_with_the_first_recorded_pass_and_the_verdict_says_so_once(desk: Desk) -> None:
    desk.commit({"covgov.toml": WEAK}, "repair")
    assert measured(desk) is Outcome.PASS
    desk.commit({"README": "x\n"}, "docs")
    assert judged(desk) == {"patch"}
    desk.commit({"covgov.toml": WEAK.replace("10", "9")}, "loosen")
    assert "loosened" in judged(desk)


def test_a_run_that_fails_begins_nothing(desk: Desk) -> None:
    desk.commit({"README": "x\n"}, "docs")
    assert "adoption" not in judged(desk)


def test_what_passed_on_another_branch_begins_nothing(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"covgov.toml": WEAK}, "repair")
    assert measured(desk) is Outcome.PASS
    desk.repo.git("checkout", "-q", "main")
    desk.commit({"covgov.toml": WEAK.replace("10", "9")}, "repair otherwise")
    assert "loosened" not in judged(desk)


@pytest.mark.security
def test_a_merge_with_swapped_parents_does_not_begin_adoption_anew(desk: Desk) -> None:
    desk.repo.git("branch", "old")
    desk.commit({"covgov.toml": WEAK}, "repair")
    desk.measure({"api/a.py": "++++++++--"})
    desk.record(desk.judge(ci=MAIN), ci=MAIN)
    desk.repo.git("checkout", "-q", "old")
    desk.commit({"README": "x\n"}, "docs")
    desk.repo.git("merge", "-q", "-m", "main into old", "main")
    desk.repo.git("checkout", "-q", "-B", "main")
    desk.commit({"covgov.toml": WEAK.replace("10", "9")}, "loosen")
    assert "loosened" in judged(desk, ci=MAIN)


@pytest.mark.security
@pytest.mark.parametrize(
    "weaker",
    [
        WEAK.replace("dir:history", "dir:elsewhere"),
        WEAK.replace("[history]", "[history]\nsince = 2099-01-01"),
        WEAK.replace("[policy]", '[policy]\ndefault_branch = "topic"'),
    ],
)
def test_no_key_of_a_change_begins_adoption_anew(desk: Desk, weaker: str) -> None:
    desk.commit({"covgov.toml": POLICY}, "repair")
    assert measured(desk) is Outcome.PASS
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"covgov.toml": weaker}, "begin anew")
    assert "loosened" in judged(desk)


@pytest.mark.security
def test_a_history_that_is_lost_is_no_adoption(desk: Desk) -> None:
    since = POLICY.replace("[history]", "[history]\nsince = 2026-01-01")
    desk.commit({"covgov.toml": since}, "repair")
    assert measured(desk) is Outcome.PASS
    (desk.root / "history").rename(desk.root.parent / "gone")
    desk.commit({"covgov.toml": since.replace("fail_under = 50", "fail_under = 10")}, "loosen")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    assert isinstance(judgement.facts.baseline, NoBaseline)
    assert judgement.facts.baseline.reason is BaselineReason.LOST
    assert {("loosened", "fail"), ("baseline", "undetermined")} <= set(rules(judgement))


@pytest.mark.reliability
def test_a_broken_policy_on_main_blocks_no_repair_and_weakens_no_gate(desk: Desk) -> None:
    desk.commit({"covgov.toml": POLICY}, "repair")
    assert measured(desk) is Outcome.PASS
    desk.commit({"covgov.toml": "nonsense ="}, "break")
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"covgov.toml": POLICY}, "restore")
    assert judged(desk) == {"base-policy", "patch"}
    desk.commit({"covgov.toml": WEAK}, "loosen")
    assert {"base-policy", "loosened"} <= judged(desk)


@pytest.mark.reliability
def test_settings_of_coverage_that_cannot_be_read_on_main_block_no_repair_and_weaken_no_gate(desk: Desk) -> None:
    omit = "[run]\nomit = x.py\n"
    desk.commit({"covgov.toml": POLICY, ".coveragerc": omit}, "repair")
    assert measured(desk) is Outcome.PASS
    desk.commit({".coveragerc": "nonsense"}, "break")
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({".coveragerc": omit}, "restore")
    assert judged(desk) == {"patch"}
    desk.commit({".coveragerc": omit.replace("x.py", "x.py, api/*")}, "leave out more")
    assert "loosened" in judged(desk)


@pytest.mark.reliability
def test_a_register_s_path_that_is_taken_is_refused_until_the_policy_names_another(desk: Desk) -> None:
    desk.commit({"covgov.toml": POLICY, "exceptions.md": "# Exceptions that our API raises\n"}, "repair")
    with pytest.raises(RegisterInvalid, match="the exception register's path") as caught:
        desk.judge()
    assert caught.value.code == "register-taken"
    assert "[register] path" in caught.value.hint
    desk.commit({"covgov.toml": POLICY.replace("exceptions.md", "docs/register.md")}, "go elsewhere")
    assert measured(desk) is Outcome.PASS
    desk.commit({"docs/register.md": table()}, "begin the register")
    assert "loosened" not in judged(desk)
