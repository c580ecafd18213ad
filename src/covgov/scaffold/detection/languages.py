"""Projects of other languages than Python: one suite and one component for each, or why there is none. Pure."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from covgov.errors import InputError
from covgov.scaffold.detection import tool_choice
from covgov.scaffold.detection.tool_choice import Place, ToolChoice, UnknownTool
from covgov.scaffold.detection.tree import NOT_SOURCE, Tree, joined


@dataclass(frozen=True, slots=True)
class ForeignSuite:
    """place: the project's directory, "" for the top. keys: of its table in covgov.toml. paths: globs of sources."""

    language: str
    place: str
    keys: Mapping[str, object]
    paths: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Omission:
    """A language that is in the repository and gets no suite. command, report: what one would write for it."""

    language: str
    place: str
    why: str
    command: str = "make test-coverage"
    report: str = "coverage/lcov.info"

    @property
    def shown(self) -> str:
        return f"{self.language} in {self.place}" if self.place else self.language


EXAMPLE = """\
write covgov.toml yourself, with a command that writes a report covgov reads (see docs/languages.md), for example:

[policy]
fail_under = 80

[suites.tests]
command = ["sh", "-c", {command}]
reports = ["{report}"]

[components.app]
paths = ["src/**"]
suite = "tests"
"""

SUFFIXES = {
    "JavaScript": (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".vue", ".svelte"),
    "Go": (".go",),
    "Java": (".java", ".kt", ".scala", ".groovy"),
    "Rust": (".rs",),
    "C#": (".cs", ".fs"),
    "Ruby": (".rb",),
    "PHP": (".php",),
    "C or C++": (".c", ".cc", ".cpp", ".cxx"),
    "Swift": (".swift",),
    "Elixir": (".ex",),
    "Dart": (".dart",),
}

Chooser = Callable[[Place], ToolChoice | UnknownTool]
MARKS: Mapping[str, tuple[str, Chooser]] = {
    "package.json": ("JavaScript", tool_choice.javascript),
    "go.mod": ("Go", tool_choice.go),
    "Cargo.toml": ("Rust", tool_choice.rust),
    "pom.xml": ("Java", tool_choice.maven),
    **dict.fromkeys(tool_choice.GRADLE, ("Java", tool_choice.gradle)),
    "*.sln": ("C#", tool_choice.dotnet),
    "*.csproj": ("C#", tool_choice.dotnet),
    "Gemfile": ("Ruby", tool_choice.ruby),
}
"""File that makes a directory a project -> its language, and who finds its tool."""


def foreign_suites(tree: Tree, programs: frozenset[str], *, beside: bool) -> tuple[list[ForeignSuite], list[Omission]]:
    """Suites, and every language that has none.

    beside: Python's suites are there already, and stay usable: what cannot run on this machine is left out.
    """
    found = [_suite(tree, place, mark, programs, beside=beside) for place, mark in _projects(tree)]
    suites = [one for one in found if isinstance(one, ForeignSuite)]
    suites = [one for one in suites if one.language == "Go" or not any(_is_inside(one, other) for other in suites)]
    alone = [*(one for one in found if isinstance(one, Omission)), *_sources_alone(tree)]
    known = {one.language for one in suites}
    # a workspace's own package.json names no tool, and a package below it does
    left = {one.language: one for one in reversed(alone) if one.language not in known}
    return suites, list(reversed(left.values()))


def _is_inside(one: ForeignSuite, other: ForeignSuite) -> bool:
    start = f"{other.place}/" if other.place else ""
    return one.language == other.language and one.place != other.place and one.place.startswith(start)


def unknown(left: list[Omission], tree: Tree) -> InputError:
    """`init-unknown`: nothing can be measured, and what to write."""
    first = left[0] if left else None
    command, report = (first.command, first.report) if first else ("make test-coverage", "coverage/lcov.info")
    what = "; ".join(f"{one.shown}: {one.why}" for one in left)
    return InputError(
        "init-unknown",
        what or "no Python package, and no project of a language whose test tool is known, was found here",
        hint=EXAMPLE.format(command=tool_choice.shown({"x": command}).removeprefix("x = "), report=report),
    )


