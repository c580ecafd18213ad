"""The component for GitLab, and the job that `covgov init` writes, run by gitlab-emulator in a stranger's project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import yaml

from covgov.scaffold.gitlab_job import gitlab_job
from covgov_testing.fakes.gitlab import FakeGitlab
from covgov_testing.github_server import serving
from covgov_testing.gitlab_jobs import DROP, MISSING, STRANGER, Stranger, rendered

pytestmark = pytest.mark.workflows
JOB = rendered({"install": "true"})


@pytest.fixture
def gitlab() -> FakeGitlab:
    return FakeGitlab()


@pytest.fixture
def api(gitlab: FakeGitlab) -> Iterator[str]:
    with serving(gitlab) as address:
        yield f"{address}/api/v4"


def test_the_first_run_is_green_and_recorded_and_a_drop_is_red(tmp_path: Path, api: str, gitlab: FakeGitlab) -> None:
    stranger = Stranger(tmp_path, api, JOB)
    first = stranger.push()
    assert (first.code, first.outcome) == (0, "pass"), first.text
    assert "first run" in first.text
    assert first.shown == "100.00"
    assert "coverage-history" in stranger.repo.git("ls-remote", "--heads", "origin")
    assert gitlab.notes == [], "there is no merge request"

    gitlab.head = stranger.propose(DROP)
    red = stranger.merge_request()
    assert (red.code, red.outcome) == (1, "fail"), red.text
    assert "note 1 created" in red.text
    assert "covgov: fail" in gitlab.bodies()[0]
    assert red.shown not in ("", "100.00")
    kinds = red.reports()
    assert all(kinds.values())
    issues = json.loads(kinds["codequality"][0].read_bytes())
    assert ("src/more.py", 2) in [(one["location"]["path"], one["location"]["lines"]["begin"]) for one in issues]
    assert b"src/more.py" in kinds["cobertura"][0].read_bytes()
    assert "coverage-history" in stranger.repo.git("ls-remote", "--heads", "origin")


def test_a_token_that_may_not_write_is_named_and_the_verdict_stays(
    tmp_path: Path, api: str, gitlab: FakeGitlab
) -> None:
    stranger = Stranger(tmp_path, api, JOB)
    stranger.push()
    gitlab.head, gitlab.read_only = stranger.propose({"src/app.py": STRANGER["src/app.py"] + "MORE = 1\n"}), True
    green = stranger.merge_request()
    assert (green.code, green.outcome) == (0, "pass"), green.text
    assert "HTTP 403" in green.text
    assert gitlab.notes == []


def test_a_suite_that_is_missing_is_undetermined(tmp_path: Path, api: str) -> None:
    job = rendered({"install": "covgov run unit --measure-only", "run": "covgov check"})
    files = {**STRANGER, "covgov.toml": STRANGER["covgov.toml"] + MISSING}
    ran = Stranger(tmp_path, api, job, files).push()
    assert (ran.code, ran.outcome) == (1, "undetermined"), ran.text
    assert "other" in ran.text


def test_init_writes_the_job_of_the_component() -> None:
    text = gitlab_job(["python -m pip install -e ."])
    written, own = (yaml.decode(one, type=dict[str, dict[str, object]])["covgov"] for one in (text, JOB))
    scripts = [one.pop("script") for one in (written, own)]
    assert [script[-1] for script in scripts if isinstance(script, list)] == ["covgov run"] * 2
    assert {"stage": "test", **written} == own
