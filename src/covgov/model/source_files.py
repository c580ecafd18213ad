"""Which files are source code, by their names alone: what a coverage report could be asked for."""

from __future__ import annotations

import re
from collections.abc import Collection

SOURCE_SUFFIXES = frozenset(
    (
        *("py", "pyx", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "coffee"),
        *("java", "kt", "scala", "groovy", "clj", "cljs", "cs", "fs", "vb", "go", "rs", "swift", "m", "mm", "d", "zig"),
        *("c", "cc", "cpp", "cxx", "rb", "php", "pl", "pm", "lua", "ex", "erl", "hs", "ml", "jl", "dart", "r", "nim"),
    )
)
"""Endings of files that some coverage tool measures. Headers are not among them: most hold nothing that runs."""

_NEVER_MEASURED = re.compile(r".*\.(?:d\.[cm]?ts|min\.js|(?:config|stories)\.[cm]?[jt]sx?|pb\.go)")
"""Endings of declarations, settings and generated code."""

_TESTS = {
    r"conftest\.py": r"pytest|fixture|hypothesis|sys\.path|collect_ignore",
    r"(?:test_.*|.*_test)\.py": (r"^\s*(?:async\s+)?def test|^\s*class \w*Test|TestCase|doctest|load_tests|pytest"),
    r".*\.(?:test|spec|cy)\.[cm]?[jt]sx?": (
        r"(?<![.\w])(?:describe|it|test|suite|bench|fixture|Deno\.test|QUnit)(?:\.\w+)*\s*[(`<]|\bcy\.|"
        r"[\"'](?:node:test|bun:test|vitest|@jest/globals|@playwright/test|ava|tape)[\"']"
    ),
    r".*_test\.go": "",
    r".*_test\.(?:c|cc|cpp)": (
        r"\b(?:TEST\w*|BOOST_\w+|SCENARIO)\s*\(|gtest|catch2|cmocka|unity\.h|check\.h|\bmain\s*\("
    ),
    r".*_test\.(?:exs?|dart)": r"ExUnit|Case\b|^\s*test\b|(?<![.\w])(?:test\w*|group)\s*\(",
    r".*(?:Tests?|Spec|IT)\.(?:java|kt|scala|groovy|cs|swift|php)": (
        r"(?i:junit|testng|kotest|spock|scalatest|munit|xunit|mstest|xctest|phpunit|testcase|specification)|"
        r"@\w*Test\b|\[(?:Test|Fact|Theory)|(?<![.\w])test\s*\("
    ),
    r".*_(?:spec|test)\.(?:rb|lua)": (
        r"(?:^|\s|RSpec\.)(?:describe|context|it|test)\b|(?i:minitest|test::unit|testcase|luaunit)"
    ),
    r".*\.t": "",
}
"""Name -> what such a file holds if it is a test, by its language's runners. Go and Perl run these for tests alone."""

_HOLDS_TESTS = tuple((re.compile(name), re.compile(text.encode(), re.MULTILINE)) for name, text in _TESTS.items())

_TEST_FOLDERS = frozenset({"tests", "test", "__tests__", "spec", "__mocks__"})
"""Not `testing`: many packages ship one, for the tests of others."""


def suffix(path: str) -> str:
    """What follows the last dot of the file's name."""
    return path.rpartition("/")[2].rpartition(".")[2]


def measurable(path: str, kinds: Collection[str]) -> bool:
    """Whether a report could know the file: its kind is one of these, and it is no declaration or setting."""
    return suffix(path) in kinds and _NEVER_MEASURED.fullmatch(path) is None


def is_test(path: str) -> bool:
    """Whether the name of the file or of a folder around it calls it a test."""
    return _in_test_folder(path) or _named_test(path) is not None


def only_named_test(path: str, text: bytes) -> bool:
    """Whether a file beside the code is called a test and holds none."""
    holds = _named_test(path)
    return holds is not None and not _in_test_folder(path) and holds.search(text) is None


def _in_test_folder(path: str) -> bool:
    return not _TEST_FOLDERS.isdisjoint(path.split("/")[:-1])


def _named_test(path: str) -> re.Pattern[bytes] | None:
    """What a file of this name holds if it is a test."""
    name = path.rpartition("/")[2]
    return next((holds for pattern, holds in _HOLDS_TESTS if pattern.fullmatch(name)), None)
