"""What covgov leaves in `coverage/` is no part of the code, whether git ignores it or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgov.model.verdict import Outcome
from covgov.vcs.interface import WORKTREE
from covgov.vcs.own_output import own_output
from covgov_testing.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "work")
    made.commit({"api/a.py": "".join(f"line {n}\n" for n in range(1, 11)), ".gitignore": "history/\n"})
    return made


def test_output_that_nothing_ignores_makes_nobody_undetermined_nor_dirty(desk: Desk) -> None:
    desk.measure({"api/a.py": "+" * 10})
    desk.repo.write({"coverage/api.xml": "<coverage/>", "coverage/lcov-report/index.html": "x"})
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.PASS
    assert not judgement.verdict.dirty
    assert not isinstance(desk.record(judgement), str)


def test_the_command_says_what_to_ignore(desk: Desk) -> None:
    desk.measure({"api/a.py": "+" * 10})
    assert desk.covgov("check") == 0
    assert "add `coverage/` to .gitignore" in desk.err.getvalue()
    desk.commit({".gitignore": "history/\ncoverage/\n"})
    desk.measure({"api/a.py": "+" * 10})
    assert desk.covgov("check") == 0
    assert ".gitignore" not in desk.err.getvalue()


@pytest.mark.security
@pytest.mark.parametrize("commit", [True, False])
def test_a_measurement_that_git_tracks_measures_nothing(desk: Desk, commit: bool) -> None:
    desk.measure({"api/a.py": "+" * 10})
    desk.repo.git("add", "coverage")
    if commit:
        desk.repo.git("commit", "-q", "-m", "forge")
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert "git rm -r --cached coverage" in judgement.verdict.suites[0].reason


def test_untracked_code_elsewhere_is_dirty(desk: Desk) -> None:
    desk.measure({"api/a.py": "+" * 10})
    desk.repo.write({"conftest.py": "x = 1\n"})
    assert desk.judge().verdict.dirty


def test_a_package_called_coverage_keeps_its_new_files(desk: Desk) -> None:
    desk.commit({"coverage/__init__.py": "x = 1\n"})
    desk.repo.write({"coverage/new.py": "x = 1\n", "coverage/api.snapshot": "x"})
    assert {path for path in desk.repository.blobs(WORKTREE) if path.startswith("coverage/")} == {
        "coverage/__init__.py",
        "coverage/new.py",
    }


def test_without_files_of_the_project_s_own_everything_there_is_output() -> None:
    assert list(own_output(["coverage/x.css", "a.py"], ["b.py"])) == ["coverage/x.css"]
    assert list(own_output(["coverage/x.css", "coverage/x.xml"], ["coverage/a.py"])) == ["coverage/x.xml"]
