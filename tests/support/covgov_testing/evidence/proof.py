"""Which tests a plan names, whether they are there, and whether the last runs of the tiers ran them.

Every tier of the Makefile leaves a JUnit file in `.cache/ran/`. A record counts only if it is younger than every source
and test file, and a test only if each of its cases passed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from junitparser import JUnitXml, TestCase, TestSuite

RECORDS = Path(".cache/ran")
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


def unproven(wanted: Sequence[tuple[str, str]], root: Path) -> Mapping[str, str]:
    """Test -> why its last run proves nothing; {} when all ran and passed."""
    ran = dict(_cases(root))
    newest = max(path.stat().st_mtime for part in ("src", "tests") for path in (root / part).rglob("*.py"))
    found = {}
    for module, function in wanted:
        cases = ran.get((module.removesuffix(".py").replace("/", "."), function), [])
        if why := _fault(cases, newest):
            found[f"{module}::{function}"] = why
    return found


Case = tuple[TestCase, float]


def _fault(cases: Sequence[Case], newest: float) -> str:
    if not cases:
        return "no tier ran it"
    if any(time < newest for _, time in cases):
        return "sources or tests changed since it ran"
    if any(not case.is_passed for case, _ in cases):
        return "it was skipped, or failed"
    return ""


def _cases(root: Path) -> Iterator[tuple[tuple[str, str], list[Case]]]:
    """(dotted module, function) -> its cases, each with the time of its record."""
    found: dict[tuple[str, str], list[Case]] = {}
    for path in sorted((root / RECORDS).glob("*.xml")):
        for suite in JUnitXml.fromfile(str(path)):
            assert isinstance(suite, TestSuite)
            for case in suite:
                name = (str(case.classname), str(case.name).partition("[")[0])
                found.setdefault(name, []).append((case, path.stat().st_mtime))
    yield from found.items()
