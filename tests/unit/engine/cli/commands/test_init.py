"""`covgov init` in real repositories; those that measure cost a start of pytest each, so there are few."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.adoption import written
from covgov.cli.main import main
from covgov.cli.world import World
from covgov.scaffold.compose import FileChange
from covgov_testing.projects import BARE, environment
from covgov_testing.repos import Repo

PKG = "def used(x):\n    if x:\n        return 1\n    return 2\n"
TEST = "from pkg import used\n\n\ndef test_used():\n    assert used(1) == 1\n"
FLAT = {"pkg/__init__.py": PKG, "tests/test_a.py": TEST}


class Newcomer:
    """A repository that nobody prepared, and the commands that are called in it."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.repo = Repo(root)
        self.root = root
        self.repo.commit(files)
        self.out = ""
        self.err = ""

    def covgov(self, *words: str) -> int:
        env = {**environment(), **BARE}
        world = World(self.root, env, lambda: datetime(2026, 11, 22, tzinfo=UTC), StringIO(), StringIO())
        code = main(words, world)
        assert isinstance(world.out, StringIO)
        assert isinstance(world.err, StringIO)
        self.out, self.err = world.out.getvalue(), world.err.getvalue()
        return code

    def changed(self) -> list[str]:
        return [line[3:] for line in self.repo.git("status", "--porcelain", "-uall").splitlines()]

    def policy(self) -> Mapping[str, Mapping[str, object]]:
        return tomllib.loads((self.root / "covgov.toml").read_text(encoding="utf-8"))


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    return Newcomer(tmp_path / "work", FLAT)


WRITTEN = [".coveragerc", ".gitignore", "covgov.toml", "docs/coverage-exceptions.md"]


def test_an_innocent_project_is_adopted_and_green(newcomer: Newcomer) -> None:
    assert newcomer.covgov("init", "--adopt") == 0, newcomer.err
    assert newcomer.changed() == WRITTEN
    assert all(f"wrote {path}" in newcomer.out for path in WRITTEN)
    assert newcomer.policy()["policy"]["fail_under"] == 75
    assert "EX-001" in (newcomer.root / "docs/coverage-exceptions.md").read_text(encoding="utf-8")
    assert newcomer.covgov("run") == 0, newcomer.out
    assert newcomer.covgov("init", "--adopt") == 0
    assert newcomer.out.splitlines() == ["covgov.toml: left alone (there is a policy already)", "nothing to do"]
    assert newcomer.changed() == WRITTEN


def test_a_change_in_the_checkout_that_the_first_run_would_fail_on_is_named(newcomer: Newcomer) -> None:
    version = newcomer.root / "pkg/version.py"
    newcomer.repo.commit({"pkg/version.py": "V = 1\n"}, "version")
    version.write_text("def unused():\n    return 1\n", encoding="utf-8")
    assert newcomer.covgov("init", "--adopt") == 0
    assert "will fail on the last change, 0/2 = 0.00 % < 50 %, in pkg/version.py: cover or undo it" in newcomer.err
    assert newcomer.covgov("run") == 10
    newcomer.repo.git("checkout", "-q", "pkg/version.py")
    assert newcomer.covgov("run") == 0


def test_the_bar_bites_from_the_first_day(newcomer: Newcomer) -> None:
    assert newcomer.covgov("init", "--adopt") == 0
    (newcomer.root / "pkg/more.py").write_text("def unused():\n    return 1\n", encoding="utf-8")
    assert newcomer.covgov("run") == 10


@pytest.mark.parametrize("addopts", ["", "-p no:cacheprovider"])
def test_a_test_that_failed_before_is_listed_and_noted(tmp_path: Path, addopts: str) -> None:
    settings = {"pytest.ini": f"[pytest]\naddopts = {addopts}\n"}
    broken = {"tests/test_b.py": "def test_bad():\n    assert False\n", "tests/test_c.py": "import absent\n"}
    more = {"tests/test_d.py": TEST, "tests/test_e.py": TEST}
    newcomer = Newcomer(tmp_path / "work", {**FLAT, **settings, **broken, **more})
    assert newcomer.covgov("init", "--adopt") == 0, newcomer.err
    assert newcomer.policy()["suites"]["tests"] == {
        "tests": ["tests"],
        "deselect": ["tests/test_b.py::test_bad", "tests/test_c.py"],
    }
    assert newcomer.covgov("run") == 0, newcomer.out
    assert "deselected in the policy (2)" in (newcomer.root / "coverage/verdict.json").read_text(encoding="utf-8")


def test_two_projects_in_one_repository_are_two_suites(tmp_path: Path) -> None:
    bad = "def test_bad():\n    assert False\n"
    files = {
        "libs/one/pyproject.toml": "[project]\nname = 'one'\n",
        "libs/one/src/one/__init__.py": PKG,
        "libs/one/tests/test_a.py": TEST.replace("pkg", "one"),
        "libs/two/setup.py": "from setuptools import setup\nsetup(name='two')\n",
        "libs/two/src/two/__init__.py": PKG,
        "libs/two/tests/test_a.py": TEST.replace("pkg", "two") + bad,
        "libs/two/tests/test_b.py": "import absent\n",
        "libs/two/tests/test_c.py": TEST.replace("pkg", "two"),
    }
    newcomer = Newcomer(tmp_path / "work", files)
    assert newcomer.covgov("init", "--adopt") == 0, newcomer.err
    suites = newcomer.policy()["suites"]
    assert suites["one"] == {"tests": ["libs/one/tests"], "args": ["--rootdir=.", "-o", "pythonpath=. src"]}
    assert suites["two"] == {
        "tests": ["libs/two/tests"],
        "args": ["--rootdir=.", "-o", "pythonpath=libs/two libs/two/src"],
        "deselect": ["libs/two/tests/test_a.py::test_bad", "libs/two/tests/test_b.py"],
    }
    assert newcomer.covgov("run") == 0, newcomer.out


