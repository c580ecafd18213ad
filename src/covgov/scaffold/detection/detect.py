"""What a repository is made of, each with the reason why it was taken for that. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from covgov.errors import InputError
from covgov.policy.policy import REGISTER
from covgov.register.table import BEGIN
from covgov.scaffold.coverage_source import has_source
from covgov.scaffold.detection.bars import ExistingBar, existing_bar
from covgov.scaffold.detection.languages import ForeignSuite, Omission, foreign_suites, unknown
from covgov.scaffold.detection.packages import Package, inner_tests, packages, paths_without
from covgov.scaffold.detection.project_suites import SUITE, ProjectSuite, project_suites
from covgov.scaffold.detection.pytest_settings import pytest_settings
from covgov.scaffold.detection.suites import Environment
from covgov.scaffold.detection.tree import Tree, texts
from covgov.scaffold.migration.readers import imported
from covgov.scaffold.migration.setting import ImportedSetting
from covgov.scaffold.policy_text import ComponentText, SuiteText, usable_names
from covgov.tamper.coverage_settings import CoverageSettings, load_settings

PYTHON_MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "tox.ini"})
FOREIGN_MARKS = frozenset(
    {"package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile"}
)
"""Files at the top that say of which language a project is."""

REGISTERS = (REGISTER, "COVERAGE-EXCEPTIONS.md", ".covgov/exceptions.md")


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of what `covgov init` prints."""

    about: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Detection:
    """settings: coverage.py's, as it reads them. source, omit: what to set there, () for nothing. python: whether
    coverage.py measures.
    """

    suites: tuple[SuiteText, ...]
    components: tuple[ComponentText, ...]
    register: str
    settings: CoverageSettings = field(default_factory=CoverageSettings)
    source: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    bar: ExistingBar | None = None
    imported: tuple[ImportedSetting, ...] = ()
    has_tests: bool = True
    python: bool = True
    decisions: tuple[Decision, ...] = ()

    def bar_or(self, wanted: Decimal | None, default: Decimal) -> tuple[Decimal, str]:
        """The bar, and where it comes from."""
        if wanted is not None:
            return wanted, "--fail-under"
        return (self.bar.percent, self.bar.where) if self.bar is not None else (default, "the usual start")

    def gate(self, key: str) -> ImportedSetting | None:
        """The first setting of another tool that becomes this key of `[policy]`."""
        return next((one for one in self.imported if one.key == key), None)


def detect(tree: Tree, environments: Sequence[Environment], programs: frozenset[str]) -> Detection:
    """environments: interpreters, the best first. programs: names of programs that can be called.

    Raises InputError: `init-unknown` when there is nothing that covgov could measure.
    """
    found = packages(tree)
    if not found.packages or (tree.known & FOREIGN_MARKS and not tree.known & PYTHON_MARKS):
        return _foreign(tree, programs)
    options = pytest_settings(tree)
    suites = project_suites(tree, found.packages, environments, programs)
    settings = load_settings(tree.read)
    inner = tuple(path for package in found.packages for path in inner_tests(tree, package))
    sourced = has_source(settings)
    source = () if sourced else tuple(_source(package) for package in found.packages)
    others_say = imported(tree)
    bar = existing_bar(tree, options, settings.where, settings.fail_under, others_say)
    components = _components(tree, found.packages, inner if not sourced else _omitted(settings, inner), suites)
    others, left = foreign_suites(tree, programs, beside=True)
    names = _other_names(others, {*(suite.name for suite in suites), *(one.name for one in components)})
    return Detection(
        suites=(*(SuiteText(suite.name, suite.keys) for suite in suites), *_other_suites(names, others)),
        components=(*components, *_other_components(names, others)),
        register=_register(tree),
        settings=settings,
        source=source,
        omit=() if sourced else tuple(map(_pattern, inner)),
        bar=bar,
        imported=others_say,
        has_tests=any(suite.has_tests for suite in suites),
        decisions=(
            Decision("packages", ", ".join(package.path for package in found.packages), found.why),
            *(decision for suite in suites for decision in _about_suite(suite)),
            _about_source(settings, source),
            *_about_others(others, left),
            *_about_bar(bar),
            *_about_imported(others_say, bar),
        ),
    )


def _pattern(directory: str) -> str:
    return f"{directory}/*"


def _omitted(settings: CoverageSettings, directories: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for path in directories if _pattern(path) in settings.omit)


def _source(package: Package) -> str:
    return package.name if package.is_module else package.path


