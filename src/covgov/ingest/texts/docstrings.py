"""Finds executed lines that are no statements in reports of `coverage json` before 7.17: docstrings."""

from __future__ import annotations

import ast
from dataclasses import replace

from covgov.model import lines
from covgov.model.snapshot import FileCoverage


def drop_docstrings(coverage: FileCoverage, surplus: int, source: str) -> FileCoverage | None:
    """`coverage` without its covered docstring lines, if these are exactly `surplus` lines.

    None when they are more or fewer, or when this interpreter cannot parse the source.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = _docstrings(tree) & coverage.covered
    if found.bit_count() != surplus:
        return None
    return replace(
        coverage,
        statements=coverage.statements & ~found,
        covered=coverage.covered & ~found,
        attributes=tuple((tag, bits & ~found) for tag, bits in coverage.attributes),
    )


def _docstrings(tree: ast.Module) -> int:
    bits = 0
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[first, *_])
                | ast.ClassDef(body=[first, *_])
                | ast.FunctionDef(body=[first, *_])
                | ast.AsyncFunctionDef(body=[first, *_])
            ):
                match first:
                    case ast.Expr(value=ast.Constant(value=str())):
                        bits |= lines.span(first.lineno, first.end_lineno or first.lineno)
    return bits
