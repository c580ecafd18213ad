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

_TEST_NAMES = re.compile(
    r"(?:test_.*|.*_test|conftest)\.py|.*\.(?:test|spec|cy)\.[cm]?[jt]sx?|.*_test\.(?:go|c|cc|cpp|exs?|dart)"
    r"|.*(?:Tests?|Spec|IT)\.(?:java|kt|scala|groovy|cs|swift|php)|.*_(?:spec|test)\.(?:rb|lua)|.*\.t"
)
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
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or _TEST_NAMES.fullmatch(name) is not None
