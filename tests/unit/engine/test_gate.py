from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from covgov import gate
from covgov.ci.interface import BranchSource, CiContext, CiEvent
from covgov.errors import DeliveryFailed
from covgov.gather.request import Edges
from covgov.history.interface import RunSummary
from covgov.history.stores.git.store import GitStore
from covgov.history.stores.registry import open_store
from covgov.model import snapshot_codec
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import FAILED
from covgov_testing.desk import LOCAL, NOW, Desk
from covgov_testing.repos import Repo

ON_MAIN = CiContext("github", CiEvent.PUSH, branch="main", default_branch="main", on_default_branch=True)
PULL_REQUEST = CiContext("github", CiEvent.PULL_REQUEST, target="main", default_branch="main")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(10)), "api/b.py": "b\n" * 4})
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "++++"})
    return desk


def test_artifacts_are_the_verdict_in_every_form_and_the_merge_in_every_format(desk: Desk) -> None:
    files = gate.artifacts(desk.judge(), desk.read)
    assert sorted(files) == [
        "exceptions.patch",
        "merged.json",
        "merged.lcov",
        "merged.snapshot",
        "merged.xml",
        "summary.md",
        "verdict-junit.xml",
        "verdict.json",
    ]
    assert snapshot_codec.decode(files["merged.snapshot"], "here").paths == ("api/a.py", "api/b.py")
    assert b'"pass"' in files["verdict.json"]


@pytest.mark.security
def test_whatever_is_published_of_a_judgement_is_taken_away_before_the_next(desk: Desk) -> None:
    judgement = desk.judge()
    run = gate.run_of(judgement, LOCAL, now=NOW)
    written = {
        *gate.artifacts(judgement, desk.read),
        *gate.kept(run, LOCAL, judgement.policy, change=False),
        "digest.md",
    }
    assert written == set(gate.PUBLISHED)


def test_without_any_snapshot_there_is_nothing_to_merge(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit()
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert "merged.snapshot" not in gate.artifacts(judgement, desk.read)


def test_a_component_under_its_bar_is_proposed_as_a_patch_with_its_owner(desk: Desk) -> None:
    desk.commit({"CODEOWNERS": "* @nobody\napi/** @team-api\n"})
    desk.measure({"api/a.py": "+---------", "api/b.py": "----"})
    judgement = desk.judge()
    patch = gate.proposal(judgement, desk.read)
    assert "component:api" in patch
    assert "new file mode" in patch
    applied = desk.root / "proposal.patch"
    applied.write_text(patch, encoding="utf-8")
    desk.repo.git("apply", "proposal.patch")
    assert gate.proposal(desk.judge(), desk.read) == ""


def test_a_register_that_cannot_be_read_gets_no_proposal(desk: Desk) -> None:
    judgement = replace(desk.judge(), register=None)
    assert gate.proposal(judgement, desk.read) == ""


def test_a_clean_whole_judgement_is_recorded_once(desk: Desk) -> None:
    judgement = desk.judge()
    first = desk.record(judgement)
    again = desk.record(judgement)
    assert isinstance(first, RunSummary)
    assert first == again
    assert first.complete
    assert [run.id for run in desk.store().list()] == [first.id]


def test_a_run_with_failing_tests_is_recorded_and_not_complete(desk: Desk) -> None:
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "++++"}, tests=FAILED)
    recorded = desk.record(desk.judge())
    assert isinstance(recorded, RunSummary)
    assert (recorded.complete, recorded.outcome) == (False, Outcome.FAIL)


def test_uncommitted_work_is_shown_and_not_recorded(desk: Desk) -> None:
    desk.repo.write({"README": "x\n"})
    judgement = desk.judge()
    assert judgement.verdict.dirty
    assert "differs from HEAD" in str(desk.record(judgement))
    assert not desk.store().exists()


def test_some_of_the_suites_are_not_a_run(desk: Desk) -> None:
    answer = gate.record(gate.run_of(desk.judge("api"), LOCAL, now=NOW), desk.edges(), whole=False)
    assert "only the suites named on the command line" in str(answer)


def test_outside_git_nothing_is_recorded(desk: Desk) -> None:
    assert "no git checkout" in str(desk.record(desk.judge(git=False)))


@pytest.mark.security
def test_ci_records_no_pull_request(desk: Desk) -> None:
    assert "default branch only" in str(desk.record(desk.judge(), ci=PULL_REQUEST))
    assert not desk.store().exists()


def test_a_ci_that_names_no_branch_records_nothing_and_is_told_why(desk: Desk) -> None:
    told = desk.record(desk.judge(), ci=CiContext("generic", CiEvent.LOCAL, branch_from=BranchSource.NOBODY))
    assert str(told).startswith(
        "not recorded: this CI does not say which branch it builds (`covgov history push --branch"
    )
    assert not desk.store().exists()


def git_edges(desk: Desk, ci: CiContext) -> Edges:
    def store() -> GitStore:
        opened = open_store("git:coverage-history", desk.root, env={}, remote="origin", fetch=ci.in_ci)
        assert isinstance(opened, GitStore)
        return opened

    return replace(desk.edges(ci=ci), store=store)


def test_ci_on_the_default_branch_pushes_and_a_laptop_does_not(desk: Desk, tmp_path: Path) -> None:
    origin = Repo(tmp_path / "origin.git", bare=True)
    desk.repo.git("remote", "add", "origin", str(origin.root))
    desk.repo.git("push", "-q", "origin", "main")
    judgement = desk.judge()
    gate.record(gate.run_of(judgement, LOCAL, now=NOW), git_edges(desk, LOCAL), whole=True)
    assert origin.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    gate.record(gate.run_of(judgement, ON_MAIN, now=NOW), git_edges(desk, ON_MAIN), whole=True)
    assert "refs/heads/coverage-history" in origin.git("for-each-ref", "--format=%(refname)")


@pytest.mark.reliability
def test_a_push_that_fails_is_a_delivery_fault_and_keeps_the_local_record(desk: Desk, tmp_path: Path) -> None:
    origin = Repo(tmp_path / "origin.git", bare=True)
    desk.repo.git("remote", "add", "origin", str(origin.root))
    hook = origin.root / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    with pytest.raises(DeliveryFailed):
        gate.record(gate.run_of(desk.judge(), ON_MAIN, now=NOW), git_edges(desk, ON_MAIN), whole=True)
    assert git_edges(desk, LOCAL).store().exists()