def _about_suite(suite: ProjectSuite) -> tuple[Decision, Decision]:
    where = f" of {suite.place}" if suite.place else ""
    paths = ", ".join(suite.tests.paths) or (f"found by {suite.runner.kind}" if suite.tests.found else "none")
    return (
        Decision(f"tests{where}", paths, suite.tests.why),
        Decision(f"runner{where}", " ".join(suite.runner.command) or suite.runner.kind, suite.runner.why),
    )


def _components(
    tree: Tree, found: Sequence[Package], inner: Sequence[str], suites: Sequence[ProjectSuite]
) -> list[ComponentText]:
    return [
        ComponentText(name, globs, _suite_of(package, suites))
        for name, package in zip(usable_names([(one.name, one.path) for one in found]), found, strict=True)
        if (globs := (package.path,) if package.is_module else paths_without(tree, package.path, inner))
    ]


def _suite_of(package: Package, suites: Sequence[ProjectSuite]) -> str:
    """That of its project; the first one where its project has no tests."""
    return next((suite.name for suite in suites if package.path.startswith(f"{suite.place}/")), suites[0].name)


def _register(tree: Tree) -> str:
    """The first path that no file of the project's own has."""
    free = (path for path in REGISTERS if tree.read(path) is None or BEGIN in tree.text(path))
    return next(free, REGISTERS[-1])


def _about_source(settings: CoverageSettings, source: Sequence[str]) -> Decision:
    where = settings.where or ".coveragerc"
    if source:
        return Decision("source", ", ".join(source), f"set in {where}: nothing says what to measure")
    given = settings.source or settings.source_pkgs or settings.source_dirs or settings.include
    return Decision("source", ", ".join(given), f"set in {where} already")


def _about_bar(bar: ExistingBar | None) -> tuple[Decision, ...]:
    return (Decision("wanted", f"{bar.percent:f} %", bar.where),) if bar is not None else ()


def _about_imported(settings: Sequence[ImportedSetting], bar: ExistingBar | None) -> Iterator[Decision]:
    """What becomes of each; the bar, and what it counts, has a line of its own."""
    taken = {} if bar is None else {"fail_under": bar.where}
    for one in settings:
        source = f"{one.what} in {one.where}"
        if not one.key:
            yield Decision(f"not taken from {one.where}", one.what, one.why)
        elif one.key != "metric" and taken.setdefault(one.key, source) != source:
            yield Decision(f"not taken from {one.where}", one.what, f"decided by {taken[one.key]}")
        elif isinstance(one.value, Decimal) and one.key != "fail_under":
            yield Decision(one.key, f"{one.value:f}", source)


def _foreign(tree: Tree, programs: frozenset[str]) -> Detection:
    if not tree.files:
        raise InputError(
            "init-unknown",
            "there is no file here",
            hint="add your code and its tests first, or change to the directory of your project",
        )
    suites, left = foreign_suites(tree, programs, beside=False)
    if not suites:
        raise unknown(left, tree)
    names = _other_names(suites, set()) if len(suites) > 1 else ("app",)
    others_say = imported(tree)
    bar = existing_bar(tree, pytest_settings(tree), "", "", others_say)
    return Detection(
        suites=_other_suites(names if len(suites) > 1 else (SUITE,), suites),
        components=_other_components(names, suites, SUITE if len(suites) == 1 else ""),
        register=_register(tree),
        bar=bar,
        imported=others_say,
        python=False,
        decisions=(*_about_others(suites, left), *_about_bar(bar), *_about_imported(others_say, bar)),
    )


def _other_names(suites: Sequence[ForeignSuite], taken: set[str]) -> tuple[str, ...]:
    """Of the directory, else of the language."""
    wanted = [
        (one.place.rpartition("/")[2] or one.language.casefold().replace("#", "sharp"), one.place) for one in suites
    ]
    return tuple(f"{name}-{SUITE}" if name in taken else name for name in usable_names(wanted))


def _other_suites(names: Sequence[str], suites: Sequence[ForeignSuite]) -> tuple[SuiteText, ...]:
    return tuple(SuiteText(name, one.keys) for name, one in zip(names, suites, strict=True))


def _other_components(
    names: Sequence[str], suites: Sequence[ForeignSuite], suite: str = ""
) -> tuple[ComponentText, ...]:
    return tuple(ComponentText(name, one.paths, suite or name) for name, one in zip(names, suites, strict=True))


def _about_others(suites: Sequence[ForeignSuite], left: Sequence[Omission]) -> Iterator[Decision]:
    for one in suites:
        where = f" of {one.place}" if one.place else ""
        command, reports = one.keys["command"], one.keys["reports"]
        yield Decision(f"language{where}", one.language, one.why)
        yield Decision(f"command{where}", " ".join(texts(command)), f"writes {', '.join(texts(reports))}")
    for other in left:
        yield Decision("left out", other.shown, f"{other.why}; add a suite: docs/languages.md")
