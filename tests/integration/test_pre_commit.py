"""The hooks of this repository, run by the real pre-commit in a stranger's repository, with a good and a broken file.

pre-commit builds covgov from a clone of this checkout with pip, so this needs an index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import yaml

from covgov_testing.repos import Repo

pytestmark = pytest.mark.workflows
CHECKOUT = Path(__file__).resolve().parents[2]
POLICY = 'version = 1\n[suites.unit]\n[components.app]\npaths = ["src/**"]\nsuite = "unit"\n'
REGISTER = "docs/coverage-exceptions.md"
HOOKS = ".pre-commit-hooks.yaml"


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of what pre-commit clones: the files that make the package, and the hooks."""
    root = tmp_path_factory.mktemp("hooks") / "covgov"
    repo = Repo(root)
    repo.git("config", "user.name", "covgov")  # the tests' git settings are of single tests, not of a module
    repo.git("config", "user.email", "covgov@example.invalid")
    shutil.copytree(CHECKOUT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", HOOKS):
        shutil.copy(CHECKOUT / name, root / name)
    repo.commit()
    return root


def tried(stranger: Repo, hooks: Path, home: Path) -> tuple[int, str]:
    """Both hooks, installed once."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "CI", "COVERAGE"))}
    done = subprocess.run(
        [Path(sys.prefix) / "bin" / "pre-commit", "try-repo", str(hooks), "--all-files", "--verbose"],
        cwd=stranger.root,
        env={**env, "PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_good_policy_and_register_pass_and_broken_ones_are_named(tmp_path: Path, hooks: Path) -> None:
    stranger = Repo(tmp_path / "shop")
    stranger.write({"covgov.toml": POLICY, "README.md": "# Shop\n"})
    subprocess.run([sys.executable, "-m", "covgov", "init"], cwd=stranger.root, check=True, capture_output=True)
    stranger.commit()
    code, text = tried(stranger, hooks, tmp_path / "home")
    assert (code, text.count("Passed")) == (0, 2), text

    stranger.commit({REGISTER: "# Exceptions\n"})
    code, text = tried(stranger, hooks, tmp_path / "home")
    assert (code, text.count("Passed"), text.count("Failed")) == (1, 1, 1), text
    assert f"{REGISTER}:1: the marker" in text


def test_the_commands_of_the_hooks_refuse_what_is_broken(tmp_path: Path) -> None:
    stranger = Repo(tmp_path / "shop")
    stranger.commit({"covgov.toml": POLICY.replace("paths", "pathz")})
    for entry in (hook["entry"] for hook in yaml.decode((CHECKOUT / HOOKS).read_bytes(), type=list[dict[str, object]])):
        command = [sys.executable, "-m", *str(entry).split()]
        done = subprocess.run(command, cwd=stranger.root, capture_output=True, text=True, check=False)
        assert (done.returncode, "pathz" in done.stderr) == (3, True)


def test_each_hook_takes_less_than_a_second(tmp_path: Path) -> None:
    stranger = Repo(tmp_path / "shop")
    stranger.commit({"covgov.toml": POLICY})
    for arguments in (["policy", "show"], ["exceptions", "lint"]):
        best = min(_seconds(stranger.root, arguments) for _ in range(3))
        assert best < 1, f"{arguments}: {best:.2f} s of CPU time"


def _seconds(root: Path, arguments: list[str]) -> float:
    before = os.times()
    subprocess.run([sys.executable, "-m", "covgov", *arguments], cwd=root, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
