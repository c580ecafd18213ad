"""The test tools of each language: the command that writes a report covgov reads, where the tool can be seen. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from covgov.scaffold.detection.tree import Tree, table

C8 = "npx c8 --reporter=lcovonly npm test"
JACOCO = "org.jacoco:jacoco-maven-plugin:0.8.13"


@dataclass(frozen=True, slots=True)
class Place:
    """A project's directory. tree: its files. out: where its reports go, from there. programs: what can be called."""

    tree: Tree
    out: str
    programs: frozenset[str]


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """command: run in the project's directory, where the paths start, too. needs: the program and the file of a package
    that have to be installed. why: what shows that the tool is used. rooted: whether relative paths in its report
    start from that directory."""

    command: str
    reports: tuple[str, ...]
    why: str
    junit: tuple[str, ...] = ()
    needs: tuple[str, str] = ("", "")
    rooted: bool = True


@dataclass(frozen=True, slots=True)
class UnknownTool:
    """command, report: what one would write."""

    why: str
    command: str
    report: str


def javascript(place: Place) -> ToolChoice | UnknownTool:
    """vitest, Jest, nyc, c8, or Node's own."""
    try:
        package = table(json.loads(place.tree.text("package.json")))
    except (ValueError, RecursionError) as error:
        return UnknownTool(f"package.json: is not JSON: {error}", C8, "coverage/lcov.info")
    tools = {*table(package, "devDependencies"), *table(package, "dependencies")}
    script = str(table(package, "scripts").get("test") or "")
    out = place.out
    commands = {
        "vitest": "npx vitest run --coverage.enabled --coverage.reporter=lcovonly"
        f" --coverage.reportsDirectory={out}/vitest --reporter=default --reporter=junit --outputFile.junit={{junit}}",
        "jest": f"npx jest --coverage --coverageReporters=lcovonly --coverageDirectory={out}/jest",
        "nyc": f"npx nyc --reporter=lcovonly --report-dir={out}/nyc --temp-dir={out}/nyc/raw npm test",
        "c8": f"npx c8 --reporter=lcovonly --reports-dir={out}/c8 npm test",
    }  # each writes below a directory of its own: some of them empty theirs first
    for name, command in commands.items():
        if name in tools or name in script.split():
            needs = "npx", f"node_modules/{name}/package.json"
            return ToolChoice(command, (f"{out}/{name}/lcov.info",), f"{name} in package.json", needs=needs)
    if "node --test" in script:
        command = (
            f"node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination={out}/node.info"
            " --test-reporter=junit --test-reporter-destination={junit}"
        )
        return ToolChoice(command, (f"{out}/node.info",), "node in package.json", needs=("node", ""))
    why = "package.json names none of vitest, jest, nyc, c8 and `node --test`"
    return UnknownTool(why, C8, "coverage/lcov.info")


def go(place: Place) -> ToolChoice | UnknownTool:
    """The coverprofile of `go test`, with JUnit where gotestsum is installed."""
    report = f"{place.out}/go.out"
    if "gotestsum" in place.programs:
        command = f"gotestsum --junitfile={{junit}} -- -coverprofile={report} ./..."
        return ToolChoice(command, (report,), "go.mod; gotestsum is installed")
    return ToolChoice(f"go test -coverprofile={report} ./...", (report,), "go.mod", needs=("go", ""))


def rust(place: Place) -> ToolChoice | UnknownTool:
    """cargo-llvm-cov."""
    report = f"{place.out}/rust.lcov"
    command = f"cargo llvm-cov --lcov --output-path={report}"
    if "cargo-llvm-cov" in place.programs:
        return ToolChoice(command, (report,), "cargo-llvm-cov is installed")
    return UnknownTool("cargo-llvm-cov is not installed (`cargo install cargo-llvm-cov`)", command, report)


def maven(place: Place) -> ToolChoice | UnknownTool:
    """JaCoCo's plug-in, named on the command line where the project does not set it up."""
    pom, program = place.tree.text("pom.xml"), _wrapper(place.tree, "mvnw", "mvn")
    where = "**/" if "<modules>" in pom else ""
    report, junit = f"{where}target/site/jacoco/jacoco.xml", (f"{where}target/surefire-reports/TEST-*.xml",)
    needs = program, ""
    if "jacoco-maven-plugin" in pom:
        return ToolChoice(f"{program} --batch-mode verify", (report,), "JaCoCo in pom.xml", junit, needs)
    command = f"{program} --batch-mode {JACOCO}:prepare-agent verify {JACOCO}:report"
    return ToolChoice(command, (report,), "pom.xml; JaCoCo is not in it, so the command names it", junit, needs)


def gradle(place: Place) -> ToolChoice | UnknownTool:
    """JaCoCo's plug-in, which writes XML only where the build file asks for it."""
    builds = [path for path in place.tree.files if path.rpartition("/")[2] in GRADLE]
    text = "\n".join(map(place.tree.text, builds))
    program, where = _wrapper(place.tree, "gradlew", "gradle"), "**/" if len(builds) > 1 else ""
    command = f"{program} test jacocoTestReport"
    report, junit = f"{where}build/reports/jacoco/test/jacocoTestReport.xml", (f"{where}build/test-results/test/*.xml",)
    if "jacoco" in text and re.search(r"xml\b.*(?:required|enabled).*true|xml\.required", text):
        return ToolChoice(command, (report,), "JaCoCo in the build file", junit, (program, ""))
    why = "add the plug-in `jacoco` and `jacocoTestReport { reports { xml.required = true } }` to the build file"
    return UnknownTool(why, command, report)


def dotnet(place: Place) -> ToolChoice | UnknownTool:
    """Coverlet's collector, which new test projects have."""
    projects = [place.tree.text(path) for path in place.tree.files if path.endswith((".csproj", ".fsproj"))]
    out = f"{place.out}/dotnet"
    command = f'dotnet test --collect "XPlat Code Coverage" --results-directory {out}'
    report = f"{out}/*/coverage.cobertura.xml"
    if any("coverlet.collector" in text for text in projects):
        return ToolChoice(
            command, (report,), "coverlet.collector in a project file", needs=("dotnet", ""), rooted=False
        )
    return UnknownTool("no project file names coverlet.collector", command, report)


def ruby(place: Place) -> ToolChoice | UnknownTool:
    """SimpleCov, below RSpec or Rake."""
    gems, report = place.tree.text("Gemfile"), "coverage/.resultset.json"
    junit = " --format progress --format RspecJunitFormatter --out {junit}" if "rspec_junit_formatter" in gems else ""
    has_specs = any(path.startswith("spec/") for path in place.tree.files)
    command = f"bundle exec rspec{junit}" if has_specs else "bundle exec rake test"
    if "simplecov" in gems:
        return ToolChoice(command, (report,), "simplecov in Gemfile", needs=("bundle", ""))
    return UnknownTool("Gemfile does not name simplecov", command, report)


GRADLE = ("build.gradle", "build.gradle.kts")


def _wrapper(tree: Tree, wrapper: str, program: str) -> str:
    return f"./{wrapper}" if wrapper in tree.known else program


def missing(choice: ToolChoice, place: Place) -> str:
    """ "" if the tool is installed here, else what is missing."""
    program, package = choice.needs
    if program and not program.startswith("./") and program not in place.programs:
        return f"{program} is not installed"
    if package and place.tree.read(package) is None:
        return f"{package.split('/')[1]} is not installed in node_modules"
    return ""


def shown(values: Mapping[str, str | Sequence[str]]) -> str:
    """Keys of a suite on one line."""
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
