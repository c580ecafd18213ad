"""action.yml run by act in a tiny project that is not this repository: green, a drop, the first run, a missing suite."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgov_testing import scenarios as must
from covgov_testing.act import CHECKOUT
from covgov_testing.action import (
    ALONE,
    COMMIT,
    MATRIX,
    REPORT,
    begins,
    faulty,
    job,
    lacks_a_suite,
    options,
    ran,
    stranger,
    told,
)
from covgov_testing.forge import Forge
from covgov_testing.tiny import TOKEN, How, Tiny

pytestmark = pytest.mark.workflows

ACTION = ("action.yml", "requirements-action.txt", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as forge:
        yield forge


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What GitHub would fetch for `uses: acme/covgov@COMMIT`."""
    folder = tmp_path_factory.mktemp("action")
    for name in ACTION:
        shutil.copy(CHECKOUT / name, folder / name)
    shutil.copytree(CHECKOUT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_a_first_run_is_green_and_begins_the_history(tmp_path: Path, forge: Forge, action: Path) -> None:
    begins(stranger(tmp_path, forge, ALONE), action)


def test_a_drop_turns_the_job_red_and_is_told_all_the_same(tmp_path: Path, forge: Forge, action: Path) -> None:
    tiny = stranger(tmp_path, forge, ALONE)
    must.measured_before(tiny)
    tiny.propose(must.WORSE)
    run = ran(tiny, "pull_request", action)
    assert told(run, "fail", 10)["api"]["percent"] == "89.09"
    assert "covgov: fail" in forge.comments.popitem()[1]
    assert len(tiny.history()) == 1


def test_the_jobs_of_a_matrix_are_judged_together(tmp_path: Path, forge: Forge, action: Path) -> None:
    tiny = stranger(tmp_path, forge, MATRIX.replace("SUITES", "api, auth"), ("api", "auth"))
    must.measured_before(tiny)
    tiny.propose(must.BETTER)
    run = ran(tiny, "pull_request", action)
    assert told(run, "pass", 0)["auth"]["outcome"] == "pass"
    assert must.artifacts(run) == {"coverage-govern", "coverage-unit-api", "coverage-unit-auth"}
    assert "covgov: pass" in forge.comments.popitem()[1]


def test_a_suite_that_no_job_ran_leaves_the_whole_undetermined(tmp_path: Path, forge: Forge, action: Path) -> None:
    lacks_a_suite(stranger(tmp_path, forge, MATRIX.replace("SUITES", "api"), ("api", "auth")), action)


def test_the_reusable_workflow_runs_the_suites_of_the_policy(tmp_path: Path, forge: Forge, action: Path) -> None:
    """`$/.` is this repository at the caller's commit; act does not know it, so the address takes its place."""
    text = (CHECKOUT / ".github/workflows/govern.yml").read_text(encoding="utf-8")
    assert text.count("uses: $/.\n") == 3
    given = "with: {version: installed, python-version: '3.11', install: 'echo installed > installed.txt'}"
    caller = f"on: [push, pull_request]\njobs:\n  coverage:\n    uses: ./.github/workflows/govern.yml\n    {given}\n"
    tiny = stranger(tmp_path, forge, caller, ("api", "auth"))
    there = {".github/workflows/govern.yml": text.replace("uses: $/.\n", f"uses: acme/covgov@{COMMIT}\n")}
    tiny.push({**there, ".gitignore": "/coverage/\n__pycache__/\n.pytest_cache/\n/installed.txt\n"})
    run = ran(tiny, "push", action)
    assert run.code == 0, run.text
    assert must.artifacts(run) == {"coverage-govern", "coverage-unit-api", "coverage-unit-auth"}
    assert [subject.split(" at ")[0] for subject in tiny.history()] == ["Record run 1: pass"]
    assert [status["state"] for status in forge.statuses] == ["success"]


@pytest.mark.security
@pytest.mark.parametrize("refused", ["comments", "statuses"])
def test_a_permission_that_is_missing_is_noted_and_the_verdict_stays(
    refused: str, tmp_path: Path, forge: Forge, action: Path
) -> None:
    """Without `pull-requests: write` there is no comment, without `statuses: write` no status; the other arrives."""
    forge.refuses = refused
    tiny = stranger(tmp_path, forge, ALONE)
    must.measured_before(tiny)
    tiny.propose(must.BETTER)
    run = ran(tiny, "pull_request", action)
    told(run, "pass", 0)
    assert (len(forge.comments), len(forge.statuses)) == ((0, 1) if refused == "comments" else (1, 0))
    assert "kept in the spool" in run.text
    assert list((run.artifact("coverage-govern") / "spool").iterdir())


@pytest.mark.security
def test_without_the_right_to_write_contents_the_verdict_stays_and_the_job_is_red(
    tmp_path: Path, forge: Forge, action: Path
) -> None:
    tiny = stranger(tmp_path, forge, ALONE)
    tiny.origin.git("config", "http.receivepack", "false")
    forge.repository, forge.password = tiny.origin.root, TOKEN
    run = ran(tiny, "push", action, {"STAND_IN_REMOTE": forge.remote})
    assert "outcome pass 5 by " in run.step("govern", "Report").text, run.text
    assert run.jobs["govern"] == "failure"
    assert tiny.history() == []


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The action, which by default takes the covgov in PATH."""
    return faulty(tmp_path / "installed")


@pytest.mark.security
def test_both_workflows_that_init_writes_judge_a_fork_and_comment(
    tmp_path: Path, forge: Forge, installed: Path
) -> None:
    """The fork lowers its own bar, and its job may write nothing; the second workflow answers by the base's bar."""
    tiny = Tiny(tmp_path, forge)
    init = ["init", "--ci", "github", "--action", f"acme/covgov@{COMMIT}"]
    subprocess.run([sys.executable, "-m", "covgov", *init], cwd=tiny.work.root, check=True, capture_output=True)
    tiny.push({})
    must.measured_before(tiny)
    policy = (tiny.work.root / "covgov.toml").read_text(encoding="utf-8")
    tiny.propose({**must.WORSE, "covgov.toml": policy.replace("fail_under = 90", "fail_under = 1")})
    forge.readonly = True
    first = ran(tiny, "pull_request", installed, workflow="covgov.yml")
    assert "kept in the spool" in first.text
    assert (forge.comments, forge.statuses) == ({}, [])
    tiny.work.git("push", "--quiet", "--force", "origin", "topic:refs/pull/7/head", ":topic")

    forge.readonly, tiny.measured = False, first.out / "artifacts"
    must.uploaded_by_a_fork(tiny, "coverage-govern")
    must.answered(tiny, tiny.on_fork_run(How(options=options(installed)), "covgov-fork.yml"))


REPORTS = """\
      - run: |
          python -m coverage run -m pytest -q
          python -m coverage xml -o out.xml
"""


def test_reports_that_exist_are_taken_and_covgov_installs_itself(tmp_path: Path, forge: Forge, action: Path) -> None:
    """With the action's own sources and the locked dependencies, by the real pip, in an environment of its own."""
    workflow = "on: [push]\njobs:\n" + job("govern", "reports: api=out.xml", after=REPORT)
    workflow = workflow.replace("      - id: covgov\n", f"{REPORTS}      - id: covgov\n")
    tiny = stranger(tmp_path, forge, workflow)
    ignored = "/coverage/\n__pycache__/\n.pytest_cache/\n/out.xml\n/.coverage*\n"
    tiny.push({".gitignore": ignored})
    run = ran(tiny, "push", action)
    assert told(run, "pass", 0)["api"]["percent"] == "98.00"
    assert "covgov/bin/covgov" in run.step("govern", "Report").text
