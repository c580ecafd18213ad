"""The environment of `make` on another machine, another day: other versions in the index, another Python, no tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from covgov_testing import projects, wheels
from covgov_testing.workflow_files import WORKFLOWS

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPT = "scripts/setup/install.py"
LOCK = (CHECKOUT / "requirements-dev.txt").read_text(encoding="utf-8")
PINS = [Requirement(line) for line in re.findall(r"^[^\s#].*?==.*?(?= \\$)", LOCK, re.MULTILINE)]
NEWER = "99999"
SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
UNPINNED = "all requirements must have their versions pinned"

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "app"
version = "1"
"""
BACKEND = """\
from pathlib import Path

from wheels import write


def build_editable(folder, settings=None, metadata=None):
    write(Path(folder), "app", "1", ["Requires-Dist: pytest-cov"])
    return "app-1-py3-none-any.whl"
"""


def pinned(requirement: Requirement) -> str:
    (version,) = requirement.specifier
    return version.version


def asked(name: str) -> list[Requirement]:
    """What the installed package of this name requires; nothing where it is not installed."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return []
    return [Requirement(text) for text in found.requires or []]


def fields(name: str) -> list[str]:
    """The metadata that pip resolves by, as the real package has it."""
    try:
        extras = metadata.distribution(name).metadata.get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        extras = []
    return [f"Provides-Extra: {extra}" for extra in extras] + [f"Requires-Dist: {each}" for each in asked(name)]


def index(folder: Path) -> str:
    """An index with every pinned package and a newer version of it. The lock file for it: other hashes, same pins."""
    lines = []
    for pin in PINS:
        page = folder / canonicalize_name(pin.name)
        wheels.write(page, pin.name, NEWER, fields(pin.name))
        known = wheels.write(page, pin.name, pinned(pin), fields(pin.name))
        links = "".join(f'<a href="{wheel.name}">{wheel.name}</a>\n' for wheel in sorted(page.glob("*.whl")))
        (page / "index.html").write_text(f"<!DOCTYPE html>\n{links}", encoding="utf-8")
        lines.append(f"{pin} --hash=sha256:{known}\n")
    return "".join(lines)


@dataclass(frozen=True)
class Machine:
    """A project with this repository's Makefile and script, and an index that is all the network it has.

    installed: what `make` put into the environment, by canonical name, before any test changed it.
    """

    root: Path
    lock: str
    installed: Mapping[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        return str(self.root / ".venv" / "bin" / "python")

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        ours = ("PIP_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in projects.environment().items() if not name.startswith(ours)}
        local = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": (self.root / "index").as_uri(), "PIP_NO_COMPILE": "1"}
        around = {**kept, **local, **env}
        return subprocess.run(command, cwd=self.root, env=around, capture_output=True, text=True, check=False)

    def pip_version(self) -> Version:
        return Version(self.run(self.python, "-m", "pip", "--version").stdout.split()[1])


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """With its environment made by `make`."""
    root = tmp_path_factory.mktemp("machine")
    for name in ("Makefile", SCRIPT):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, root / name)
    shutil.copy(Path(wheels.__file__), root / "wheels.py")
    made = Machine(root, index(root / "index"))
    stale = {".venv/stale": "of an earlier lock", "requirements-dev.txt": made.lock}
    projects.write(root, {**stale, "pyproject.toml": PYPROJECT, "backend.py": BACKEND})
    done = made.run("make", ".venv/.ready", f"PYTHON={sys.executable}")
    assert done.returncode == 0, done.stdout + done.stderr
    (site,) = (root / ".venv" / "lib").glob("python*/site-packages")
    there = metadata.distributions(path=[str(site)])
    return replace(made, installed={canonicalize_name(each.name): each.version for each in there})


def test_what_is_locked_is_installed_though_all_of_it_has_newer_versions(machine: Machine) -> None:
    applying = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate()]
    wanted: dict[str, str] = {canonicalize_name(pin.name): pinned(pin) for pin in applying}
    seeded = {name: machine.installed[name] for name in machine.installed.keys() & {"pip", "setuptools"}}
    assert machine.installed == {**seeded, **wanted, "app": "1"}
    assert not (machine.root / ".venv" / "stale").exists()


def locking(machine: Machine, *names: str) -> str:
    """The part of the lock file that pins these packages."""
    return "".join(line for line in machine.lock.splitlines(keepends=True) if line.partition("==")[0] in names)


def install(machine: Machine, lock: str, dropped: str = "") -> subprocess.CompletedProcess[str]:
    """The script without some of its words, with another lock file, in an environment that seems empty. Dry."""
    text = (machine.root / SCRIPT).read_text(encoding="utf-8")
    assert dropped in text
    script = projects.write(machine.root / "dry", {"install.py": text.replace(dropped, "", 1)}) / "install.py"
    projects.write(machine.root, {"requirements-dev.txt": lock})
    return machine.run(machine.python, str(script), PIP_DRY_RUN="1", PIP_IGNORE_INSTALLED="1")


SUITE = ("coverage", "iniconfig", "packaging", "pluggy", "pygments", "pytest", "pytest-cov")
RESOLVING = '"--no-deps", '
"""What the script must lose so that pip resolves."""


def test_a_pip_that_resolves_refuses_the_lock_if_it_is_an_old_one(machine: Machine) -> None:
    """pytest-cov asks for `coverage[toml]`. pip before 23.3 does not see that `coverage` is pinned."""
    done = install(machine, locking(machine, *SUITE), dropped=RESOLVING)
    assert (UNPINNED in done.stderr) is (machine.pip_version() < Version("23.3")), done.stderr


def test_a_package_that_the_lock_lacks_is_reported_and_not_taken_from_the_index(machine: Machine) -> None:
    lock = locking(machine, *SUITE[2:])
    assert UNPINNED in install(machine, lock, dropped=RESOLVING).stderr, "no pip that resolves takes such a lock"
    assert machine.run(machine.python, "-m", "pip", "uninstall", "--yes", *SUITE[:2]).returncode == 0
    done = machine.run(machine.python, SCRIPT)
    assert done.returncode == 1
    assert re.search(r"^pytest-cov \S+ requires coverage, which is not installed\.$", done.stdout, re.MULTILINE)


@pytest.mark.security
def test_another_wheel_of_a_locked_version_is_refused(machine: Machine) -> None:
    done = install(machine, re.sub("sha256:..", "sha256:00", locking(machine, "pluggy")))
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_lock_is_complete_on_every_platform(system: str, version: str) -> None:
    """No package that is locked asks for one that is not, or not there, or for another version of it."""
    there = {name: str(value) for name, value in default_environment().items()}
    there |= {"sys_platform": system, "python_version": version, "python_full_version": f"{version}.9"}
    there |= {"os_name": "nt" if system == "win32" else "posix", "platform_system": SYSTEMS[system]}
    pins = {canonicalize_name(pin.name): pinned(pin) for pin in PINS if applies(pin, there)}
    wanted, seen = roots(), set()
    assert wanted
    while wanted:
        each = wanted.pop()
        if not applies(each, there) or str(each) in seen:
            continue
        seen.add(str(each))
        name = canonicalize_name(each.name)
        assert name in pins, f"{each} is not locked for {system} and Python {version}"
        assert each.specifier.contains(pins[name], prereleases=True), f"{each}: {pins[name]} is locked"
        wanted += [one for one in asked(name) if any(applies(one, there, extra) for extra in ("", *each.extras))]


def applies(requirement: Requirement, there: Mapping[str, str], extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**there, "extra": extra})


def roots() -> list[Requirement]:
    table = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    optional = table["project"]["optional-dependencies"].values()
    lists = [table["project"]["dependencies"], table["dependency-groups"]["dev"], *optional]
    return [Requirement(text) for each in lists for text in each]


@pytest.mark.parametrize("name", ["Makefile", "noxfile.py", *sorted(f".github/workflows/{n}" for n in WORKFLOWS)])
def test_everything_that_makes_an_environment_calls_the_script(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    assert SCRIPT in text
    assert "pip install" not in text
    assert "--require-hashes" not in text


TOO_OLD = "import sys\n\nsys.version_info = (3, 10, 14, 'final', 0)\n"
NO_PYTHON = "no Python 3.11 or newer with venv found: "


class Tools:
    """A directory that is the whole PATH: sh and make, and what is added."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "bin").mkdir(parents=True)
        self.borrow("sh", "make")

    def borrow(self, *names: str) -> None:
        for name in names:
            found = shutil.which(name)
            assert found is not None
            (self.root / "bin" / name).symlink_to(found)

    def python(self, name: str, first: str = "") -> None:
        """A Python of this name, which runs this command before; `exit 127` is what a shim of pyenv does."""
        command = self.root / "bin" / name
        command.write_text(f'#!/bin/sh\n{first}\nexec {sys.executable} "$@"\n', encoding="utf-8")
        command.chmod(0o755)

    def make(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """What `make` would do for the environment."""
        command = ["make", "-n", ".venv/.ready", *words]
        path = {"PATH": str(self.root / "bin"), **env}
        shutil.copy(CHECKOUT / "Makefile", self.root)
        projects.write(self.root, {SCRIPT: "", "requirements-dev.txt": "", "pyproject.toml": ""})
        return subprocess.run(command, cwd=self.root, env=path, capture_output=True, text=True, check=False)


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path / "tools")


