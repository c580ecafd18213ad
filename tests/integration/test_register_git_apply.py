"""Patches of the register, given to a real `git apply`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covgov.register.document import parse, render
from covgov.register.patch import unified
from covgov.register.sync import sync
from covgov_testing.builders.register import COMPLETE, PATH, TODAY, bar_line, table, verdict
from covgov_testing.repos import Repo

SCRIPT = Path(__file__).parents[2] / "scripts" / "coverage" / "update_exceptions.py"
LINES = st.lists(
    st.sampled_from(
        ["a", "b", "", " ", "\\ No newline at end of file", "- x", "+ y", "@@ -1 +1 @@", "c\r", "d\re", "ü", "\x0c"]
    ),
    max_size=8,
)
TEXTS = st.builds(lambda lines, ending: "\n".join(lines) + ending, LINES, st.sampled_from(["", "\n"]))
NAMES = ["a.md", "docs/my notes.md", "docs/ünï.md", 'q"uote.md', "back\\slash.md", "tab\there.md"]


def applied(repo: Repo, name: str, old: str | None, new: str) -> str:
    """The file's text after git applied the patch to `old`."""
    file = repo.root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    if old is not None:
        file.write_bytes(old.encode())
    patch = unified(name, old, new)
    if patch:
        (repo.root / ".git" / "change.patch").write_bytes(patch.encode())
        repo.git("apply", "--whitespace=nowarn", ".git/change.patch")
    return file.read_bytes().decode() if file.exists() else ""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=st.none() | TEXTS, new=TEXTS, name=st.sampled_from(NAMES))
def test_git_makes_of_the_old_text_exactly_the_new_one(tmp_path: Path, old: str | None, new: str, name: str) -> None:
    assert applied(Repo(tmp_path / "repo"), name, old, new) == new


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("ending", ["", "\n", "\n\nwords at the end"])
def test_a_synced_register_reaches_the_file_through_git(tmp_path: Path, newline: str, ending: str) -> None:
    old = (table([COMPLETE]).rstrip("\n") + ending).replace("\n", newline)
    judged = verdict([bar_line(1700, 2000), bar_line(1, 2, subject="api")])
    new = render(sync(parse(old, PATH), judged, owners=lambda _: "@x", today=TODAY))

    assert new != old
    assert applied(Repo(tmp_path / "repo"), PATH, old, new) == new


def test_a_first_register_reaches_the_checkout_through_git(tmp_path: Path) -> None:
    new = render(sync(parse("", PATH), verdict([bar_line(1, 2)]), owners=lambda _: "", today=TODAY))

    assert applied(Repo(tmp_path / "repo"), PATH, None, new) == new


def test_the_script_prints_the_same_patch_as_the_command_and_writes_nothing(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    policy = '[suites.auth]\ntests = ["tests"]\n[components.auth]\npaths = ["src/**"]\n[register]\npath = "x.md"\n'
    repo.commit({"covgov.toml": policy})

    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--dry-run", "--today", "2026-11-22"],
        cwd=repo.root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (11, "")
    assert "nothing was measured" in done.stderr
    assert not (repo.root / "x.md").exists()
