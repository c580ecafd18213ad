"""No module of the package needs a module of the standard library that only some systems have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "covgov"
UNIX_ONLY = frozenset({"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog"})
WINDOWS_ONLY = frozenset({"msvcrt", "winreg", "winsound"})


def imported(source: str) -> Iterator[str]:
    """Top-level names of the modules that a file imports when it is imported itself."""
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes.extend(ast.iter_child_nodes(node))


def test_no_module_imports_what_only_one_system_has() -> None:
    found = {
        path.relative_to(SOURCE).as_posix(): names
        for path in SOURCE.rglob("*.py")
        if (names := (UNIX_ONLY | WINDOWS_ONLY) & set(imported(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize("source", ["import fcntl", "from pwd import getpwuid", "if True:\n    import os, termios"])
def test_an_import_at_import_time_is_found(source: str) -> None:
    assert UNIX_ONLY & set(imported(source))


def test_an_import_inside_a_function_is_not_one_at_import_time() -> None:
    assert set(imported("def lock():\n    import fcntl\n")) == set()
