"""The literal nox command line of the workflows, in a project of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgov_testing import projects, wheels
from covgov_testing.repos import Repo

CHECKOUT = Path(__file__).resolve().parents[2]

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "app"
version = "1"
"""
WHERE = "import sys\n\n\ndef test_where():\n    assert '/.nox/' in sys.prefix\n"
POLICY = """\
[suites.engine]
tests = ["tests"]

[suites.auth-service]
tests = ["tests"]

[components.app]
paths = ["app/**"]
suite = "engine"

[components.auth]
paths = ["auth/**"]
suite = "auth-service"
"""


def prepared(**more: str) -> dict[str, str]:
    """The environment of a nox that makes none of its own."""
    return projects.environment(NOX_DEFAULT_VENV_BACKEND="none", COVERAGE_CONTEXT="from-outside", **more)


def nox(root: Path, *args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """nox in the prepared environment, or with the variables given."""
    return subprocess.run(
        [sys.executable, "-m", "nox", *args],
        cwd=root,
        env={**(env or prepared()), **projects.FEW_PLUGINS},
        capture_output=True,
        text=True,
        check=False,
    )


def lender(folder: Path) -> str:
    """A wheel `lender` that lends this environment's packages to the one it is installed in. The wheel's SHA-256."""
    lending = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    return wheels.write(folder, "lender", "1", files={"lender.pth": lending})


def offline(root: Path) -> dict[str, str]:
    """The environment of a machine that has one wheel and no network, and whose nox makes environments as it does."""
    ours = ("PIP_", "NOX_", "COVGOV_", "VIRTUALENV_")
    kept = {name: value for name, value in projects.environment().items() if not name.startswith(ours)}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(root / "wheels"),
        "VIRTUALENV_OVERRIDE_APP_DATA": str(root / "virtualenv"),
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = projects.calc(tmp_path / "project", {"covgov.toml": POLICY})
    (root / "scripts" / "setup").mkdir(parents=True)
    for name in ("noxfile.py", "scripts/setup/install.py"):
        shutil.copy(CHECKOUT / name, root / name)
    return root


def test_every_suite_of_the_policy_is_a_session_of_that_exact_name(project: Path) -> None:
    listed = json.loads(nox(project, "--list", "--json").stdout)
    assert [session["session"] for session in listed] == ["tests(unit_engine)", "tests(unit_auth_service)"]


def test_the_session_measures_its_suite_and_writes_what_the_arguments_ask_for(project: Path) -> None:
    wanted = ["--cov-report=xml:coverage/engine.xml", "--cov-report=json:coverage/engine.json"]
    done = nox(project, "-s", "tests(unit_engine)", "--", *wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    covered = json.loads((project / "coverage/engine.json").read_text())["totals"]
    assert (covered["covered_lines"], covered["num_statements"]) == (4, 6)
    assert (project / "coverage/engine.xml").read_text().startswith("<?xml")
    assert (project / "coverage/engine.snapshot").is_file()
    assert not (project / "coverage/auth-service.snapshot").exists()


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Covered lines of 10000 -> a project that has exactly so many, under a policy that asks for half."""
    made = {n: projects.counted(tmp_path_factory.mktemp(f"lines{n}") / "project", n, 10_000) for n in (8999, 9000)}
    for root in made.values():
        shutil.copy(CHECKOUT / "noxfile.py", root / "noxfile.py")
        repo = Repo(root)
        for key in ("name", "email"):  # the identity that each test has is not there yet
            repo.git("config", f"user.{key}", "tests")
        repo.commit({"covgov.toml": projects.COUNTED_POLICY.replace("fail_under = 90\n", "fail_under = 50\n", 1)})
    return made


@pytest.mark.parametrize(("covered", "code"), [(8999, 1), (9000, 0)])
@pytest.mark.parametrize("source", ["flag", "environment"])
def test_the_session_fails_below_the_bar_it_is_given(
    counted: dict[int, Path], covered: int, code: int, source: str
) -> None:
    root = counted[covered]
    flag = ["--fail-under", "90"] if source == "flag" else []
    env = prepared(COVERAGE_FAIL_UNDER="90") if source == "environment" else prepared()
    done = nox(root, "-s", "tests(unit_engine)", "--", *flag, "--cov-report=xml:coverage/engine.xml", env=env)
    assert done.returncode == code, done.stdout + done.stderr
    assert f"{covered}/10000 = {covered // 100}.{covered % 100:02} %" in done.stdout
    assert (root / "coverage/engine.xml").is_file()


def test_without_a_bar_the_session_only_measures(counted: dict[int, Path]) -> None:
    done = nox(counted[8999], "-s", "tests(unit_engine)")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "covgov check" not in done.stdout + done.stderr


def test_failing_tests_fail_the_check(project: Path) -> None:
    projects.write(project, {"tests/test_bad.py": "def test_bad():\n    assert False\n"})
    done = nox(project, "-s", "tests(unit_engine)", "--", "--fail-under=95", "-x")
    assert done.returncode == 1
    assert "suite engine: tests failed" in done.stdout


def test_failing_tests_fail_the_session(project: Path) -> None:
    projects.write(project, {"tests/test_bad.py": "def test_bad():\n    assert False\n"})
    done = nox(project, "-s", "tests(unit_engine)", "--", "-x")
    assert done.returncode == 1
    assert "exit code 10" in done.stdout + done.stderr


def test_an_environment_of_its_own_gets_the_lock_file_and_the_project_and_measures_there(
    project: Path, tmp_path: Path
) -> None:
    """As the workflow does it, by virtualenv. Only the lock file is another, with the one package that is here."""
    known = lender(tmp_path / "wheels")
    lock = {"requirements-dev.txt": f"lender==1 --hash=sha256:{known}\n", "pyproject.toml": PYPROJECT}
    projects.write(project, {**lock, "tests/test_where.py": WHERE})
    reports = ("--cov-report=xml:coverage/engine.xml", "--cov-report=json:coverage/engine.json")
    command = ("--reuse-existing-virtualenvs", "-s", "tests(unit_engine)", "--", *reports)
    done = nox(project, *command, env=offline(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nox > python -m covgov run --measure-only engine -- --cov-report=xml" in done.stderr
    assert json.loads((project / "coverage/engine.json").read_text())["totals"]["num_statements"] == 6
    assert (project / "coverage/engine.xml").is_file()
    (home,) = (project / ".nox").glob("tests-unit_engine*")
    assert {"lender-1.dist-info", "app-1.dist-info"} <= {path.name for path in home.rglob("*.dist-info")}


@pytest.mark.security
def test_a_package_without_a_hash_in_the_lock_file_is_not_installed(project: Path, tmp_path: Path) -> None:
    lender(tmp_path / "wheels")
    projects.write(project, {"requirements-dev.txt": "lender==1\n", "pyproject.toml": PYPROJECT})
    done = nox(project, "-s", "tests(unit_engine)", env=offline(tmp_path))
    assert done.returncode == 1
    assert "Hashes are required in --require-hashes mode" in done.stdout + done.stderr
    assert not (project / "coverage").exists()
