"""Whether a test refuses: what a test of `auth_service` must assert to carry the marker `security`.

Only lines that such tests reach count for the bar of `auth` (covgov.toml), so the marker is earned, not given. What
counts stands here and nowhere else:

- `with pytest.raises` of one of REFUSALS (those of EVERYWHERE, which anything may raise, with a `match=` that is not
  empty), or a call of a helper of the same module whose body holds that;
- `assert` that a helper of the same module which catches REFUSALS gave a text: one that is at least partly written out,
  or `== expected != ""` ("" is: nothing was refused);
- `assert not` one of DECISIONS;
- `assert` that one of LOOKUPS gave nothing: None, {}, [], set(), Scope(), NOWHERE;
- `assert` that what is called STATUS_NAMES is one of STATUSES.

None counts where it may not run: in an `if`, `while`, `match` or a `try` that catches, in a function or a class
inside the test, as one arm of `x if ... else y`, in a comprehension to the right of the comparison.

A static rule cannot see everything. It does not know whether a loop has a turn, what a helper of that name really does,
whether what is refused is what the test is about, or which lines ran before the refusal. It keeps the marker from being
given by mistake or in passing; whether a refusal is the one that matters is for whoever reviews the test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REFUSALS = frozenset(
    {
        "ClaimFault",
        "IntegrityError",
        "IssuerUnavailable",
        "UnguardedRoute",
        "PlacementRefusal",
        "TypeError",
        "AuthenticationRefusal",
        "UsageError",
        "ValueError",
    }
)
EVERYWHERE = frozenset({"TypeError", "ValueError"})
# Functions are called by their bare name, methods are not: `trail.read()` is none of a token's text.
DECISIONS = frozenset({"first", "is_public", "may", "ref_matches", ".active", ".of_branch"})
LOOKUPS = frozenset({"chosen", "opened", "read", "usable_keys", "visible", ".key"})
STATUS_NAMES = frozenset({"status", "status_code", "asked"})
STATUSES = frozenset({401, 403, 404, 409, 503})

_NOTHING = frozenset({"None", "{}", "[]", "set()", "Scope()", "NOWHERE"})
_TEST = "test"  # pytest's own prefix: it collects `testing_x` as well


@dataclass(frozen=True, slots=True)
class Helpers:
    """Functions of a test module: those that demand a refusal, and those that tell what was refused."""

    demanding: frozenset[str]
    telling: frozenset[str]


def unearned(module: ast.Module) -> list[str]:
    """The tests of a module that carry the marker `security` and assert no refusal."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    plain = [one for one in functions if not one.name.startswith(_TEST)]
    helpers = Helpers(
        frozenset(one.name for one in plain if any(map(_raises, _certain(one.body)))),
        frozenset(one.name for one in plain if any(map(_catches, ast.walk(one)))),
    )
    everyone = any(_may_mark_all(node) for node in module.body)
    tests = [one for one in functions if one.name.startswith(_TEST) and (everyone or _is_marked(one))]
    return [one.name for one in tests if not refuses(one, helpers)]


def refuses(test: ast.FunctionDef | ast.AsyncFunctionDef, helpers: Helpers) -> bool:
    """Whether the body of the test has one of the forms, where it runs whenever the test passes."""
    found = list(_certain(test.body))
    if any(_raises(node) or _called(node) in helpers.demanding for node in found):
        return True
    return any(_denies(node.test, helpers) for node in found if isinstance(node, ast.Assert))


def _certain(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """What stands in these nodes, without what a condition or a definition keeps from running."""
    for node in nodes:
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                pass
            case ast.Try(handlers=[_, *_]) | ast.TryStar() | ast.Match():
                pass
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                yield from _certain([test])
            case _:
                yield from _certain(ast.iter_child_nodes(node))


def _denies(claim: ast.expr, helpers: Helpers) -> bool:
    match claim:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _called(operand) in DECISIONS
        case ast.Compare(left=left, ops=[ast.Eq(), ast.NotEq()], comparators=[_, ast.Constant(value="")]):
            return _tells(left, helpers)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            return _compared(left, right, helpers)
        case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[ast.Constant(value="")]):
            return _called(left) in helpers.telling
        case ast.Call(func=ast.Attribute(value=told, attr="startswith"), args=[begin]):
            return _called(told) in helpers.telling and _is_text(begin)
    return False


def _compared(left: ast.expr, right: ast.expr, helpers: Helpers) -> bool:
    if _tells(left, helpers) and any(_is_text(leaf) for leaf in _leaves(right)):
        return True
    if _called(left) in LOOKUPS and ast.unparse(right) in _NOTHING:
        return True
    if _is_lookup_of_nobody(left) and ast.unparse(right) in _NOTHING:
        return True
    return any(map(_names_a_status, ast.walk(left))) and any(map(_is_status, _stated(right)))


def _tells(left: ast.expr, helpers: Helpers) -> bool:
    return any(_called(node) in helpers.telling for node in ast.walk(left))


def _is_lookup_of_nobody(left: ast.expr) -> bool:
    """`....authenticate(...).repositories`: whom it recognises reaches nothing."""
    match left:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="authenticate")), attr="repositories"):
            return True
    return False


def _names_a_status(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Attribute(attr=name):
            return name in STATUS_NAMES
    return False


def _stated(right: ast.expr) -> Iterator[ast.expr]:
    """The values of a literal: itself, or its elements."""
    match right:
        case ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.List(elts=elements):
            yield from elements
        case _:
            yield right


def _is_status(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in STATUSES


def _leaves(shown: ast.expr) -> Iterator[ast.expr]:
    for leaf in shown.elts if isinstance(shown, ast.Tuple) else [shown]:
        yield leaf.left if isinstance(leaf, ast.BinOp) else leaf


def _is_text(leaf: ast.expr) -> bool:
    """Whether it is a text that is written out, at least in part, so that it cannot be empty."""
    match leaf:
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.JoinedStr(values=parts):
            return any(map(_is_text, parts))
        case ast.Tuple(elts=choices):
            return all(map(_is_text, choices))
    return False


def _called(node: ast.AST) -> str:
    """The name that a call calls, after a dot when it is one of something; empty when the node is no call."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name
        case ast.Call(func=ast.Attribute(attr=name)):
            return f".{name}"
    return ""


def _raises(node: ast.AST) -> bool:
    if not isinstance(node, ast.withitem):
        return False
    match node.context_expr:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pytest"), attr="raises"), args=[ast.Name(id=name)]):
            given = [word.value for word in node.context_expr.keywords if word.arg == "match"]
            return name in REFUSALS - EVERYWHERE or (name in EVERYWHERE and any(map(_is_text, given)))
    return False


def _catches(node: ast.AST) -> bool:
    return isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id in REFUSALS


def _is_marked(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(mark) == "pytest.mark.security" for one in test.decorator_list for mark in ast.walk(one))


def _may_mark_all(node: ast.stmt) -> bool:
    """A `pytestmark`, a class, another name for the marker: whoever uses these answers for every test of the module."""
    return not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "pytest.mark.security" in ast.unparse(node)
