"""Exclusion as tampering: settings that measure less than before, and comments that take lines out of the count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covgov.model import lines
from covgov.policy.coverage_settings import CoverageSettings as CoverageSettings
from covgov.policy.coverage_settings import load_settings as load_settings
from covgov.policy.facts import Loosening

DEFAULT = CoverageSettings()

KNOWN_PRAGMAS = re.compile(
    r"\#\s*pragma[:\s]?\s*no\s*(?:cover|branch)"  # coverage.py
    r"|\b(?:istanbul|c8|v8)\s+ignore\b"
    r"|\b(?:LCOV|GCOV|GCOVR)_EXCL_(?:LINE|START|BR_LINE|BR_START|FUNCTION|THROW)"
    r"|@code[C]overageIgnore|:no[c]ov:|\[Exclude[F]romCodeCoverage|coverage\(off\)|coverage:[i]gnore",
    re.IGNORECASE,
)
"""Comments and attributes by which the usual tools are told not to count; none matches its own line here."""


def widened(base: CoverageSettings, head: CoverageSettings) -> tuple[Loosening, ...]:
    """Every change of settings that is not provably narrower in what it leaves out. Sorted by key."""
    found = (
        *_added(base.omit, head.omit, "omit", head),
        *_added(base.exclude, head.exclude, "exclude_lines", head),
        *_added(base.partial, head.partial, "partial_branches", head),
        *_confined(base.include, head.include, "include", head, unset_is_all=True),
        *_confined(base.source, head.source, "source", head, unset_is_all=False),
        *_branches(base, head),
    )
    return tuple(sorted(found, key=lambda one: (one.key, one.message)))


def pragmas(text: str, settings: CoverageSettings) -> int:
    """Lines (bitmap) of a source text on which coverage.py's exclusions take effect or a known pragma stands."""
    found = 0
    for pattern in (KNOWN_PRAGMAS, *_compiled(settings)):
        for match in pattern.finditer(text):
            found |= _span(text, match)
    return found


def new_pragmas(path: str, head_text: str, changed_bits: int, settings: CoverageSettings = DEFAULT) -> Loosening | None:
    """Exclusion pragmas on changed lines of one file; None when there are none.

    Only comments that exclude by themselves: a line like `if TYPE_CHECKING:` is excluded by settings that were there.
    Settings that recognise a marker of their own (`exclude_lines = # notest`) make that marker a pragma.
    """
    found = 0
    for pattern in (KNOWN_PRAGMAS, *(p for p in _compiled(settings) if p.pattern.lstrip("^").lstrip().startswith("#"))):
        for match in pattern.finditer(head_text):
            found |= _span(head_text, match)
    found &= changed_bits
    if not found:
        return None
    return Loosening(path, f"new exclusion pragma on line {lines.spell(found)}")


def _added(base: tuple[str, ...], head: tuple[str, ...], name: str, settings: CoverageSettings) -> Iterator[Loosening]:
    """For lists that leave out: whatever is new."""
    for entry in dict.fromkeys(head):
        if entry not in base:
            yield Loosening(_key(settings, name), f"{name} leaves out more: {entry}")


def _confined(
    base: tuple[str, ...], head: tuple[str, ...], name: str, settings: CoverageSettings, *, unset_is_all: bool
) -> Iterator[Loosening]:
    """For lists that let in: whatever is gone, and a list where there was none."""
    if not base and head:
        yield Loosening(_key(settings, name), f"{name} now confines the measurement to {', '.join(head)}")
    if not head and unset_is_all:
        return
    for entry in dict.fromkeys(base):
        if entry not in head:
            yield Loosening(_key(settings, name), f"{name} no longer names {entry}")


def _branches(base: CoverageSettings, head: CoverageSettings) -> Iterator[Loosening]:
    if base.branch and not head.branch:
        yield Loosening(_key(head, "branch"), "branch is switched off: branch exits no longer count")


def _key(settings: CoverageSettings, name: str) -> str:
    return f"{settings.where or 'coverage.py settings'}: {name}"


def _compiled(settings: CoverageSettings) -> Iterator[re.Pattern[str]]:
    """The settings' expressions; one that is no valid expression excludes nothing (coverage.py stops at it)."""
    for expression in (*settings.exclude, *settings.partial):
        try:
            yield re.compile(expression, re.MULTILINE)
        except re.error:
            continue


def _span(text: str, match: re.Match[str]) -> int:
    first = text.count("\n", 0, match.start()) + 1
    return lines.span(first, first + text.count("\n", match.start(), match.end()))