def test_the_first_python_that_runs_and_is_new_enough_is_taken(tools: Tools) -> None:
    projects.write(tools.root, {"old/sitecustomize.py": TOO_OLD})
    tools.borrow("git")
    tools.python("python3.11", "exit 127")
    tools.python("python3.12", f"export PYTHONPATH={tools.root / 'old'}")
    tools.python("python3")
    assert "\npython3 -m venv --clear .venv\n" in tools.make().stdout
    tools.python("python3.13")
    assert "\npython3.13 -m venv --clear .venv\n" in tools.make().stdout
    tools.python("mine")
    assert "\nmine -m venv --clear .venv\n" in tools.make("PYTHON=mine").stdout
    assert "\nmine -m venv --clear .venv\n" in tools.make(PYTHON="mine").stdout


@pytest.mark.parametrize("words", [(), ("PYTHON=python3.12",), ("PYTHON=nowhere",)])
def test_without_a_python_that_is_new_enough_make_reports_it_in_one_line(tools: Tools, words: tuple[str, ...]) -> None:
    projects.write(tools.root, {"old/sitecustomize.py": TOO_OLD})
    tools.borrow("git")
    tools.python("python3.12", f"export PYTHONPATH={tools.root / 'old'}")
    done = tools.make(*words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert NO_PYTHON in line


def test_without_git_make_reports_it_in_one_line(tools: Tools) -> None:
    tools.python("python3")
    done = tools.make()
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("*** git not found: install git.  Stop.")


def test_without_make_the_gate_reports_it_in_one_line(tools: Tools) -> None:
    (tools.root / "bin" / "make").unlink()
    tools.borrow("bash", "dirname")
    path = {"PATH": str(tools.root / "bin")}
    gate = ["bash", str(CHECKOUT / ".ci" / "run")]
    done = subprocess.run(gate, env=path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (127, "", "make not found: install make\n")


def test_the_gate_removes_what_an_earlier_run_left_before_it_builds_anything(tools: Tools) -> None:
    """Here `make` writes down what it is called for."""
    (tools.root / "bin" / "make").unlink()
    tools.borrow("bash", "dirname", "env", "rm")
    projects.write(tools.root, {"bin/make": '#!/bin/sh\necho "$@"\n'})
    (tools.root / "bin" / "make").chmod(0o755)
    (tools.root / ".ci").mkdir()
    gate = str(shutil.copy(CHECKOUT / ".ci" / "run", tools.root / ".ci"))
    path = {"PATH": str(tools.root / "bin")}
    done = subprocess.run(["bash", gate], env=path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[:3] == ["clean", "setup-system", "govern"]
    cleaned = re.search(r"^clean:\n\trm -rf (.*)$", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert cleaned is not None
    assert {"$(VENV)", ".nox", ".cache", "coverage"} <= set(cleaned[1].split())
