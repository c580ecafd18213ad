"""One suite for each Python project of a repository. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from covgov.scaffold.detection.packages import Package, projects
from covgov.scaffold.detection.pytest_settings import pytest_settings
from covgov.scaffold.detection.suites import (
    COMMAND,
    PYTEST,
    UNITTEST,
    Environment,
    RunnerChoice,
    TestSearch,
    runner,
    tests,
)
from covgov.scaffold.detection.tree import Tree, joined
from covgov.scaffold.policy_text import usable_names

SUITE = "tests"
"""Name of the suite of a repository with one project at its top."""


@dataclass(frozen=True, slots=True)
class ProjectSuite:
    """The tests of one project. place: its directory, "" for the top. Paths are the repository's."""

    name: str
    place: str
    runner: RunnerChoice
    tests: TestSearch

    @property
    def has_tests(self) -> bool:
        return self.tests.found or self.runner.kind == COMMAND

    @property
    def keys(self) -> dict[str, object]:
        """The keys of its table in covgov.toml."""
        if self.runner.kind == COMMAND:
            return {"command": self.runner.command}
        keys: dict[str, object] = {"runner": UNITTEST} if self.runner.kind == UNITTEST else {}
        path = ("-o", f"pythonpath={' '.join(self.runner.pythonpath)}") if self.runner.pythonpath else ()
        args = (*self.tests.args, *self.runner.args, *path)
        given = (("tests", self.tests.paths), ("args", args), ("python", self.runner.python))
        return keys | {name: value for name, value in given if value}


def project_suites(
    tree: Tree, found: Sequence[Package], environments: Sequence[Environment], programs: frozenset[str]
) -> tuple[ProjectSuite, ...]:
    """Of the projects that have tests; of the first where none has any."""
    places = projects(tree)
    every = tuple(
        _suite(tree, place, name, _packages_in(found, place), environments, programs)
        for place, name in zip(places, _names(places), strict=True)
    )
    return tuple(suite for suite in every if suite.has_tests) or every[:1]


def _suite(
    tree: Tree,
    place: str,
    name: str,
    found: Sequence[Package],
    environments: Sequence[Environment],
    programs: frozenset[str],
) -> ProjectSuite:
    inside = tree.inside(place)
    how = runner(inside, found, environments, programs)
    searched = tests(inside, pytest_settings(inside), how.kind)
    if place:
        how, searched = _from_top(tree, place, how), _tests_from_top(inside, place, searched)
    return ProjectSuite(name, place, how, searched)


def _from_top(tree: Tree, place: str, how: RunnerChoice) -> RunnerChoice:
    """The same run, started at the top: tests are named by their paths from there, and imports find what they would in
    `python -m pytest` of the project's directory."""
    if how.kind == COMMAND:
        return replace(how, command=("sh", "-c", f"cd {shlex.quote(place)} && {shlex.join(how.command)}"))
    if how.kind != PYTEST:
        return how
    start = "" if _has_settings(tree, place) else place
    roots = ("", *how.pythonpath) if not pytest_settings(tree.inside(place)).pythonpath else ()
    return replace(
        how, args=("--rootdir=.", *how.args), pythonpath=tuple(joined(start, root).rstrip("/") or "." for root in roots)
    )


def _has_settings(tree: Tree, place: str) -> bool:
    """Whether pytest takes the project's directory for that of its settings, where `pythonpath` starts."""
    inside = tree.inside(place)
    return bool(pytest_settings(inside).where) or ("pyproject.toml" in inside.known and not pytest_settings(tree).where)


def _tests_from_top(inside: Tree, place: str, searched: TestSearch) -> TestSearch:
    paths = searched.paths or pytest_settings(inside).testpaths or ("",)
    return replace(searched, paths=tuple(joined(place, path) if path else place for path in paths))


def _packages_in(found: Sequence[Package], place: str) -> tuple[Package, ...]:
    if not place:
        return tuple(found)
    start = f"{place}/"
    return tuple(
        replace(package, path=package.path.removeprefix(start)) for package in found if package.path.startswith(start)
    )


def _names(places: Sequence[str]) -> tuple[str, ...]:
    if len(places) == 1:
        return (SUITE,)
    return usable_names([(place.rpartition("/")[2], place) for place in places])
