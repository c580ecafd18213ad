"""`covgov history prune-artifacts` against a server on loopback."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.main import main
from covgov.cli.world import World
from covgov_testing.fakes.github import REPOSITORY, TOKEN, FakeGithub
from covgov_testing.github_server import serving


class Called:
    """One command line in an empty folder, in a workflow of the fake."""

    def __init__(self, github: FakeGithub, *argv: str, **env: str) -> None:
        out, err = StringIO(), StringIO()
        with serving(github) as address:
            given = {"GITHUB_API_URL": address, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN, **env}
            world = World(cwd=Path.cwd(), env=given, now=lambda: datetime(2026, 11, 22, tzinfo=UTC), out=out, err=err)
            self.code = main(["history", "prune-artifacts", *argv], world)
        self.out, self.err = out.getvalue(), err.getvalue()


def full() -> FakeGithub:
    github = FakeGithub()
    for day in range(1, 13):
        github.artifact("coverage-unit-api", day)
        github.artifact("release", day)
    return github


def test_what_is_beyond_the_newest_ten_of_a_name_is_deleted() -> None:
    github = full()
    called = Called(github)
    assert called.code == 0
    assert called.out == (
        "deleted coverage-unit-api of 2026-11-02 (3)\n"
        "deleted coverage-unit-api of 2026-11-01 (1)\n"
        "2 artifacts deleted, 10 kept\n"
    )
    assert len(github.artifacts) == 22


def test_a_dry_run_deletes_nothing_and_says_so() -> None:
    github = full()
    called = Called(github, "--dry-run", "--keep", "11", "--prefix", "rel")
    assert called.out == "would delete release of 2026-11-01 (2)\n1 artifacts would be deleted, 11 kept\n"
    assert len(github.artifacts) == 24


def test_the_result_as_json() -> None:
    document = json.loads(Called(full(), "--keep", "11", "--json").out)
    assert document["format"] == "covgov-prune-artifacts"
    assert (document["keep"], document["kept"], document["dry_run"]) == (11, 11, False)
    assert document["dropped"] == [{"id": 1, "name": "coverage-unit-api", "bytes": 1000}]


@pytest.mark.reliability
def test_outside_of_a_workflow_or_without_a_token_the_exit_code_is_5() -> None:
    for name, code in (("GITHUB_REPOSITORY", "github-repository-missing"), ("GITHUB_TOKEN", "github-token-missing")):
        called = Called(full(), **{name: ""})
        assert (called.code, called.out) == (5, "")
        assert f"[{code}]" in called.err


def test_a_token_without_permission_is_told() -> None:
    github = full()
    github.read_only = True
    called = Called(github)
    assert called.code == 5
    assert "[github-forbidden]" in called.err
    assert TOKEN not in called.err
