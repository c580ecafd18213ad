from __future__ import annotations

import pytest

from covgov.model.source_files import is_test, measurable, only_named_test

TESTS = [
    ("a/b_test.go", "package a\n"),
    ("a/x.spec.tsx", "describe('x', () => {})\n"),
    ("a/x.test.js", "test.each`a`('x', () => {})\n"),
    ("a/x.test.mjs", "import {it} from 'node:test'\n"),
    ("a/x.cy.ts", "cy.visit('/')\n"),
    ("src/FooTest.java", "import org.junit.Test;\n"),
    ("src/FooTests.cs", "[Fact] public void A() {}\n"),
    ("src/FooSpec.scala", "class FooSpec extends Specification\n"),
    ("a/x_spec.rb", "RSpec.describe X do\n"),
    ("a/x_test.exs", "use ExUnit.Case\n"),
    ("a/x_test.cc", "TEST_F(A, B) {}\n"),
    ("a/x_test.dart", "void main() { group('x', () {}); }\n"),
    ("a/test_x.py", "import x\n\nasync def test_a(): ...\n"),
    ("a/x_test.py", "class XTest:\n"),
    ("a/conftest.py", "import pytest\n"),
    ("a/x.t", "use strict;\n"),
]
CODE = "export const x = /a/.test(y)\nx = 1\nlatest(1)\ncommit (2)\n"


@pytest.mark.parametrize(("path", "text"), TESTS)
def test_a_file_that_its_languages_runner_takes_is_a_test(path: str, text: str) -> None:
    assert is_test(path)
    assert not only_named_test(path, text.encode())


@pytest.mark.security
@pytest.mark.parametrize("path", [path for path, _ in TESTS if not path.endswith((".go", ".t"))])
def test_the_same_name_on_code_is_only_a_name(path: str) -> None:
    assert only_named_test(path, CODE.encode())


@pytest.mark.parametrize("path", ["tests/x.py", "src/__tests__/helpers.js", "a/test/test_data.py", "spec/x_spec.rb"])
def test_in_a_folder_of_tests_everything_is_one(path: str) -> None:
    assert is_test(path)
    assert not only_named_test(path, CODE.encode())


@pytest.mark.parametrize(
    "path", ["a/contest.go", "src/latest.py", "src/api/attest.ts", "src/Latest.java", "src/testing/core.py"]
)
def test_other_names_do_not(path: str) -> None:
    assert not is_test(path)
    assert not only_named_test(path, CODE.encode())


@pytest.mark.parametrize("path", ["a.d.ts", "a.min.js", "vite.config.ts", "a.stories.jsx", "a.pb.go", "a.md"])
def test_declarations_and_settings_are_not_measured(path: str) -> None:
    assert not measurable(path, {"ts", "js", "jsx", "go", "py"})
