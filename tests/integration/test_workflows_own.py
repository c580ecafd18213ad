"""This repository's own tests.yml, run by act in a clone: real pip, real nox session, real suite.

One suite runs by default, the quickest, and so the last job must find the others missing. `make own` runs all of them
(COVGOV_OWN_SUITES=all, or names with commas), which takes as long as the suites take.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from covgov_testing import act
from covgov_testing.forge import Forge
from covgov_testing.repos import Repo, opened
from covgov_testing.scenarios import JUDGE, OUTCOMES, TELL, judged_by_itself, judged_together

pytestmark = pytest.mark.workflows

DECLARED = tuple(tomllib.loads((act.CHECKOUT / "covgov.toml").read_text(encoding="utf-8"))["suites"])
ASKED = os.environ.get("COVGOV_OWN_SUITES", "logging")
SUITES = DECLARED if ASKED == "all" else tuple(ASKED.split(","))


def test_this_repository_is_measured_and_judged_by_its_own_workflow(tmp_path: Path) -> None:
    bare = opened(act.CHECKOUT).clone(tmp_path / "origin.git", "--bare", "--no-tags", "--single-branch")
    bare.git("branch", "--move", "--force", bare.git("symbolic-ref", "--short", "HEAD"), "main")
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    work: Repo = bare.clone(tmp_path / "work")
    with Forge() as forge:
        ran = act.run(
            work.root,
            work.root / ".github" / "workflows" / "tests.yml",
            "push",
            {"ref": "refs/heads/main", "before": "0" * 40, "repository": {"default_branch": "main"}},
            folder=tmp_path / "run",
            origin=bare.root,
            env={"GITHUB_API_URL": f"http://{forge.host}", "GITHUB_REPOSITORY": "acme/tiny", "STAND_IN_PIP": "real"},
            options=["--secret", "GITHUB_TOKEN=planted", *(w for s in SUITES for w in ("--matrix", f"suite:{s}"))],
        )
    for suite in SUITES:
        judged_by_itself(ran, suite, 0)
        measured = json.loads((ran.artifact(f"coverage-unit-{suite}") / f"{suite}.json").read_text(encoding="utf-8"))
        assert all(Path(name).parts[:2] == ("src", "covgov") for name in measured["files"])
    code = 0 if set(SUITES) == set(DECLARED) else 11
    summary = judged_together(ran, code)
    for suite in set(DECLARED) - set(SUITES):
        assert f"suite {suite}: did not arrive" in summary
    assert ran.step("govern", TELL).code == 0
    assert "recorded run 1" in ran.step("govern", JUDGE).text
    assert [status["state"] for status in forge.statuses] == [
        {"pass": "success", "undetermined": "error"}[OUTCOMES[code]]
    ]
    assert bare.git("log", "--format=%s", "coverage-history").startswith(f"Record run 1: {OUTCOMES[code]}")
