"""Which tests a Python project has, and what runs them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from covgov.scaffold.packages import TEST_FILE, Package
from covgov.scaffold.pytest_settings import PytestSettings, pytest_settings
from covgov.scaffold.tree import NOT_SOURCE, TEST_DIRECTORIES, Tree

PYTEST, UNITTEST, COMMAND = "pytest", "unittest", "command"

A_TEST = re.compile(r"^\s*(?:async\s+)?def test|^\s*class \w*Test|TestCase|doctest|load_tests", re.MULTILINE)
SIGNS_OF_PYTEST = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py", "Makefile", "Pipfile")

MOST_SINGLE_FILES = 8
"""Test files that are listed one by one at most; more are their directories."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One interpreter that could run the tests. python: what the policy says, "" for the one that is active.

    modules: which of `coverage`, `pytest`, `pytest_cov` and the project's packages it can import.
    """

    python: str
    shown: str
    modules: frozenset[str]


@dataclass(frozen=True, slots=True)
class TestSearch:
    """paths: for pytest or unittest."""

    paths: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class RunnerChoice:
    """How the tests are run. kind: pytest, unittest or command."""

    kind: str
    why: str
    python: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def tests(tree: Tree, settings: PytestSettings) -> TestSearch:
    """pytest's `testpaths`, else every directory of tests and every other test file."""
    known = [
        path
        for path in settings.testpaths
        if any(f == path or f.startswith(f"{path.rstrip('/')}/") for f in tree.files)
    ]
    if known:
        return TestSearch(tuple(path.rstrip("/") for path in known), f"testpaths in {settings.where}")
    every = [path for path in tree.python if _is_test(tree, path, settings.patterns)]
    usual = [path for path in every if not _aside(path)]
    chosen = usual or every
    places = tuple(dict.fromkeys(_place(path) for path in chosen))
    singles = [place for place in places if place.endswith(".py")]
    if len(singles) > MOST_SINGLE_FILES:
        places = tuple(
            dict.fromkeys(place.rpartition("/")[0] or "." if place in singles else place for place in places)
        )
    return TestSearch(_outermost(places), "where test files are" if places else "no test file was found")


def _is_test(tree: Tree, path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    named = any(fnmatch(name, pattern) for pattern in patterns) or TEST_FILE.match(path)
    in_directory = any(part.casefold() in TEST_DIRECTORIES[:2] for part in path.split("/")[:-1])
    return bool(
        (named or (in_directory and name not in ("__init__.py", "conftest.py"))) and A_TEST.search(tree.text(path))
    )


def _aside(path: str) -> bool:
    """Whether a test file is of the examples, documents and such."""
    top = path.split("/")[0].casefold()
    return "/" in path and top in NOT_SOURCE and top not in (*TEST_DIRECTORIES, "integration")


def _place(path: str) -> str:
    """The outermost directory of tests around a file, else the file itself."""
    parts = path.split("/")
    depth = next((index for index, part in enumerate(parts[:-1]) if part.casefold() in TEST_DIRECTORIES), None)
    return path if depth is None else "/".join(parts[: depth + 1])


def _outermost(places: Iterable[str]) -> tuple[str, ...]:
    every = sorted(set(places))
    if "." in every:
        return (".",)
    return tuple(place for place in every if not any(place.startswith(f"{other}/") for other in every))


def needs_pytest(tree: Tree, search: TestSearch, settings: PytestSettings) -> bool:
    """Whether something in the project speaks of pytest, or a test is not of unittest."""
    requirements = [path for path in tree.files if path.endswith(".txt") and "requirements" in path]
    if settings.where or any("pytest" in tree.text(path) for path in (*SIGNS_OF_PYTEST, *requirements)):
        return True
    if not search.paths:
        return False
    files = [
        path for path in tree.python if any(path == p or p == "." or path.startswith(f"{p}/") for p in search.paths)
    ]
    every = [tree.text(path) for path in files if TEST_FILE.match(path)]
    return any("pytest" in text for text in every) or not any(
        "unittest" in text or "TestCase" in text for text in every
    )


def runner(
    tree: Tree,
    search: TestSearch,
    found: Sequence[Package],
    environments: Sequence[Environment],
    programs: frozenset[str],
) -> RunnerChoice:
    """The first environment that has everything, else a tool that makes one, else the active one and what it lacks."""
    settings = pytest_settings(tree)
    kind = PYTEST if needs_pytest(tree, search, settings) else UNITTEST
    needed = ("coverage", "pytest") if kind == PYTEST else ("coverage",)
    names = {package.name for package in found}
    complete = [one for one in environments if set(needed) <= one.modules]
    best = min(complete, key=lambda one: len(names - one.modules), default=None)
    if best is None and (command := _tool(tree, programs)) is not None:
        return command
    chosen = best or next(iter(environments), Environment("", "the active interpreter", frozenset()))
    missing = tuple(name for name in needed if name not in chosen.modules)
    why = f"in {chosen.shown}" + (f", which lacks {' and '.join(missing)}" if missing else "")
    return RunnerChoice(kind, why, chosen.python, args=_args(settings) if kind == PYTEST else (), missing=missing)


def _args(settings: PytestSettings) -> tuple[str, ...]:
    """pytest-cov would measure a second time, and judge by a bar of its own."""
    return ("--no-cov",) if any(word.startswith("--cov") for word in settings.addopts) else ()


def _tool(tree: Tree, programs: frozenset[str]) -> RunnerChoice | None:
    """The command of a tool that makes the tests' environment, if it is installed and set up here."""
    session = re.search(r"def (tests?|pytest|unit_tests?)\(", tree.text("noxfile.py"))
    make = re.search(r"^(test|check|tests):", tree.text("Makefile"), re.MULTILINE)
    candidates = (
        ("uv", "uv.lock" in tree.known, "uv run --with coverage --with pytest pytest"),
        ("poetry", "poetry.lock" in tree.known, "poetry run pytest"),
        ("hatch", "[tool.hatch.envs" in tree.text("pyproject.toml"), "hatch test"),
        ("tox", "tox.ini" in tree.known or "[tox" in tree.text("setup.cfg"), "tox -e py"),
        ("nox", session is not None, f"nox -s {session[1] if session else ''}"),
        ("make", make is not None, f"make {make[1] if make else ''}"),
    )
    for program, is_set_up, command in candidates:
        if is_set_up and program in programs:
            return RunnerChoice(
                COMMAND,
                f"no environment here has pytest and coverage; {program} makes one",
                command=tuple(command.split()),
            )
    return None
