"""The error codes that the code can raise, from every construction of an error class with a literal code."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from covgov import errors
from covgov_testing.act import CHECKOUT

SOURCE = CHECKOUT / "src" / "covgov"
CLASSES: Mapping[str, type[errors.CovgovError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.CovgovError) and kind is not errors.CovgovError
}
FACTORIES = {"register/table.py", "history/stores/git/store.py"}
"""Where an error is made from a code that was passed in: `damaged(code, ...)`, or another error reported again."""


def raised() -> dict[str, set[int]]:
    """Code -> exit codes."""
    found: dict[str, set[int]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for code, exit_code in _in_file(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8")):
            found.setdefault(code, set()).add(exit_code)
    return found


def _in_file(name: str, text: str) -> Iterator[tuple[str, int]]:
    more: Mapping[str, type[errors.CovgovError]] = {"damaged": errors.RegisterInvalid}
    kinds = {**CLASSES, **more} if name.startswith("register/") else CLASSES
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in kinds:
            continue
        first = node.args[0] if node.args else None
        if name in FACTORIES and not isinstance(first, ast.Constant):
            continue
        assert isinstance(first, ast.Constant), f"{name}:{node.lineno}: an error's code is a literal"
        yield str(first.value), kinds[node.func.id].exit_code
