"""Projects of other languages."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from covgov.errors import InputError
from covgov.scaffold.compose import Wishes, policy_text
from covgov_testing.builders.policy import policy as parsed
from covgov_testing.trees import A_TEST, found


def package(**keys: object) -> str:
    return json.dumps(keys)


POM = "<project>jacoco-maven-plugin</project>"
GRADLE = "plugins { id 'jacoco' }\njacocoTestReport { reports { xml.required = true } }\n"
CSPROJ = '<PackageReference Include="coverlet.collector" />'
JS, GO, JAVA, CS, RB = (
    {"src/a.js": ""},
    {"cart/a.go": ""},
    {"src/main/java/a/A.java": ""},
    {"App/A.cs": ""},
    {"lib/a.rb": ""},
)


@pytest.mark.parametrize(
    ("files", "programs", "command", "report", "paths"),
    [
        ({**JS, "package.json": package(devDependencies={"vitest": "1"})}, "", "npx", "vitest/lcov.info", "src/**"),
        ({**JS, "package.json": package(devDependencies={"jest": "1"})}, "", "npx", "jest/lcov.info", "src/**"),
        ({**JS, "package.json": package(scripts={"test": "nyc mocha"})}, "", "npx", "nyc/lcov.info", "src/**"),
        ({**JS, "package.json": package(scripts={"test": "c8 mocha"})}, "", "npx", "c8/lcov.info", "src/**"),
        ({**JS, "package.json": package(scripts={"test": "node --test"})}, "", "node", "node.info", "src/**"),
        ({**GO, "go.mod": "module x"}, "", "go", "go.out", "cart/**"),
        ({**GO, "go.mod": "module x"}, "gotestsum", "gotestsum", "go.out", "cart/**"),
        ({"Cargo.toml": "", "src/lib.rs": ""}, "cargo-llvm-cov", "cargo", "rust.lcov", "src/**"),
        ({**JAVA, "pom.xml": POM}, "", "mvn", "target/site/jacoco/jacoco.xml", "src/main/**"),
        ({**JAVA, "pom.xml": "<project/>", "mvnw": ""}, "", "./mvnw", "target/site/jacoco/jacoco.xml", "src/main/**"),
        (
            {**JAVA, "build.gradle": GRADLE},
            "",
            "gradle",
            "build/reports/jacoco/test/jacocoTestReport.xml",
            "src/main/**",
        ),
        ({**CS, "App/App.Tests.csproj": CSPROJ, "App.sln": ""}, "", "dotnet", "*/coverage.cobertura.xml", "App/**"),
        (
            {**RB, "Gemfile": "gem 'simplecov'", "spec/a_spec.rb": ""},
            "",
            "bundle",
            "coverage/.resultset.json",
            "lib/**",
        ),
    ],
)
def test_the_command_of_a_known_tool_is_written(
    files: Mapping[str, str], programs: str, command: str, report: str, paths: str
) -> None:
    detected = found({"README.md": "", **files}, programs=frozenset({programs}))
    policy = parsed(policy_text(detected, Wishes(), None))
    assert policy.suites["tests"].command[0] == command
    assert policy.suites["tests"].reports[0].endswith(report)
    assert policy.components["app"].paths == (paths,)


def test_modules_of_maven_are_one_suite_of_all_their_reports() -> None:
    files = {"pom.xml": f"<modules>{POM}", "a/pom.xml": POM, "a/src/main/java/A.java": ""}
    keys = found(files).suites[0].keys
    assert keys["reports"] == ("**/target/site/jacoco/jacoco.xml",)
    assert keys["junit"] == ("**/target/surefire-reports/TEST-*.xml",)
    assert len(found(files).suites) == 1


def test_maven_without_jacoco_is_called_with_it() -> None:
    assert "prepare-agent" in " ".join(parsed_command({**JAVA, "pom.xml": "<project/>"}))


def test_nyc_writes_nothing_beside_the_coverage_directory() -> None:
    command = parsed_command({**JS, "package.json": package(scripts={"test": "nyc mocha"})})
    assert {word for word in command if "-dir=" in word} == {"--report-dir=coverage/nyc", "--temp-dir=coverage/nyc/raw"}


def parsed_command(files: Mapping[str, str]) -> tuple[str, ...]:
    return parsed(policy_text(found(files), Wishes(), None)).suites["tests"].command


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"package.json": package(scripts={"test": "mocha"})}, "names none of"),
        ({"package.json": "{"}, "is not JSON"),
        ({"package.json": '{"a":' * 100_000}, "is not JSON"),
        ({"go.mod": "module x"}, "no source file"),
        ({"build.gradle": "", "src/main/java/A.java": ""}, "xml.required = true"),
        ({"Cargo.toml": "", "src/lib.rs": ""}, "cargo-llvm-cov is not installed"),
        ({"A.csproj": "", "A.cs": ""}, "coverlet.collector"),
        ({"Gemfile": "", "lib/a.rb": ""}, "simplecov"),
        ({"src/a.php": "", "src/b.php": ""}, "PHP: src/a.php and 1 more"),
        ({"README.md": ""}, "no Python package"),
        ({}, "no file"),
    ],
)
def test_what_cannot_be_seen_is_one_error_that_says_what_to_write(files: Mapping[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        found(files)
    assert words in caught.value.message
    assert caught.value.hint


POLYGLOT = {
    "web/package.json": package(devDependencies={"vitest": "1"}),
    "web/src/a.ts": "",
    "svc/go.mod": "module x/svc",
    "svc/cart/a.go": "",
    "backend/pom.xml": POM,
    "backend/src/main/java/a/A.java": "",
    "legacy/index.php": "",
}


def left_out(files: Mapping[str, str], programs: str = "") -> list[str]:
    decisions = found(files, programs=frozenset(programs.split())).decisions
    return [f"{one.value}: {one.why}" for one in decisions if one.about == "left out"]


def test_each_language_of_a_repository_has_its_suite_and_component() -> None:
    detected = found(POLYGLOT)
    policy = parsed(policy_text(detected, Wishes(), None))
    assert set(policy.suites) == set(policy.components) == {"web", "svc", "backend"}
    assert policy.suites["svc"].command == (
        "sh",
        "-c",
        "cd svc && mkdir -p ../coverage/svc && go test -coverprofile=../coverage/svc/go.out ./...",
    )
    assert policy.suites["svc"].reports == ("coverage/svc/go.out",)
    assert policy.suites["backend"].junit == ("backend/target/surefire-reports/TEST-*.xml",)
    assert {suite.root for suite in policy.suites.values()} == {"web", "svc", "backend"}
    assert policy.components["backend"].paths == ("backend/src/main/**",)
    assert left_out(POLYGLOT) == ["PHP: legacy/index.php; no test tool was found; add a suite: docs/languages.md"]


PYTHON = {"pyproject.toml": "", "app/__init__.py": "", "tests/test_a.py": A_TEST}


def test_coverlet_names_its_own_source_roots_so_no_root_is_written() -> None:
    keys = found({"net/App.sln": "", "net/App/A.cs": "", "net/T/T.csproj": CSPROJ}).suites[0].keys
    assert "root" not in keys
    assert keys["reports"] == ("coverage/net/dotnet/*/coverage.cobertura.xml",)


def test_beside_python_only_what_can_run_here_gets_a_suite_and_the_rest_is_named() -> None:
    files = {**PYTHON, **POLYGLOT, "web/node_modules/vitest/package.json": ""}
    detected = found(files, programs=frozenset({"npx", "go"}))
    assert [suite.name for suite in detected.suites] == ["tests", "svc", "web"]
    assert set(parsed(policy_text(detected, Wishes(), None)).components) == {"app", "svc", "web"}
    left = " | ".join(left_out(files, "npx go"))
    assert "Java in backend: JaCoCo in pom.xml, but mvn is not installed" in left
    assert "PHP: legacy/index.php" in left


@pytest.mark.parametrize(
    ("programs", "why"), [("", "npx is not installed"), ("npx", "vitest is not installed in node_modules")]
)
def test_a_frontend_that_cannot_be_tested_here_is_left_out_with_the_reason(programs: str, why: str) -> None:
    files = {**PYTHON, "web/package.json": POLYGLOT["web/package.json"], "web/src/a.ts": ""}
    assert [suite.name for suite in found(files).suites] == ["tests"]
    assert why in left_out(files, programs)[0]


def test_a_workspace_s_packages_have_suites_where_its_top_names_no_tool() -> None:
    files = {
        "package.json": "{}",
        "packages/web/package.json": POLYGLOT["web/package.json"],
        "packages/web/src/a.ts": "",
    }
    assert [suite.name for suite in found(files).suites] == ["tests"]
    assert left_out(files) == []


def test_a_name_that_python_has_is_not_taken_again() -> None:
    files = {**PYTHON, "app/go.mod": "module x", "app/cart/a.go": ""}
    assert [suite.name for suite in found(files, programs=frozenset({"go"})).suites] == ["tests", "app-tests"]


def test_modules_of_go_inside_a_module_are_suites_of_their_own() -> None:
    files = {"go.mod": "module x", "cart/a.go": "", "pay/go.mod": "module x/pay", "pay/b.go": ""}
    policy = parsed(policy_text(found(files), Wishes(), None))
    assert policy.components["go"].paths == ("cart/**",)
    assert policy.components["pay"].paths == ("pay/*.go",)


def test_a_python_script_makes_no_python_project() -> None:
    files = {"package.json": package(devDependencies={"jest": "1"}), "src/a.js": "", "build.py": "x = 1\n"}
    assert found(files).components[0].paths == ("src/**",)
    assert found({**files, "pyproject.toml": ""}).components[0].paths == ("build.py",)
