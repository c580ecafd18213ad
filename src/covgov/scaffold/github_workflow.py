"""The GitHub workflow that covgov's action judges in: one job, or one per suite and a last one. Pure."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from covgov import __version__
from covgov.scaffold.detection.tree import Tree

PINS = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/setup-node": ("820762786026740c76f36085b0efc47a31fe5020", "v7.0.0"),
    "actions/setup-go": ("b7ad1dad31e06c5925ef5d2fc7ad053ef454303e", "v7.0.0"),
    "actions/setup-java": ("b6effb05e454b25005698d916606bdc6ffcbf961", "v5.7.0"),
}
"""Action -> the commit, and the tag that named it when it was read."""

ACTION = f"covgov/covgov@v{__version__}"
"""covgov's own action; `covgov init --action` names another address, or its commit."""

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
"""What YAML and a shell read as it is written, and GitHub as no expression."""

WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n"])
"""Plain words that YAML reads as something else."""

LOCKS = {
    "package-lock.json": "npm ci",
    "npm-shrinkwrap.json": "npm ci",
    "pnpm-lock.yaml": "corepack enable\npnpm install --frozen-lockfile",
    "yarn.lock": "corepack enable\nyarn install --frozen-lockfile",
}
"""Lock file -> the commands that install what it locks."""

WORKFLOW_NAME = "name: coverage"
"""The line of the workflow's name, which the one for forks waits for."""

HEAD = """\
# Written by `covgov init --ci github`. The action's exit code is the job's: 0 pass, 10 fail, 11 undetermined.
name: coverage

on:
  push:
    branches: [{branch}]
  pull_request:
    branches: [{branch}]
  merge_group:

permissions: {{}}

# A newer push to a pull request replaces the run of the older one. Runs of {branch} are never cancelled.
concurrency:
  group: coverage-${{{{ github.event.pull_request.number || github.run_id }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

jobs:
"""
UNIT = """\
  unit:
    name: unit-${{ matrix.suite }}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # check out, and read the branch coverage-history
    strategy:
      fail-fast: false # one red suite must not hide the others
      matrix:
        suite: [SUITES]
    steps:
"""
GOVERN = """\
  # Make this job a required check. It runs whatever became of the others: a skipped required check counts as passed.
  govern:
    name: govern
"""
AFTER_UNIT = """\
    needs: unit
    if: ${{ always() }}
"""
RIGHTS = """\
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: write # append to the branch coverage-history, on the default branch only
      pull-requests: write # the comment
      statuses: write # the commit status
    steps:
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: an action with its inputs, or a command."""

    name: str
    uses: str = ""
    given: Sequence[tuple[str, str]] = ()
    run: str = ""
    place: str = ""

    def __str__(self) -> str:
        lines = [f"- name: {self.name}"]
        if self.place:
            lines.append(f"  working-directory: {self.place}")
        if self.run:
            lines.append("  run: |" if "\n" in self.run else f"  run: {self.run}")
            lines += [f"    {line}" for line in self.run.splitlines()] if "\n" in self.run else []
        else:
            lines.append(f"  uses: {_pinned(self.uses)}")
            lines += ["  with:", *(f"    {name}: {value}" for name, value in self.given)] if self.given else []
        return "".join(f"      {line}\n" for line in lines)


def github_workflow(tree: Tree, branch: str, suites: Sequence[str], action: str = "") -> str:
    """suites: of the policy; more than one run in a matrix. action: its address, `OWNER/NAME@COMMIT`."""
    action, branch = action or ACTION, _yaml(branch)
    measured = [_checkout(), *_languages(tree)]
    if len(suites) < 2:
        return HEAD.format(branch=branch) + GOVERN + RIGHTS + text_of([*measured, _covgov(action)])
    one = _covgov(action, ("mode", "run"), ("suites", "${{ matrix.suite }}"))
    unit = UNIT.replace("SUITES", ", ".join(map(_yaml, suites))) + text_of([*measured, one])
    last = GOVERN + AFTER_UNIT + RIGHTS + text_of([_checkout(), *_python(tree), _covgov(action, ("mode", "merge"))])
    return f"{HEAD.format(branch=branch)}{unit}\n{last}"


def text_of(steps: Sequence[Step]) -> str:
    """The steps of a job, with an empty line between them."""
    return "\n".join(str(step) for step in steps)


def _pinned(uses: str) -> str:
    commit, tag = PINS.get(uses, ("", ""))
    return f"{uses}@{commit} # {tag}" if commit else uses


def _checkout() -> Step:
    given = (("fetch-depth", "0"), ("persist-credentials", "false"))
    return Step("Check out with the whole past, in which the baseline lies", "actions/checkout", given)


def _covgov(action: str, *given: tuple[str, str]) -> Step:
    return Step("Judge all suites together" if ("mode", "merge") in given else "Measure and judge", action, given)


def _languages(tree: Tree) -> Iterator[Step]:
    """What the suites of each language need."""
    yield from _python(tree)
    for place in places(tree, "package.json"):
        given = [("node-version", '"lts/*"')]
        yield Step(_named("Set up Node.js", place), "actions/setup-node", given)
        yield Step(_named("Install the packages of npm", place), run=npm_install(tree, place), place=place)
    for place in places(tree, "go.mod"):
        given = [("go-version-file", posixpath.join(place, "go.mod")), ("cache", "false")]
        yield Step(_named("Set up Go", place), "actions/setup-go", given)
    if any(places(tree, name) for name in ("pom.xml", "build.gradle", "build.gradle.kts")):
        yield Step("Set up Java", "actions/setup-java", [("distribution", "temurin"), ("java-version", '"21"')])
    if tree.python:
        yield Step("Install what the tests need", run="\n".join(requirements(tree)))


def _python(tree: Tree) -> Iterator[Step]:
    if tree.python:
        yield Step("Set up Python", "actions/setup-python", [("python-version", '"3.x"')])


def requirements(tree: Tree) -> Sequence[str]:
    """The commands that install a Python project and what its tests need."""
    files = [path for path in tree.files if path.endswith(".txt") and "requirements" in path and "doc" not in path]
    steps = [f"python -m pip install -r {path}" for path in files[:3] if PLAIN.fullmatch(path)]
    if {"pyproject.toml", "setup.py", "setup.cfg"} & tree.known:
        steps.append("python -m pip install -e .")
    return (*steps, "python -m pip install pytest coverage")


def places(tree: Tree, name: str) -> list[str]:
    """The directories of projects: outermost files of this name, outside of what was installed."""
    found = sorted({posixpath.dirname(path) for path in tree.files if posixpath.basename(path) == name})
    kept = [place for place in found if PLAIN.fullmatch(place or "top") and "node_modules" not in place.split("/")]
    return [place for place in kept if not any(_within(place, other) for other in kept if other != place)]


def _within(place: str, other: str) -> bool:
    return not other or place.startswith(f"{other}/")


def npm_install(tree: Tree, place: str) -> str:
    """The commands that install the packages of this package.json."""
    return next((LOCKS[name] for name in LOCKS if posixpath.join(place, name) in tree.known), "npm install")


def _yaml(text: str) -> str:
    return text if PLAIN.fullmatch(text) and text.lower() not in WORDS else json.dumps(text)


def _named(name: str, place: str) -> str:
    return f"{name} for {place}" if place else name
