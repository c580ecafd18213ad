"""Strangers' workflows that use action.yml, and what must be true after their runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from covgov_testing import scenarios as must
from covgov_testing import workflow_files
from covgov_testing.act import Ran
from covgov_testing.forge import Forge
from covgov_testing.tiny import PULL, How, Tiny

COMMIT = "c0ffee" + "0" * 34
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
    """A job that checks out, sets up Python and uses the action with the inputs given."""
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


PYTHON = (
    "      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0\n"
    + """\
        with:
          python-version: "3.11"
"""
)
SET_UP = ALONE.replace(PYTHON, "").replace("version: installed", "version: installed, python-version: '3.11'")
"""The action itself sets up Python."""

PLAN = "on: [push]\njobs:\n" + job(
    "govern",
    "version: installed, mode: plan",
    after="      - env: {SUITES: '${{ steps.covgov.outputs.suites }}'}\n        run: echo \"suites $SUITES\"\n",
)
FORK = "on: [workflow_run]\njobs:\n" + job("govern", "version: installed, mode: fork")


def faulty(folder: Path, idle: str = "") -> Path:
    """An action that takes the covgov in PATH by default, with the step `idle` doing nothing ("" for none)."""
    folder.mkdir()
    (folder / "action.yml").write_text(workflow_files.action_without(idle), encoding="utf-8")
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


def begins(tiny: Tiny, action: Path) -> None:
    """A first push to main: green, recorded, with a status and the verdict as an artifact."""
    run = ran(tiny, "push", action)
    components = told(run, "pass", 0)
    assert components["api"] == {"outcome": "pass", "covered": 98, "total": 100, "percent": "98.00", "bar": "90"}
    assert [subject.split(" at ")[0] for subject in tiny.history()] == ["Record run 1: pass"]
    assert (run.artifact("coverage-govern") / "verdict.json").is_file()
    assert [status["state"] for status in tiny.forge.statuses] == ["success"]
    must.keeps_the_token_to_itself(tiny, run)


def commits_a_snapshot(tiny: Tiny, suite: str, files: Mapping[str, str]) -> None:
    """Main has a file that only looks as if the suite had been measured."""
    path = f"coverage/{suite}.snapshot"
    tiny.work.write({path: "committed, not measured"})
    tiny.work.git("add", "--force", path)
    tiny.push(files)
    assert path in tiny.origin.git("ls-tree", "-r", "--name-only", "main").split()


def lacks_a_suite(tiny: Tiny, action: Path) -> None:
    """No job runs the suite `auth`, and what the checkout has of it does not count."""
    commits_a_snapshot(tiny, "auth", {})
    run = ran(tiny, "push", action)
    assert run.jobs["unit-api"] == "success"
    told(run, "undetermined", 11)
    assert "suite auth: did not arrive" in run.text
    assert "suite api: did not arrive" not in run.text


def lists_the_suites(tiny: Tiny, action: Path) -> None:
    assert 'suites ["api"]' in ran(tiny, "push", action).text


def leaves_other_runs_alone(tiny: Tiny, action: Path) -> None:
    """Mode `fork` asks for the run of the event."""
    tiny.forge.run = {"id": 5, "event": "push", "status": "completed", "head_sha": tiny.work.head()}
    run = tiny.run("ci.yml", "workflow_run", {"workflow_run": tiny.forge.run}, How(options=options(action)))
    assert "run 5 is no completed run of a pull request" in run.text
