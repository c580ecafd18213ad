"""Ways to give a test the marker `security` that `security_marker` would not see; the tests of `auth_service` use none.

There, who carries the marker must be readable from the module alone. So pytest and its marker go by their own names, a
test is decorated by nothing but pytest and hypothesis, it stands in the module as a `def`, and no fixture or hook marks
it. A plugin outside of that folder can still do so, and so can text that is executed: a rule that reads files one by
one does not see everything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_MARKING = frozenset({"add_marker", "applymarker", "own_markers", "iter_markers", "keywords"})
_COLLECTED = ("test", "Test")
_NO_TEST = ("fastapi.testclient", "TestClient")


def disguised(module: ast.Module) -> list[str]:
    """What in this module could mark a test unseen, or bring one in: `line: source` each, in order."""
    nodes = list(ast.walk(module))
    owners = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    plain = {alias.asname or alias.name for node, alias in _imported(nodes) if node.module == "hypothesis"} | {"pytest"}
    found: list[ast.stmt | ast.expr] = [node for node, alias in _imported(nodes) if _brings(node, alias)]
    for node in nodes:
        if isinstance(node, ast.stmt) and _defines(node, plain):
            found.append(node)
        if isinstance(node, ast.expr) and (_marks(node) or (_is_pytests(node) and id(node) not in owners)):
            found.append(node)
    return [f"{node.lineno}: {ast.unparse(node).splitlines()[0]}" for node in sorted(found, key=lambda one: one.lineno)]


def _imported(nodes: list[ast.AST]) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
    return ((node, alias) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)


def _brings(node: ast.ImportFrom, alias: ast.alias) -> bool:
    """Tests or marks of another module, everything of it, or parts of pytest under their own names."""
    name = alias.asname or alias.name
    if (node.module, name) == _NO_TEST:
        return False
    return node.module == "pytest" or name in {"*", "pytest", "pytestmark"} or name.startswith(_COLLECTED)


def _defines(node: ast.stmt, plain: set[str]) -> bool:
    match node:
        case ast.Import(names=names):
            return any(one.asname and one.name == "pytest" for one in names)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name.startswith(_COLLECTED) and not all(_root(one) in plain for one in node.decorator_list)
        case ast.ClassDef(name=name):
            from_elsewhere = bool(node.bases) or not all(_root(one) in plain for one in node.decorator_list)
            return name.startswith(_COLLECTED) and from_elsewhere
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
            return name.startswith(_COLLECTED) or (name == "pytestmark" and not _is_plain(value))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name.startswith(_COLLECTED) or (name == "pytestmark" and not _is_plain(value))
    return False


def _marks(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr=name):
            return name in _MARKING
        case ast.Call(keywords=words):
            return any(word.arg == "marks" and not _is_plain(word.value) for word in words)
    return False


def _is_pytests(node: ast.expr) -> bool:
    return ast.unparse(node) in {"pytest", "pytest.mark"}


def _is_plain(marks: ast.expr) -> bool:
    each = marks.elts if isinstance(marks, ast.List | ast.Tuple) else [marks]
    return all(_root(one) == "pytest" for one in each)


def _root(node: ast.expr) -> str:
    """The name with which `a`, `a.b` or `a.b(...)` begins; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner) | ast.Call(func=inner):
            return _root(inner)
    return ""
