"""`covgov history push`: what was judged here enters history once, as it was judged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from covgov import gate
from covgov.history import saved_run
from covgov.history.interface import RunStore
from covgov.history.stores.registry import open_store
from covgov_testing.desk import LOCAL, NOW, POLICY, Desk
from covgov_testing.receivers import receiver
from covgov_testing.repos import Repo

SOURCE = {"api/a.py": "".join(f"line {n}\n" for n in range(10))}
GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push"}
ON_MAIN = {**GITHUB, "GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main"}
GITLAB = {"CI": "true", "GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"}
OF_MAIN = {**GITLAB, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
OF_REQUEST = {
    **GITLAB,
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}
ELSEWHERE = {"CI": "true"}
"""A CI that does not say what it builds."""


def begun(root: Path, store: str = "dir:history") -> Desk:
    """A desk whose suite was measured at a commit."""
    desk = Desk(root, POLICY.replace("dir:history", store))
    desk.commit(SOURCE)
    desk.measure({"api/a.py": "++++++----"})
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return begun(tmp_path / "work")


def told(desk: Desk) -> str:
    return desk.err.getvalue()


def test_what_was_judged_and_not_recorded_becomes_the_run_that_recording_would_have_made(desk: Desk) -> None:
    assert desk.covgov("check") == 0
    assert not desk.store().exists()
    expected = gate.run_of(desk.judge(), replace(LOCAL, branch="main"), now=NOW)
    assert desk.covgov("history", "push") == 0
    assert "covgov: recorded run 1 (" in told(desk)
    assert "add `since = 2026-11-22`" in told(desk)
    (found,) = desk.store().list()
    assert desk.store().fetch(found.id) == expected


@pytest.mark.security
def test_where_there_is_no_git_nobody_can_tell_which_commit_this_is_and_nothing_is_recorded(desk: Desk) -> None:
    assert desk.covgov("check") == 0
    (desk.root / ".git").rename(desk.root.parent / "away")
    assert desk.covgov("history", "push", "--branch", "main") == 0
    assert told(desk) == "covgov: not recorded: this is no git checkout\n"
    assert desk.covgov("history", "push", "--branch", "main", env=ELSEWHERE) == 0
    assert told(desk) == "covgov: not recorded: this is no git checkout\n"
    assert not desk.store().exists()


def test_a_second_push_and_one_after_recording_say_that_the_run_is_there(desk: Desk) -> None:
    assert desk.covgov("check", "--record") == 0
    (found,) = desk.store().list()
    for _ in range(2):
        assert desk.covgov("history", "push") == 0
        assert told(desk) == (f"covgov: already recorded: run 1 ({found.id[:12]}) in dir:history\n")
    assert list(desk.store().list()) == [found]


def test_a_failing_verdict_is_pushed_as_it_was_judged(desk: Desk) -> None:
    desk.measure({"api/a.py": "+---------"})
    assert desk.covgov("check") == 10
    assert desk.covgov("history", "push") == 0
    assert [str(run.outcome) for run in desk.store().list()] == ["fail"]


@pytest.mark.reliability
def test_a_name_that_is_no_text_is_recorded_and_pushed_spelled_out(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "-b", "feature")
    Path(os.fsdecode(os.fsencode(desk.root) + b"/api/caf\xe9.py")).write_text("x = 1\n", encoding="utf-8")
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", "--record") == 10
    assert desk.covgov("history", "push") == 0
    assert "already recorded" in told(desk)
    (found,) = desk.store().list()
    assert "api/caf\\udce9.py" in {one.subject for one in desk.store().fetch(found.id).verdict.findings}
    assert list(desk.store().verify()) == []


def test_another_run_of_the_same_tree_is_another_attempt(desk: Desk) -> None:
    assert desk.covgov("check", "--record") == 0
    desk.measure({"api/a.py": "+++++++---"})
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push") == 0
    assert [run.attempt for run in desk.store().list()] == [1, 2]


def forge_the_verdict(desk: Desk) -> None:
    path = desk.root / "coverage/verdict.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"pass"', '"fail"'), encoding="utf-8")


def forge_the_record(desk: Desk) -> None:
    path = desk.root / "coverage/verdict.record"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "run": {**document["run"], "tree": "0" * 40}}), encoding="utf-8")


def forge_the_tree(desk: Desk) -> None:
    """Everywhere it is told, so that no file contradicts another."""
    there = desk.repo.git("rev-parse", "HEAD^{tree}").strip()
    decoded = saved_run.decode((desk.root / "coverage/verdict.record").read_bytes(), "", desk.read, "coverage")
    run = replace(decoded.run, tree="0" * 40, verdict=structs.replace(decoded.run.verdict, tree="0" * 40))
    (desk.root / "coverage/verdict.record").write_bytes(saved_run.encode(replace(decoded, run=run)))
    path = desk.root / "coverage/verdict.json"
    path.write_text(path.read_text(encoding="utf-8").replace(there, "0" * 40), encoding="utf-8")


SPOILED: dict[str, tuple[str, Callable[[Desk], object]]] = {
    "no verdict": ("verdict-missing", lambda desk: (desk.root / "coverage/verdict.json").unlink()),
    "no record": ("verdict-outdated", lambda desk: (desk.root / "coverage/verdict.record").unlink()),
    "no snapshot": ("verdict-outdated", lambda desk: (desk.root / "coverage/api.snapshot").unlink()),
    "measured again": ("verdict-outdated", lambda desk: desk.measure({"api/a.py": "++++++++++"})),
    "not a verdict": ("verdict-damaged", lambda desk: (desk.root / "coverage/verdict.json").write_text("{")),
    "not a record": ("verdict-damaged", lambda desk: (desk.root / "coverage/verdict.record").write_text("{")),
    "not a snapshot": ("snapshot-damaged", lambda desk: desk.write_snapshot("api", b"{")),
    "another tree": ("verdict-outdated", forge_the_record),
    "no such tree": ("verdict-outdated", forge_the_tree),
    "another policy": (
        "verdict-outdated",
        lambda desk: desk.repo.write({"covgov.toml": POLICY.replace("fail_under = 50", "fail_under = 60")}),
    ),
    "another verdict": ("verdict-outdated", forge_the_verdict),
    "another commit": ("verdict-foreign", lambda desk: desk.commit({"README": "x\n"})),
}


@pytest.mark.security
@pytest.mark.parametrize("what", SPOILED)
def test_what_is_not_as_it_was_judged_is_one_clear_error_and_enters_nothing(desk: Desk, what: str) -> None:
    code, spoil = SPOILED[what]
    assert desk.covgov("check") == 0
    spoil(desk)
    assert desk.covgov("history", "push") == 4
    assert told(desk).count("covgov: error: ") == 1
    assert f"[{code}]" in told(desk)
    assert "  hint: " in told(desk)
    assert not desk.store().exists()


def test_what_is_recorded_already_is_so_at_whatever_commit(desk: Desk) -> None:
    assert desk.covgov("check", "--record") == 0
    desk.commit({"README": "x\n"})
    assert desk.covgov("history", "push") == 0
    assert "already recorded" in told(desk)


def test_uncommitted_work_stays_here(desk: Desk) -> None:
    desk.repo.write({"README": "x\n"})
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push") == 0
    assert "not recorded: the work tree differs from HEAD" in told(desk)
    assert not desk.store().exists()


def test_the_judgement_of_some_suites_is_no_run(desk: Desk) -> None:
    assert desk.covgov("check", "api") == 0
    assert desk.covgov("history", "push") == 4
    assert "[verdict-missing]" in told(desk)


@pytest.mark.security
def test_what_was_judged_as_a_merge_request_does_not_become_the_main_branchs_run(tmp_path: Path) -> None:
    """Both pipelines are at one commit (a fast-forward) and share `coverage/`; their baselines are not the same."""
    desk = begun(tmp_path / "work")
    assert desk.covgov("check", "--record", env=OF_MAIN) == 0
    desk.repo.git("checkout", "-q", "-b", "feature")
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", env={**OF_REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature"}) == 0
    desk.repo.git("checkout", "-q", "-B", "main", "feature")
    assert desk.covgov("history", "push", env=OF_MAIN) == 0
    assert told(desk) == (
        "covgov: not recorded: CI records the default branch only (when it was checked); run"
        " `covgov check --record` to check and record it here\n"
    )
    assert len(desk.store().list()) == 1
    assert desk.covgov("check", "--record", env=OF_MAIN) == 0
    assert len(desk.store().list()) == 2


@pytest.mark.security
def test_a_branch_called_like_the_default_one_in_a_fork_is_judged_as_a_merge_request_all_the_same(desk: Desk) -> None:
    assert desk.covgov("check", env=OF_REQUEST) == 0
    assert desk.covgov("history", "push", env=OF_MAIN) == 0
    assert "(when it was checked)" in told(desk)
    assert not desk.store().exists()


@pytest.mark.security
def test_only_a_caller_who_names_the_branch_records_what_was_judged_where_it_had_no_name(desk: Desk) -> None:
    assert desk.covgov("check", env=ELSEWHERE) == 0
    assert desk.covgov("history", "push", env=OF_MAIN) == 0
    assert "it was checked by a CI that does not name its branch; run `covgov check --record`" in told(desk)
    assert not desk.store().exists()


@pytest.mark.security
def test_naming_the_branch_makes_no_run_of_it_from_what_was_judged_as_a_change(desk: Desk) -> None:
    """A CI that says nothing checks out commits, so that nothing but the baseline tells a feature from the branch."""
    desk.repo.git("checkout", "-q", "--detach")
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", env=ELSEWHERE) in (0, 11)
    desk.repo.git("branch", "-f", "main", "HEAD")
    assert desk.covgov("history", "push", "--branch", "main", env=ELSEWHERE) == 0
    assert "not recorded: this was judged as a change to the default branch" in told(desk)
    assert not desk.store().exists()
    assert desk.covgov("check", env=ELSEWHERE) in (0, 11)
    assert desk.covgov("history", "push", "--branch", "main", env=ELSEWHERE) == 0
    assert "recorded run 1" in told(desk)


@pytest.mark.security
def test_ci_records_what_was_judged_on_the_branch_that_it_builds(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "-b", "feature")
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push", env=OF_MAIN) == 0
    assert told(desk) == "covgov: not recorded: the check ran on feature, but CI builds main here\n"
    desk.repo.git("checkout", "-q", "--detach")
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push", env=OF_MAIN) == 0
    assert told(desk) == "covgov: not recorded: the check ran on no branch, but CI builds main here\n"
    assert not desk.store().exists()


@pytest.mark.security
def test_nobody_may_name_another_branch_than_the_one_it_was_judged_on(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "-b", "feature")
    assert desk.covgov("check") == 0
    desk.repo.git("checkout", "-q", "main")
    assert desk.covgov("history", "push", "--branch", "main") == 2
    assert "--branch main, but coverage/verdict.record is of feature [branch-contradicted]" in told(desk)
    assert not desk.store().exists()


@pytest.mark.security
def test_ci_pushes_no_run_of_a_pull_request(desk: Desk) -> None:
    assert desk.covgov("check") == 0
    env = {**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/1/merge", "GITHUB_BASE_REF": "main"}
    assert desk.covgov("history", "push", env=env) == 0
    assert told(desk) == "covgov: not recorded: CI records the default branch only\n"
    assert not desk.store().exists()


def test_a_ci_that_does_not_say_what_it_builds_is_told_by_the_caller(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "--detach")
    assert desk.covgov("check", env=ELSEWHERE) == 0
    assert desk.covgov("history", "push", env=ELSEWHERE) == 0
    assert "`covgov history push --branch NAME` records it" in told(desk)
    assert desk.covgov("history", "push", "--branch", "feature", env=ELSEWHERE) == 0
    assert "CI records the default branch only" in told(desk)
    assert not desk.store().exists()
    for said in ("recorded run 1", "already recorded"):
        assert desk.covgov("history", "push", "--branch", "main", env=ELSEWHERE) == 0
        assert said in told(desk)
    assert [run.branch for run in desk.store().list()] == ["main"]


@pytest.mark.security
def test_a_ci_that_does_not_say_what_it_builds_may_not_call_a_feature_the_main_branch(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "-b", "feature")
    assert desk.covgov("check", env=ELSEWHERE) == 0
    assert desk.covgov("history", "push", "--branch", "main", env=ELSEWHERE) == 2
    assert "--branch main, but this is feature [branch-contradicted]" in told(desk)
    assert not desk.store().exists()


@pytest.mark.security
@pytest.mark.parametrize("said", ["", 'default_branch = "main"\n'])
def test_a_change_does_not_say_itself_that_it_is_the_default_branch(tmp_path: Path, said: str) -> None:
    policy = POLICY.replace("[policy]\n", f"[policy]\n{said}")
    desk = Desk(tmp_path / "work", policy)
    desk.commit(SOURCE)
    desk.repo.git("checkout", "-q", "-b", "feature")
    desk.commit({"covgov.toml": POLICY.replace("[policy]\n", '[policy]\ndefault_branch = "feature"\n')})
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", env=ELSEWHERE) in (0, 10)
    assert desk.covgov("history", "push", "--branch", "feature", env=ELSEWHERE) == 0
    assert told(desk) == "covgov: not recorded: CI records the default branch only\n"
    assert not desk.store().exists()


def test_the_default_branch_is_the_one_that_the_usual_ones_policy_names(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", POLICY.replace("[policy]\n", '[policy]\ndefault_branch = "trunk"\n'))
    desk.commit(SOURCE)
    desk.repo.git("checkout", "-q", "-b", "trunk")
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", env=ELSEWHERE) == 0
    assert desk.covgov("history", "push", "--branch", "trunk", env=ELSEWHERE) == 0
    assert [run.branch for run in desk.store().list()] == ["trunk"]


def test_a_checkout_on_no_branch_may_be_given_one(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "--detach")
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push", "--branch", "main") == 0
    assert [run.branch for run in desk.store().list()] == ["main"]


@pytest.mark.security
@pytest.mark.parametrize(("env", "named"), [(ON_MAIN, "other"), ({}, "other"), (ELSEWHERE, "other")])
def test_nobody_may_name_another_branch_than_the_one_that_is_built(desk: Desk, env: dict[str, str], named: str) -> None:
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push", "--branch", named, env=env) == 2
    assert "[branch-contradicted]" in told(desk)
    assert not desk.store().exists()
    assert desk.covgov("history", "push", "--branch", "main") == 0
    assert desk.store().exists()


def of_branch(desk: Desk) -> RunStore:
    return open_store("git:coverage-history", desk.root, env={}, remote="origin", fetch=False)


def with_origin(tmp_path: Path) -> tuple[Desk, Repo]:
    origin = Repo(tmp_path / "origin.git", bare=True)
    desk = begun(tmp_path / "work", "git:coverage-history")
    desk.repo.git("remote", "add", "origin", str(origin.root))
    desk.repo.git("push", "-q", "origin", "main")
    return desk, origin


def history_in(origin: Repo) -> str:
    return origin.git("for-each-ref", "--format=%(refname)", "refs/heads/coverage-history")


def test_a_branch_takes_the_run_and_sends_it_to_the_remote(tmp_path: Path) -> None:
    desk, origin = with_origin(tmp_path)
    assert desk.covgov("check") == 0
    assert desk.covgov("history", "push") == 0
    assert "recorded run 1" in told(desk)
    assert told(desk).endswith("history pushed\n")
    assert history_in(origin)


def test_where_nothing_was_judged_a_branch_is_sent_as_it_is(tmp_path: Path) -> None:
    desk, origin = with_origin(tmp_path)
    assert desk.covgov("check", "--record") == 0
    (desk.root / "coverage/verdict.json").unlink()
    assert desk.covgov("history", "push") == 0
    assert told(desk) == "history pushed\n"
    assert history_in(origin)


def test_a_verdict_of_another_commit_does_not_hold_up_what_is_recorded(tmp_path: Path) -> None:
    desk, origin = with_origin(tmp_path)
    assert desk.covgov("check", "--record") == 0
    desk.measure({"api/a.py": "+++++++---"})
    assert desk.covgov("check") == 0
    desk.commit({"README": "x\n"})
    assert desk.covgov("history", "push") == 4
    assert "[verdict-foreign]" in told(desk)
    assert history_in(origin)
    assert len(of_branch(desk).list()) == 1


@pytest.mark.reliability
def test_a_remote_that_is_gone_loses_no_run_and_both_faults_are_told(tmp_path: Path) -> None:
    desk, origin = with_origin(tmp_path)
    assert desk.covgov("check") == 0
    origin.root.rename(tmp_path / "away")
    assert desk.covgov("history", "push") == 5
    assert "recorded run 1" in told(desk)
    assert "[history-push-failed]" in told(desk)
    assert "history pushed" not in told(desk)
    (tmp_path / "away").rename(origin.root)
    (desk.root / "coverage/verdict.record").write_text("{")
    assert desk.covgov("history", "push") == 4
    assert history_in(origin)


@pytest.mark.reliability
def test_a_hub_that_refuses_is_a_delivery_that_failed(tmp_path: Path) -> None:
    with receiver(lambda _: (401, '{"code": "token-missing"}')) as hub:
        desk = begun(tmp_path / "work", f"hub:{hub.url('http', '/acme/shop')}")
        assert desk.covgov("check") == 11
        assert desk.covgov("history", "push") == 5
    assert "[history-push-failed]" in told(desk)
    assert "COVGOV_HUB_TOKEN" in told(desk)
