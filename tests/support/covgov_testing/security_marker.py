"""Whether a test refuses: what a test of `auth_service` must assert to carry the marker `security`.

Only lines that such tests reach count for the bar of `auth` (covgov.toml), so the marker is earned, not given. What
counts stands here and nowhere else:

- `pytest.raises` of one of REFUSALS, or a call of a helper of the same module whose body holds that;
- `assert` that a helper of the same module which catches REFUSALS gave a text (not "", which is: nothing was refused);
- `assert not` one of DECISIONS;
- `assert` that one of LOOKUPS gave nothing: None, {}, [], set(), Scope(), NOWHERE;
- `assert` with a status of STATUSES to the right of its comparison.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

REFUSALS = frozenset(
    {
        "ClaimFault",
        "IntegrityError",
        "IssuerUnavailable",
        "Misdeclared",
        "Misplaced",
        "TypeError",
        "Unauthenticated",
        "UsageError",
        "ValueError",
    }
)
DECISIONS = frozenset({"active", "first", "is_public", "may", "of_branch", "ref_matches"})
LOOKUPS = frozenset({"authenticate", "chosen", "key", "opened", "read", "usable_keys", "visible"})
STATUSES = frozenset({401, 403, 404, 409, 503})

_NOTHING = frozenset({"None", "{}", "[]", "set()", "Scope()", "NOWHERE"})


@dataclass(frozen=True, slots=True)
class Helpers:
    """Functions of a test module: those that demand a refusal, and those that tell what was refused."""

    demanding: frozenset[str]
    telling: frozenset[str]


def unearned(module: ast.Module) -> list[str]:
    """The tests of a module that carry the marker `security` and assert no refusal."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    plain = [one for one in functions if not one.name.startswith("test_")]
    helpers = Helpers(
        frozenset(one.name for one in plain if any(map(_raises, ast.walk(one)))),
        frozenset(one.name for one in plain if any(map(_catches, ast.walk(one)))),
    )
    everyone = any(_may_mark_all(node) for node in module.body)
    tests = [one for one in functions if one.name.startswith("test_") and (everyone or _is_marked(one))]
    return [one.name for one in tests if not refuses(one, helpers)]


def refuses(test: ast.FunctionDef | ast.AsyncFunctionDef, helpers: Helpers) -> bool:
    """Whether the body of the test has one of the forms."""
    found = [node for statement in test.body for node in ast.walk(statement)]
    if any(_raises(node) or _called(node) in helpers.demanding for node in found):
        return True
    return any(_denies(node.test, helpers) for node in found if isinstance(node, ast.Assert))


def _denies(claim: ast.expr, helpers: Helpers) -> bool:
    match claim:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _called(operand) in DECISIONS
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            return _compared(left, right, helpers)
        case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[ast.Constant(value="")]):
            return _called(left) in helpers.telling
        case ast.Call(func=ast.Attribute(value=told, attr="startswith")):
            return _called(told) in helpers.telling
    return False


def _compared(left: ast.expr, right: ast.expr, helpers: Helpers) -> bool:
    calls = {_called(node) for node in ast.walk(left)}
    if calls & helpers.telling and any(_is_text(leaf) for leaf in _leaves(right)):
        return True
    if calls & LOOKUPS and ast.unparse(right) in _NOTHING:
        return True
    return any(isinstance(node, ast.Constant) and node.value in STATUSES for node in ast.walk(right))


def _leaves(shown: ast.expr) -> Iterator[ast.expr]:
    for leaf in shown.elts if isinstance(shown, ast.Tuple) else [shown]:
        yield leaf.left if isinstance(leaf, ast.BinOp) else leaf


def _is_text(leaf: ast.expr) -> bool:
    return isinstance(leaf, ast.JoinedStr | ast.Name) or (isinstance(leaf, ast.Constant) and bool(leaf.value))


def _called(node: ast.AST) -> str:
    """The name that a call calls, without what stands before its last dot; empty when it is none."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def _raises(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pytest"), attr="raises"), args=[ast.Name(id=name), *_]):
            return name in REFUSALS
    return False


def _catches(node: ast.AST) -> bool:
    return isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id in REFUSALS


def _is_marked(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(mark) == "pytest.mark.security" for one in test.decorator_list for mark in ast.walk(one))


def _may_mark_all(node: ast.stmt) -> bool:
    """A `pytestmark`, a class, another name for the marker: whoever uses these answers for every test of the module."""
    return not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "pytest.mark.security" in ast.unparse(node)
