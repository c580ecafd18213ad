"""Which tests a Python project has, and what runs them. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from covgov.scaffold.detection.packages import TEST_FILE, Package
from covgov.scaffold.detection.pytest_settings import PytestSettings, pytest_settings
from covgov.scaffold.detection.tree import TEST_DIRECTORIES, Tree, joined, outermost

PYTEST, UNITTEST, COMMAND = "pytest", "unittest", "command"

A_TEST = re.compile(r"^\s*(?:async\s+)?def test|^\s*class \w*Test|TestCase|doctest|load_tests", re.MULTILINE)
OF_PYTEST = re.compile(r"^\s*(?:import|from) _?pytest\b|^(?:async )?def test", re.MULTILINE)

PYTEST_FILES, UNITTEST_FILES = ("test_*.py", "*_test.py"), ("test*.py",)
"""What either takes for a test file."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One interpreter that could run the tests. python: what the policy says, "" for the one that is active.

    modules: which of `coverage`, `pytest` and `pytest_cov` it can import, and which of the project's packages it
    imports from the checkout.
    """

    python: str
    shown: str
    modules: frozenset[str]


@dataclass(frozen=True, slots=True)
class TestSearch:
    """paths: for pytest or unittest, () for what they find by themselves. found: whether there is any test.

    args: what pytest needs in order to find them.
    """

    paths: tuple[str, ...]
    found: bool
    why: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunnerChoice:
    """How the tests are run. kind: pytest, unittest or command. pythonpath: pytest's setting of that name."""

    kind: str
    why: str
    python: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()


def tests(tree: Tree, settings: PytestSettings, kind: str) -> TestSearch:
    """The directories of tests where every test is below one; () where pytest finds more by itself.

    found is False when there is no test at all.
    """
    if kind != PYTEST:
        return _places(settings, kind, _test_files(tree, UNITTEST_FILES), tree)
    files = _test_files(tree, settings.patterns or PYTEST_FILES)
    if files or settings.patterns or not (others := _test_files(tree, UNITTEST_FILES)):
        return _places(settings, kind, files, tree)
    return replace(_places(settings, kind, others, tree), args=("-o", f"python_files={' '.join(UNITTEST_FILES)}"))


def _test_files(tree: Tree, patterns: Sequence[str]) -> list[str]:
    return [path for path in tree.python if _is_test(tree, path, patterns)]


def _places(settings: PytestSettings, kind: str, files: Sequence[str], tree: Tree) -> TestSearch:
    places = outermost(map(_place, files))
    single = [place for place in places if place.endswith(".py")]
    doctests = any("doctest" in word for word in settings.addopts)
    if settings.testpaths and files:
        return TestSearch((), True, f"{', '.join(settings.testpaths)}: testpaths in {settings.where}")
    if doctests or (kind == PYTEST and single):
        return TestSearch(
            (), True, "as pytest finds them: doctests" if doctests else f"as pytest finds them: {single[0]}"
        )
    if single:
        roots = outermost(_import_root(tree, place) if place in single else place for place in places)
        return TestSearch(() if "" in roots else roots, True, f"as unittest finds them: {single[0]}")
    return TestSearch(places, bool(places), "every test file is there" if places else "no test was found")


def _import_root(tree: Tree, file: str) -> str:
    """The directory that unittest has to start from: the outermost package of the file is in it."""
    parts = file.split("/")[:-1]
    while parts and joined("/".join(parts), "__init__.py") in tree.known:
        parts.pop()
    return "/".join(parts)


def _is_test(tree: Tree, path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatch(name, pattern) for pattern in patterns) and A_TEST.search(tree.text(path)) is not None


def _place(path: str) -> str:
    """The outermost directory of tests around a file, else the file itself."""
    parts = path.split("/")
    depth = next((index for index, part in enumerate(parts[:-1]) if part.casefold() in TEST_DIRECTORIES), None)
    return path if depth is None else "/".join(parts[: depth + 1])


def are_unittests(tree: Tree) -> bool:
    """Whether unittest can run every test: cases of its own, and no pytest in them."""
    files = [path for path in tree.python if TEST_FILE.match(path) or path.endswith("conftest.py")]
    every = [text for path in files if A_TEST.search(text := tree.text(path))]
    return bool(every) and not any(OF_PYTEST.search(text) or "TestCase" not in text for text in every)


def runner(
    tree: Tree, found: Sequence[Package], environments: Sequence[Environment], programs: frozenset[str]
) -> RunnerChoice:
    """The first environment that has everything, else a tool that makes one, else the active one and what it lacks.

    unittest runs the tests only where pytest is not installed and not needed.
    """
    settings = pytest_settings(tree)
    names = {package.name for package in found}
    if "manage.py" in tree.known and not settings.where:
        python = next((one.python for one in environments if names <= one.modules), "") or "python"
        return RunnerChoice(COMMAND, "manage.py: a project of Django", command=(python, "manage.py", "test"))
    kinds = [(PYTEST, {"coverage", "pytest"})]
    if are_unittests(tree):
        kinds.append((UNITTEST, {"coverage"}))
    for kind, needed in kinds:
        complete = [one for one in environments if needed <= one.modules]
        best = min(complete, key=lambda one: len(names - one.modules), default=None)
        if best is not None:
            return _in(best, f"in {best.shown}", kind, settings, found)
    if (command := _tool(tree, programs)) is not None:
        return command
    kind, needed = kinds[-1]
    first = next(iter(environments), Environment("", "the active interpreter", frozenset()))
    missing = " and ".join(sorted(needed - first.modules))
    why = f"in {first.shown}, which lacks {missing}: run `{first.shown} -m pip install {missing.replace(' and ', ' ')}`"
    return _in(first, why, kind, settings, found)


def _in(
    environment: Environment, why: str, kind: str, settings: PytestSettings, found: Sequence[Package]
) -> RunnerChoice:
    """The run in an environment. pytest gets the directories of packages that are not installed from this checkout,
    unless it is told where they are."""
    if kind != PYTEST:
        return RunnerChoice(kind, why, environment.python)
    roots = {package.root for package in found if package.root and package.name not in environment.modules}
    pythonpath = () if settings.pythonpath else tuple(sorted(roots))
    return RunnerChoice(kind, why, environment.python, args=_args(settings, environment), pythonpath=pythonpath)


def _args(settings: PytestSettings, environment: Environment) -> tuple[str, ...]:
    """Without pytest-cov, which would measure a second time and judge by a bar of its own."""
    words = list(settings.addopts)
    measured = [word for word in words if word.startswith("--cov")]
    if measured and "pytest_cov" not in environment.modules:
        return ("-o", f"addopts={shlex.join(word for word in words if word not in measured)}")
    return ("--no-cov",) if measured else ()


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
