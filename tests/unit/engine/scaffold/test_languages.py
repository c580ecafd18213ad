"""Projects of other languages."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from covgov.errors import InputError
from covgov.scaffold.compose import Wishes, policy_text
from covgov_testing.builders.policy import policy as parsed
from covgov_testing.trees import found


def package(**keys: object) -> str:
    return json.dumps(keys)


@pytest.mark.parametrize(
    ("files", "programs", "report"),
    [
        ({"package.json": package(devDependencies={"vitest": "1"})}, "", "coverage/vitest/lcov.info"),
        ({"package.json": package(devDependencies={"jest": "1"})}, "", "coverage/jest/lcov.info"),
        ({"package.json": package(scripts={"test": "nyc mocha"})}, "", "coverage/nyc/lcov.info"),
        ({"package.json": package(scripts={"test": "c8 mocha"})}, "", "coverage/c8/lcov.info"),
        ({"package.json": package(scripts={"test": "node --test"})}, "", "coverage/node.info"),
        ({"go.mod": "module x", "x.go": ""}, "gcov2lcov", "coverage/go.info"),
        ({"go.mod": "module x", "x.go": ""}, "gocover-cobertura", "coverage/go.xml"),
        ({"Cargo.toml": "", "src/lib.rs": ""}, "cargo-llvm-cov", "coverage/rust.lcov"),
    ],
)
def test_the_command_of_a_known_tool_is_written(files: Mapping[str, str], programs: str, report: str) -> None:
    detected = found({"src/a.js": "", "README.md": "", **files}, programs=frozenset({programs}))
    assert detected.suites[0].keys["reports"] == (report,)
    policy = parsed(policy_text(detected, Wishes(), None))
    assert policy.suites["tests"].reports == (report,)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"package.json": package(scripts={"test": "mocha"})}, "names none of"),
        ({"package.json": "{"}, "is not JSON"),
        ({"go.mod": "module x"}, "gcov2lcov"),
        ({"pom.xml": ""}, "JaCoCo"),
        ({"README.md": ""}, "no Python package"),
        ({}, "no file"),
    ],
)
def test_what_cannot_be_seen_is_one_error_that_says_what_to_write(files: Mapping[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        found(files)
    assert words in caught.value.message
    assert caught.value.hint


def test_a_python_script_makes_no_python_project() -> None:
    files = {"package.json": package(devDependencies={"jest": "1"}), "src/a.js": "", "build.py": "x = 1\n"}
    assert found(files).components[0].paths == ("src/**",)
    assert found({**files, "pyproject.toml": ""}).components[0].paths == ("build.py",)
