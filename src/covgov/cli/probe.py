"""Looks at the machine: the repository's files, and which interpreters and programs could run its tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from covgov.errors import InputError
from covgov.policy.policy import Suite
from covgov.runner.launch import interpreter
from covgov.runner.process import stream
from covgov.scaffold.detection.suites import Environment

PYTHONS = ("uv", "poetry", "hatch", "tox", "nox", "make")
PROGRAMS = (*PYTHONS, "npx", "node", "go", "gotestsum", "cargo-llvm-cov", "mvn", "gradle", "dotnet", "bundle")
OWN = (".venv/bin/python", "venv/bin/python", "env/bin/python")
TOOLS = ("coverage", "pytest", "pytest_cov")
ON_PATH = ("python", "python3")
MARK = "covgov-modules: "
LOOK = """
import importlib.util, json, os, sys
def places(name):
    try:
        spec = importlib.util.find_spec(name)
        return [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    except Exception:
        return []
def here(place):
    return os.path.realpath(place).startswith(os.path.realpath(".") + os.sep) and "site-packages" not in place
tools = [name for name in sys.argv[1].split() if places(name)]
own = [name for name in sys.argv[2:] if any(here(place) for place in places(name) if place)]
print("covgov-modules: " + json.dumps(tools + own))
"""
"""Prints which tools an interpreter can import, and which of the project's packages it imports from this directory."""


def files_on_disk(root: Path) -> tuple[str, ...]:
    """Every file below a directory that is no git checkout, without hidden and installed ones."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    hidden = ("node_modules", "__pycache__", "site-packages")
    return tuple(
        sorted(
            path.as_posix() for path in found if not any(part in hidden or part[0] == "." for part in path.parts[:-1])
        )
    )


def environments(root: Path, env: Mapping[str, str], packages: Sequence[str]) -> tuple[Environment, ...]:
    """The interpreters that could run the tests, the most likely first."""
    return tuple(
        Environment(python, shown, modules)
        for python, shown in _candidates(root, env)
        if (modules := _modules(shown, root, env, packages)) is not None
    )


def _candidates(root: Path, env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(what the policy says, what is run)."""
    usual = interpreter(Suite(), root, env)
    yield "", usual
    yield from ((path, str(root / path)) for path in OWN if (root / path).is_file() and str(root / path) != usual)
    for name in ON_PATH:
        path = shutil.which(name, path=env.get("PATH"))
        if path is not None:
            yield name, path


def _modules(python: str, root: Path, env: Mapping[str, str], packages: Sequence[str]) -> frozenset[str] | None:
    """None when it does not start."""
    lines: list[str] = []
    try:
        stream([python, "-c", LOOK, " ".join(TOOLS), *packages], cwd=root, env=env, say=lines.append)
    except InputError:
        return None
    answer = next((line for line in lines if line.startswith(MARK)), None)
    return frozenset(json.loads(answer.removeprefix(MARK))) if answer is not None else None


def programs(env: Mapping[str, str]) -> frozenset[str]:
    """Those of the known programs that can be called."""
    return frozenset(name for name in PROGRAMS if shutil.which(name, path=env.get("PATH")) is not None)
