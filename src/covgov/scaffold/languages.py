"""Projects of other languages: the command that writes a report covgov reads, where its tool can be seen. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from covgov.errors import InputError
from covgov.scaffold.tree import NOT_SOURCE, Tree, table


@dataclass(frozen=True, slots=True)
class ForeignSuite:
    """A suite of any language. paths: globs of its sources."""

    language: str
    command: tuple[str, ...]
    reports: tuple[str, ...]
    paths: tuple[str, ...]
    why: str


EXAMPLE = """\
write covgov.toml yourself, with a command that writes LCOV or Cobertura, for example:

[policy]
fail_under = 80

[suites.tests]
command = {command}
reports = ["{report}"]

[components.app]
paths = {paths}
suite = "tests"
"""

SUFFIXES = {
    "JavaScript": (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".vue", ".svelte"),
    "Go": (".go",),
    "Java": (".java", ".kt"),
    "Rust": (".rs",),
}


def foreign_suite(tree: Tree, programs: frozenset[str]) -> ForeignSuite:
    """The suite of a project without Python. Raises InputError (`init-unknown`): what to write where none is known."""
    if "package.json" in tree.known:
        return _javascript(tree)
    if "go.mod" in tree.known:
        return _go(tree, programs)
    if "Cargo.toml" in tree.known and "cargo-llvm-cov" in programs:
        command = ("cargo", "llvm-cov", "--lcov", "--output-path=coverage/rust.lcov")
        return ForeignSuite(
            "Rust", command, ("coverage/rust.lcov",), _paths(tree, "Rust"), "cargo-llvm-cov is installed"
        )
    if {"pom.xml", "build.gradle", "build.gradle.kts"} & tree.known:
        build = "mvn" if "pom.xml" in tree.known else "gradle"
        what = f"a Java project ({build}): covgov reads LCOV and Cobertura, and JaCoCo writes neither"
        raise _unknown(
            what, '["sh", "-c", "mvn verify && cover2cover ..."]', "coverage/java.xml", '["src/main/java/**"]'
        )
    raise _unknown("no Python package, package.json, go.mod or Cargo.toml was found here")


def _javascript(tree: Tree) -> ForeignSuite:
    try:
        package = table(json.loads(tree.text("package.json")))
    except ValueError as error:
        raise InputError("init-unknown", f"package.json: is not JSON: {error}", hint="mend it first") from None
    tools = {*table(package, "devDependencies"), *table(package, "dependencies")}
    script = str(table(package, "scripts").get("test") or "")
    paths = _paths(tree, "JavaScript")
    for name, command, report in _javascript_tools():
        if name in tools or name in script.split() or (name == "node" and "node --test" in script):
            return ForeignSuite("JavaScript", tuple(command.split()), (report,), paths, f"{name} in package.json")
    what = "package.json names none of vitest, jest, nyc, c8 and `node --test`"
    raise _unknown(what, '["npx", "c8", "--reporter=lcovonly", "npm", "test"]', "coverage/lcov.info", '["src/**"]')


def _javascript_tools() -> Iterator[tuple[str, str, str]]:
    """Each writes below a directory of its own: some of them empty theirs first."""
    yield (
        "vitest",
        "npx vitest run --coverage.enabled --coverage.reporter=lcovonly --coverage.reportsDirectory=coverage/vitest"
        " --reporter=default --reporter=junit --outputFile.junit={junit}",
        "coverage/vitest/lcov.info",
    )
    jest = "npx jest --coverage --coverageReporters=lcovonly --coverageDirectory=coverage/jest"
    yield "jest", jest, "coverage/jest/lcov.info"
    yield "nyc", "npx nyc --reporter=lcovonly --report-dir=coverage/nyc npm test", "coverage/nyc/lcov.info"
    yield "c8", "npx c8 --reporter=lcovonly --reports-dir=coverage/c8 npm test", "coverage/c8/lcov.info"
    yield (
        "node",
        "node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination=coverage/node.info"
        " --test-reporter=junit --test-reporter-destination={junit}",
        "coverage/node.info",
    )


def _go(tree: Tree, programs: frozenset[str]) -> ForeignSuite:
    profile = "go test -coverprofile=coverage/go.out ./..."
    converters = {
        "gocover-cobertura": ("gocover-cobertura < coverage/go.out > coverage/go.xml", "coverage/go.xml"),
        "gcov2lcov": ("gcov2lcov -infile=coverage/go.out -outfile=coverage/go.info", "coverage/go.info"),
    }
    for program, (convert, report) in converters.items():
        if program in programs:
            command = ("sh", "-c", f"{profile} && {convert}")
            return ForeignSuite("Go", command, (report,), _paths(tree, "Go"), f"{program} is installed")
    what = (
        "a Go project: covgov reads LCOV and Cobertura; install gcov2lcov or gocover-cobertura and repeat `covgov init`"
    )
    shell = f'["sh", "-c", "{profile} && {converters["gcov2lcov"][0]}"]'
    raise _unknown(what, shell, "coverage/go.info", '["**/*.go"]')


def _paths(tree: Tree, language: str) -> tuple[str, ...]:
    """Directories with sources, and the suffixes of those at the top."""
    sources = [path for path in tree.files if path.endswith(SUFFIXES[language]) and not path.startswith(".")]
    if any(path.startswith("src/") for path in sources):
        return ("src/**",)
    tops = sorted({path.split("/")[0] for path in sources if "/" in path})
    directories = [f"{top}/**" for top in tops if top.casefold() not in NOT_SOURCE and top != "__tests__"]
    suffixes = sorted({path[path.rindex(".") :] for path in sources if "/" not in path and ".config." not in path})
    return (*directories, *(f"*{suffix}" for suffix in suffixes))


def _unknown(
    what: str, command: str = '["make", "test-coverage"]', report: str = "coverage/lcov.info", paths: str = '["src/**"]'
) -> InputError:
    return InputError("init-unknown", what, hint=EXAMPLE.format(command=command, report=report, paths=paths))
