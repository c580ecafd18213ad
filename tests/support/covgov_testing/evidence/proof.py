"""Which tests a plan names, whether they are there, and whether the last runs of the tiers ran them.

Every tier of the Makefile leaves a JUnit file in `.cache/ran/`. A record counts only if its session began after
the last change of what decides how tests end, and a test only if each of its cases ran and passed.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from junitparser import JUnitXml, TestCase, TestSuite

RECORDS = Path(".cache/ran")
DECIDING = (
    "src/**/*.py",
    "src/**/*.json",
    "tests/**/*.py",
    "tests/**/*.toml",
    "tests/docs/**/*.md",
    "tests/support/stand_ins/**/*",
    ".github/**/*",
    "docs/**/*",
    "scripts/**/*.py",
    "scripts/**/*.sh",
    "*.toml",
    "*.ini",
)
DECIDING_TOO = (
    "Makefile",
    "noxfile.py",
    ".coveragerc",
    "requirements-dev.txt",
    "sonar-project.properties",
    "README.md",
)
"""What the result of a test hangs on, also documents that a test reads. Nothing in `make test` writes any of it."""

_CLAIM = re.compile(r"^\| (?P<number>[BE]\d+) \| (?P<what>[^|]+) \| (?P<proof>[^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@dataclass(frozen=True, slots=True)
class Claim:
    """A box (`B1`) or an exit criterion (`E1`). tests: (module, function) of every test that proves it."""

    number: str
    what: str
    tests: tuple[tuple[str, str], ...]


def claims(plan: str) -> Sequence[Claim]:
    return [
        Claim(row["number"], row["what"].strip(), tuple((m, f) for m, f in _TEST.findall(row["proof"])))
        for row in _CLAIM.finditer(plan)
    ]


def defined(module: Path) -> set[str]:
    """Names of the module's test functions; empty when there is no such module."""
    if not module.is_file():
        return set()
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def unproven(wanted: Sequence[tuple[str, str]], root: Path, there: Mapping[tuple[str, str], int]) -> Mapping[str, str]:
    """Test -> why its last run proves nothing; {} when all ran and passed. there: test -> how many cases it has."""
    ran = dict(_cases(root))
    newest = max(path.stat().st_mtime for path in _deciding(root))
    found = {}
    for module, function in wanted:
        cases = ran.get((module.removesuffix(".py").replace("/", "."), function), [])
        if why := _fault(cases, newest, there.get((module, function), 0)):
            found[f"{module}::{function}"] = why
    return found


def collected(modules: Sequence[str], root: Path) -> Mapping[tuple[str, str], int]:
    """(module, function) -> its cases, as pytest collects them when nothing is deselected."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-o",
        "verbosity_test_cases=auto",
        "-o",
        "addopts=--import-mode=importlib",
        *modules,
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COVGOV_PROVE"))}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (line.partition("[")[0].split("::") for line in done.stdout.splitlines() if "::" in line)
    found = Counter((parts[0], parts[-1]) for parts in lines)
    said = re.findall(r"^(\d+) tests? collected", done.stdout, re.MULTILINE)
    assert [found.total()] == [int(number) for number in said], done.stdout[-1000:]
    return found


def _deciding(root: Path) -> Iterator[Path]:
    for pattern in DECIDING:
        yield from (path for path in root.glob(pattern) if path.is_file())
    yield from (root / name for name in DECIDING_TOO if (root / name).is_file())


Case = tuple[TestCase, float]


def _fault(cases: Sequence[Case], newest: float, there: int) -> str:
    if not cases:
        return "no tier ran it"
    if any(began > time.time() for _, began in cases):
        return "its record is of a session that is yet to come"
    if any(began < newest for _, began in cases):
        return "sources or tests changed since it ran"
    if any(not case.is_passed for case, _ in cases):
        return "it was skipped, or failed"
    if len({case.name for case, _ in cases}) < there:
        return f"only {len(cases)} of its {there} cases ran"
    return ""


def _cases(root: Path) -> Iterator[tuple[tuple[str, str], list[Case]]]:
    """(dotted module, function) -> its cases, each with the time when its session began."""
    found: dict[tuple[str, str], list[Case]] = {}
    for path in sorted((root / RECORDS).glob("*.xml")):
        for suite in JUnitXml.fromfile(str(path)):
            assert isinstance(suite, TestSuite)
            began = datetime.fromisoformat(str(suite.timestamp)).timestamp()
            cases = list(suite)
            # Interrupted, or with --setup-only, a session lists other cases than it counts as run.
            for case in cases if suite.tests == len(cases) else ():
                name = (str(case.classname), str(case.name).partition("[")[0])
                found.setdefault(name, []).append((case, began))
    yield from found.items()
