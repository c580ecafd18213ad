"""The bar that a project already has, wherever a tool keeps it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from covgov.scaffold.detection.pytest_settings import PytestSettings
from covgov.scaffold.detection.tree import Tree

CODECOV_FILES = ("codecov.yml", ".codecov.yml", "codecov.yaml", ".github/codecov.yml")
CALLERS = ("tox.ini", "noxfile.py", "Makefile", ".gitlab-ci.yml", "setup.cfg", "pyproject.toml")
OPTIONS = re.compile(r"--(?:cov-)?fail-under[= ]\"?(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class ExistingBar:
    percent: Decimal
    where: str


def existing_bar(tree: Tree, settings: PytestSettings, coverage_file: str, fail_under: str) -> ExistingBar | None:
    """The first of: coverage.py's `fail_under`, `--cov-fail-under`, a test command's, codecov's or jest's target.

    coverage_file: the settings that coverage.py reads, with their fail_under. 0 is no bar.
    """
    found = ((_percent(text), where) for text, where in _candidates(tree, settings, coverage_file, fail_under))
    return next((ExistingBar(percent, where) for percent, where in found if percent), None)


def _candidates(tree: Tree, settings: PytestSettings, coverage_file: str, fail_under: str) -> Iterator[tuple[str, str]]:
    yield fail_under, f"fail_under in {coverage_file}"
    for text in settings.option("--cov-fail-under"):
        yield text, f"--cov-fail-under in {settings.where}"
    workflows = [path for path in tree.files if path.startswith(".github/workflows/")]
    for path in (*CALLERS, *workflows):
        for text in OPTIONS.findall(tree.text(path)):
            yield text, f"--fail-under in {path}"
    for path in CODECOV_FILES:
        project = re.search(r"\n\s+project:(.*?)(?=\n\s+patch:|\Z)", tree.text(path), re.DOTALL)
        for text in re.findall(r"target:\s*[\"']?(\d+(?:\.\d+)?)%?", project[1] if project else ""):
            yield text, f"target in {path}"
    yield _of_jest(tree), "coverageThreshold in package.json"


def _of_jest(tree: Tree) -> str:
    try:
        found = json.loads(tree.text("package.json") or "{}")
        return str(found["jest"]["coverageThreshold"]["global"]["lines"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _percent(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value.normalize() if 0 < value <= 100 else None
