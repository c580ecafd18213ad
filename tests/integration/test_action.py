"""action.yml run by act in a tiny project that is not this repository: green, a drop, the first run, a missing suite."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from covgov_testing import scenarios as must
from covgov_testing.act import CHECKOUT, Ran
from covgov_testing.forge import Forge
from covgov_testing.tiny import PULL, TOKEN, How, Tiny

pytestmark = pytest.mark.workflows

COMMIT = "c0ffee" + "0" * 34
ACTION = ("action.yml", "requirements-action.txt", "pyproject.toml", "README.md", "LICENSE")
CHECKOUT_STEP = """\
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0
        with:
          python-version: "3.11"
"""
REPORT = """\
      - name: Report
        if: ${{ always() }}
        env:
          OUTCOME: ${{ steps.covgov.outputs.outcome }}
          CODE: ${{ steps.covgov.outputs.exit-code }}
          COMPONENTS: ${{ steps.covgov.outputs.components }}
          VERDICT: ${{ steps.covgov.outputs.verdict }}
          SUMMARY: ${{ steps.covgov.outputs.summary }}
          COMMAND: ${{ steps.covgov.outputs.command }}
        run: |
          echo "outcome $OUTCOME $CODE by $COMMAND"
          echo "components $COMPONENTS"
          test -f "$VERDICT" && test -f "$SUMMARY" && echo "both files are there"
"""


def job(name: str, given: str, before: str = "", after: str = "") -> str:
    return (
        f"  {name}:\n    runs-on: ubuntu-latest\n{before}    steps:\n{CHECKOUT_STEP}      - id: covgov\n"
        f"        uses: acme/covgov@{COMMIT}\n        with: {{{given}}}\n{after}"
    )


ALONE = "on: [push, pull_request]\njobs:\n" + job("govern", "version: installed", after=REPORT)
MATRIX = (
    "on: [push, pull_request]\njobs:\n"
    + job(
        "unit",
        "version: installed, mode: run, suites: '${{ matrix.suite }}'",
        "    strategy: {fail-fast: false, matrix: {suite: [SUITES]}}\n",
    )
    + job("govern", "version: installed, mode: merge", "    needs: unit\n    if: ${{ always() }}\n", REPORT)
)


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


def stranger(root: Path, forge: Forge, workflow: str, suites: tuple[str, ...] = ("api",)) -> Tiny:
    tiny = Tiny(root, forge, suites)
    tiny.replace_workflow("ci.yml", workflow)
    return tiny


def options(action: Path) -> tuple[str, ...]:
    return "--local-repository", f"acme/covgov@{COMMIT}={action}"


def ran(tiny: Tiny, event: str, action: Path, env: Mapping[str, str] | None = None, workflow: str = "ci.yml") -> Ran:
    """The workflow for the newest push to main, or for the pull request."""
    payload: dict[str, object] = {"ref": "refs/heads/main", "before": tiny.before}
    if event == "pull_request":
        base = {"ref": "main", "sha": tiny.work.git("rev-parse", "main")}
        pull = {"number": PULL, "base": base, "head": {"ref": "topic", "sha": tiny.forge.head}}
        payload = {"number": PULL, "pull_request": pull}
    return tiny.run(workflow, event, payload, How(env=env or {}, options=options(action)))


def told(run: Ran, outcome: str, code: int) -> dict[str, dict[str, object]]:
    """What the step after the action read from its outputs; the components."""
    text = run.step("govern", "Report").text
    assert f"outcome {outcome} {code} by " in text, run.text
    assert "both files are there" in text
    assert run.jobs["govern"] == ("success" if code == 0 else "failure")
    (line,) = [line for line in text.splitlines() if line.startswith("components ")]
    found: dict[str, dict[str, object]] = json.loads(line.removeprefix("components "))
    return found


def test_a_first_run_is_green_and_begins_the_history(tmp_path: Path, forge: Forge, action: Path) -> None:
    tiny = stranger(tmp_path, forge, ALONE)
    run = ran(tiny, "push", action)
    components = told(run, "pass", 0)
    assert components["api"] == {"outcome": "pass", "covered": 98, "total": 100, "percent": "98.00", "bar": "90"}
    assert [subject.split(" at ")[0] for subject in tiny.history()] == ["Record run 1: pass"]
    assert (run.artifact("coverage-govern") / "verdict.json").is_file()
    assert [status["state"] for status in forge.statuses] == ["success"]
    must.keeps_the_token_to_itself(tiny, run)


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
    tiny = stranger(tmp_path, forge, MATRIX.replace("SUITES", "api"), ("api", "auth"))
    run = ran(tiny, "push", action)
    assert run.jobs["unit-api"] == "success"
    told(run, "undetermined", 11)
    assert "suite auth: did not arrive" in run.step("govern", "Report").text or "did not arrive" in run.text


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
def installed(action: Path, tmp_path: Path) -> Path:
    """The action, which by default takes the covgov in PATH."""
    text = (action / "action.yml").read_text(encoding="utf-8")
    at_version = text.index("\n  version:\n")
    changed = text[:at_version] + text[at_version:].replace('default: ""', "default: installed", 1)
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "action.yml").write_text(changed, encoding="utf-8")
    return tmp_path / "installed"


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
    tiny.push({".gitignore": ignored, "coverage/api.snapshot": "committed, not measured"})
    run = ran(tiny, "push", action)
    assert told(run, "pass", 0)["api"]["percent"] == "98.00"
    assert "covgov/bin/covgov" in run.step("govern", "Report").text