def _suite(tree: Tree, directory: str, mark: str, programs: frozenset[str], *, beside: bool) -> ForeignSuite | Omission:
    language, chooser = MARKS[mark]
    up = "../" * (directory.count("/") + 1) if directory else ""
    own = f"/{directory.replace('/', '-')}" if directory else ""
    place = Place(tree.inside(directory), f"{up}coverage{own}", programs)
    choice = chooser(place)
    if isinstance(choice, UnknownTool):
        return Omission(language, directory, choice.why, choice.command, choice.report)
    paths = _paths(place.tree, language, directory)
    lack = (tool_choice.missing(choice, place) if beside else "") or ("" if paths else "there is no source file")
    if lack:
        return Omission(language, directory, f"{choice.why}, but {lack}", choice.command, choice.reports[0])
    keys: dict[str, object] = {
        "command": _command(choice, directory, place.out),
        "reports": tuple(posixpath.normpath(joined(directory, report)) for report in choice.reports),
    }
    if choice.junit:
        keys["junit"] = tuple(joined(directory, path) for path in choice.junit)
    if directory and choice.rooted:
        keys["root"] = directory
    return ForeignSuite(language, directory, keys, paths, choice.why)


def _command(choice: ToolChoice, directory: str, out: str) -> tuple[str, ...]:
    """Without a shell where it needs none."""
    if not directory:
        return tuple(shlex.split(choice.command))
    made = f"mkdir -p {out} && " if out in choice.command else ""
    return "sh", "-c", f"cd {shlex.quote(directory)} && {made}{choice.command}"


def _projects(tree: Tree) -> Iterator[tuple[str, str]]:
    """(directory, mark) of every project, the top first; the first mark of a language in a directory counts."""
    taken: set[tuple[str, str]] = set()
    for path in sorted(tree.files, key=lambda path: (path.count("/"), path)):
        place, _, name = path.rpartition("/")
        mark = name if name in MARKS else f"*{posixpath.splitext(name)[1]}"
        if mark in MARKS and not _is_aside(place) and (place, MARKS[mark][0]) not in taken:
            taken.add((place, MARKS[mark][0]))
            yield place, mark


def _is_aside(place: str) -> bool:
    return any(part.casefold() in NOT_SOURCE or part.startswith(".") for part in place.split("/") if part)


def _sources_alone(tree: Tree) -> Iterator[Omission]:
    """Languages with sources, in whatever project."""
    for language, suffixes in SUFFIXES.items():
        files = [path for path in tree.files if path.endswith(suffixes) and not _is_aside(posixpath.dirname(path))]
        files = [path for path in files if ".config." not in path]
        if files:
            more = f" and {len(files) - 1} more" if len(files) > 1 else ""
            yield Omission(language, "", f"{files[0]}{more}; no test tool was found")


def _paths(tree: Tree, language: str, place: str) -> tuple[str, ...]:
    """Directories with sources, and the suffixes of those at the top."""
    inner = tuple(f"{one}/" for one, mark in _projects(tree) if one and MARKS[mark][0] == language == "Go")
    sources = [path for path in tree.files if path.endswith(SUFFIXES[language]) and not path.startswith((".", *inner))]
    if any(path.startswith("src/") for path in sources):
        return (joined(place, "src/main/**" if any(path.startswith("src/main/") for path in sources) else "src/**"),)
    tops = sorted({path.split("/")[0] for path in sources if "/" in path})
    directories = [f"{top}/**" for top in tops if top.casefold() not in NOT_SOURCE and top not in ("__tests__", "spec")]
    suffixes = sorted({path[path.rindex(".") :] for path in sources if "/" not in path and ".config." not in path})
    return tuple(joined(place, glob) for glob in (*directories, *(f"*{suffix}" for suffix in suffixes)))
