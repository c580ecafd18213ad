"""docs/errors.md lists every error code that the code can raise, with its exit code, and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from covgov import errors

CHECKOUT = Path(__file__).resolve().parents[2]
CLASSES = {
    name: kind.exit_code
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.CovgovError) and kind is not errors.CovgovError
}
FACTORIES = {"register/table.py", "history/stores/git/store.py"}
"""Where an error is made from a code that was passed in: `damaged(code, ...)`, or another error told anew."""
ROW = re.compile(r"^\| `(?P<code>[a-z0-9-]+)` \| (?P<exit>\d+) \| (?P<when>.+) \|$", re.MULTILINE)


def raised() -> dict[str, set[int]]:
    """Code -> exit codes, from every construction of an error class with a literal code."""
    found: dict[str, set[int]] = {}
    source = CHECKOUT / "src" / "covgov"
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        in_register = name.startswith("register/")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            exits = {**CLASSES, "damaged": errors.RegisterInvalid.exit_code} if in_register else CLASSES
            if node.func.id not in exits:
                continue
            first = node.args[0] if node.args else None
            if name in FACTORIES and not isinstance(first, ast.Constant):
                continue
            assert isinstance(first, ast.Constant), f"{name}:{node.lineno}: an error's code is a literal"
            found.setdefault(str(first.value), set()).add(exits[node.func.id])
    return found


def documented() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row in ROW.finditer((CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")):
        found.setdefault(row["code"], set()).add(int(row["exit"]))
    return found


def test_every_error_code_is_documented_with_its_exit_code_and_no_other_is() -> None:
    assert documented() == raised()


def test_codes_are_kebab_case_and_stand_in_order() -> None:
    rows = [row["code"] for row in ROW.finditer((CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8"))]
    assert rows == sorted(rows)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in rows)
