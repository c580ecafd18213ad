"""What a newcomer has: a git checkout of a project, and an environment in which its tests pass."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from covgov_testing.strangers.projects import Stranger

BUILD_TOOLS = (
    *("setuptools<81", "wheel", "flit_core", "hatchling", "hatch-vcs", "hatch-fancy-pypi-readme"),
    *("poetry-core", "setuptools_scm", "pdm-backend"),
)
"""What the sdists build with, installed once: pip would else install it anew for each."""

IDENTITY = ("-c", "user.name=Newcomer", "-c", "user.email=newcomer@example.org")


@dataclass(frozen=True, slots=True)
class Stage:
    """root: the checkout. python: of the active virtual environment. env: of the newcomer's shell."""

    root: Path
    python: Path
    env: dict[str, str]


def run(command: list[str | Path], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a terminal."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def must(command: list[str | Path], cwd: Path, env: dict[str, str]) -> str:
    """`run`, which has to exit 0; what it printed."""
    done = run(command, cwd, env)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def fetch(projects: tuple[Stranger, ...], cache: Path) -> Path:
    """The folder of the sdists. They are downloaded once, by pip, which checks their hashes."""
    sdists, env = cache / "sdists", shell(None)
    missing = [project for project in projects if not _sdist(project, sdists)]
    if missing:
        cache.mkdir(parents=True, exist_ok=True)
        python = _environment(cache / "build")
        must([python, "-m", "pip", "install", "--quiet", "--upgrade", *BUILD_TOOLS], cache, env)
        pins = cache / "pins.txt"
        pins.write_text("".join(f"{project.pin}\n" for project in missing), encoding="utf-8")
        names = ",".join(project.name for project in missing)
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-binary", names, "--require-hashes"]
        must([python, "-m", "pip", "download", *options, "--dest", str(sdists), "-r", str(pins)], cache, env)
    return sdists


def prepare(project: Stranger, sdists: Path, cache: Path) -> Stage:
    """Unpack the project and install it with its tests' dependencies; commit it as it was released."""
    root = cache / "projects" / project.name
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    sdist = _sdist(project, sdists)
    must(["tar", "-xzf", str(sdist), "--strip-components=1"], root, shell(None))
    python = _environment(cache / "environments" / f"{project.name}-{_key(project)}")
    env = shell(python)
    must(["git", "init", "--quiet", "--initial-branch=main"], root, env)
    must(["git", "add", "--all", "--force"], root, env)
    must(["git", *IDENTITY, "commit", "--quiet", "--message", f"Release {project.version}"], root, env)
    must([python, "-m", "pip", "install", "--quiet", "coverage", *project.install], root, env)
    must([python, "-m", "pip", "install", "--quiet", "--editable", "."], root, env)
    return Stage(root, python, env)


def shell(python: Path | None) -> dict[str, str]:
    """The environment of a newcomer's shell, with a virtual environment active: no CI, no measurement."""
    dropped = ("COVERAGE_", "COVGOV_", "GITHUB_", "GITLAB_", "PYTEST_", "CI", "VIRTUAL_ENV", "PYTHON", "MAKE", "MFLAGS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    if python is None:
        return env
    return env | {"VIRTUAL_ENV": str(python.parents[1]), "PATH": f"{python.parent}{os.pathsep}{env['PATH']}"}


def _environment(place: Path) -> Path:
    python = place / "bin" / "python"
    if not python.is_file():
        must([sys.executable, "-m", "venv", str(place)], Path.cwd(), shell(None))
    return python


def _key(project: Stranger) -> str:
    """Tells environments of different dependencies apart."""
    return hashlib.sha256(repr((project.version, project.install)).encode()).hexdigest()[:8]


def _sdist(project: Stranger, sdists: Path) -> Path | None:
    stem = project.name.replace("-", "_").replace(".", "_")
    found = [
        path
        for path in sdists.glob("*.tar.gz")
        if path.name.replace("-", "_")
        .replace(".", "_")
        .lower()
        .startswith(f"{stem}_{project.version.replace('.', '_')}_")
    ]
    return found[0] if found and tarfile.is_tarfile(found[0]) else None