@pytest.mark.parametrize(
    "test",
    [
        "def test_bad():\n    assert False\n",
        "import absent\n\ndef test_it():\n    pass\n",
        "import os\n\ndef test_it():\n    os._exit(0)\n",
    ],
)
def test_nothing_is_left_behind_where_nothing_can_be_adopted(tmp_path: Path, test: str) -> None:
    newcomer = Newcomer(
        tmp_path / "work", {"pkg/__init__.py": PKG, "tests/test_a.py": test, ".gitignore": "__pycache__\n"}
    )
    assert newcomer.covgov("init", "--adopt") == 4
    assert newcomer.changed() == []
    assert "hint:" in newcomer.err


def test_a_package_that_the_tests_do_not_reach_is_not_adopted(tmp_path: Path) -> None:
    settings = "[run]\nsource = elsewhere\n"
    files = {**FLAT, "elsewhere/data.txt": "", ".coveragerc": settings, ".gitignore": "__pycache__\n"}
    newcomer = Newcomer(tmp_path / "work", files)
    assert newcomer.covgov("init", "--adopt") == 4
    assert newcomer.changed() == []


def test_a_dry_run_is_a_diff_that_git_applies(newcomer: Newcomer) -> None:
    assert newcomer.covgov("init", "--dry-run") == 0
    patch = newcomer.out[newcomer.out.index("diff --git") :]
    assert newcomer.changed() == []
    assert newcomer.covgov("init") == 0
    expected = {path: (newcomer.root / path).read_bytes() for path in WRITTEN}
    newcomer.repo.git("clean", "-fdq")
    (newcomer.root / "p.patch").write_text(patch, encoding="utf-8")
    newcomer.repo.git("apply", "p.patch")
    assert {path: (newcomer.root / path).read_bytes() for path in WRITTEN} == expected


def test_proposed_rows_survive_the_next_sync(newcomer: Newcomer) -> None:
    assert newcomer.covgov("init", "--adopt", "--fail-under", "100") == 0, newcomer.err
    register = newcomer.root / "docs/coverage-exceptions.md"
    proposed = register.read_text(encoding="utf-8")
    assert "| proposed |" in proposed
    assert newcomer.covgov("run", "--measure-only") == 0, newcomer.err
    assert newcomer.covgov("exceptions", "sync") == 0, newcomer.err
    assert register.read_text(encoding="utf-8") == proposed


def test_init_can_be_adopted_later_until_somebody_edits_it(newcomer: Newcomer) -> None:
    assert newcomer.covgov("init") == 0
    assert newcomer.policy()["policy"]["fail_under"] == 80
    before = {path: (newcomer.root / path).read_bytes() for path in WRITTEN}
    assert newcomer.covgov("init") == 0
    assert {path: (newcomer.root / path).read_bytes() for path in WRITTEN} == before
    policy = newcomer.root / "covgov.toml"
    policy.write_text(policy.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")
    edited = policy.read_bytes()
    assert newcomer.covgov("init", "--adopt") == 0
    assert policy.read_bytes() == edited
    policy.write_bytes(before["covgov.toml"])
    assert newcomer.covgov("init", "--adopt") == 0
    assert newcomer.policy()["policy"]["fail_under"] == 75


def test_a_policy_in_pyproject_is_a_policy(tmp_path: Path) -> None:
    shared = '[tool.covgov.suites.a]\n[tool.covgov.components.a]\npaths = ["pkg/**"]\n'
    newcomer = Newcomer(tmp_path / "work", {**FLAT, "pyproject.toml": shared})
    assert newcomer.covgov("init", "--adopt") == 0
    assert newcomer.changed() == [".gitignore", "docs/coverage-exceptions.md"]


def test_a_project_without_tests_gets_a_policy_and_stays_undetermined(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path / "work", {"pkg/__init__.py": PKG})
    assert newcomer.covgov("init", "--adopt") == 0
    assert "no tests" in newcomer.err
    assert newcomer.covgov("run") == 11


def test_a_repository_without_a_commit_or_without_files_is_one_clear_error(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path / "work", {"README.md": ""})
    assert newcomer.covgov("init") == 4
    assert "init-unknown" in newcomer.err
    assert "[suites.tests]" in newcomer.err
    assert newcomer.covgov("init", "--fail-under", "many") == 2


def test_files_that_other_rules_ignore_are_not_listed_again(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path / "work", {**FLAT, ".gitignore": "cover*/\n*.py[co]\n"})
    assert newcomer.covgov("init") == 0
    assert ".gitignore" not in newcomer.changed()


def test_a_first_measurement_has_its_files_and_leaves_the_old_ones(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("1", encoding="utf-8")
    changes = [FileChange("old", "1", "2", ""), FileChange("new", None, "3", "")]

    def interrupted() -> None:
        with written(tmp_path, changes):
            assert [(tmp_path / name).read_text(encoding="utf-8") for name in ("old", "new")] == ["2", "3"]
            (tmp_path / "coverage/report.info").write_text("", encoding="utf-8")  # tools do not make the folder
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text(encoding="utf-8") == "1"
