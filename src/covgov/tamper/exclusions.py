"""Exclusion as tampering: settings that measure less than before, and comments that take lines out of the count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from covgov.model import lines
from covgov.model.loosening import EVERY_FILE, Loosening
from covgov.tamper.coverage_settings import CoverageSettings as CoverageSettings
from covgov.tamper.coverage_settings import load_settings as load_settings

DEFAULT = CoverageSettings()

KNOWN_PRAGMAS = re.compile(
    r"\#\s*pragma[:\s]?\s*no\s*(?:cover|branch)"  # coverage.py
    r"|\b(?:istanbul|c8|v8)\s+ignore\b"
    r"|\b(?:LCOV|GCOV|GCOVR)_EXCL_(?:LINE|START|BR_LINE|BR_START|FUNCTION|THROW)"
    r"|@code[C]overageIgnore|:no[c]ov:|\[Exclude[F]romCodeCoverage|coverage\(off\)|coverage:[i]gnore",
    re.IGNORECASE,
)
"""Comments and attributes that exclude code in the usual tools; none matches its own line here."""

MARKS = ("pragma", "tanbul", "c8", "v8", "_excl_", "@codecoverage", "nocov", "[exclude", "(off)", "coverage:")
"""One of these is in each match of KNOWN_PRAGMAS, in small letters. Without i, k and s, which are not the only letters
that the expression takes for them."""

REACH = 3
"""A match of KNOWN_PRAGMAS is at most four words long, with nothing but white space between them."""

COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BOM = b"\xef\xbb\xbf"
BLANK = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")
"""Where a source file may declare its encoding (PEP 263): a comment in its first two lines."""

ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "u8", "utf-8-sig"), "utf-8"),
    **dict.fromkeys(("ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1"), "latin-1"),
    **dict.fromkeys(("cp1252", "windows-1252"), "cp1252"),
}
"""Declared name -> what decodes it: encodings in which a comment looks like a comment."""


def widened(base: CoverageSettings, head: CoverageSettings) -> tuple[Loosening, ...]:
    """Every change of settings that is not provably narrower in what it leaves out. Sorted by key.

    Where one side has a `.coveragerc.toml`, what an older coverage.py reads beside it is compared as well.
    """
    found = set(_widened(base, head))
    if base.older is not None or head.older is not None:
        found |= set(_widened(base.older or base, head.older or head))
    return tuple(sorted(found, key=lambda one: (one.key, one.message)))


def _widened(base: CoverageSettings, head: CoverageSettings) -> Iterator[Loosening]:
    yield from (replace(one, excludes=EVERY_FILE) for one in _excluding(base, head))
    yield from _branches(base, head)


def _excluding(base: CoverageSettings, head: CoverageSettings) -> Iterator[Loosening]:
    yield from _added(base.omit, head.omit, "omit", head)
    yield from _added(base.exclude, head.exclude, "exclude_lines", head)
    yield from _added(base.partial, head.partial, "partial_branches", head)
    yield from _confined(_named(base.include, "include"), _named(head.include, "include"), head, unset_is_all=True)
    name = "report include"
    yield from _confined(_named(base.report_include, name), _named(head.report_include, name), head, unset_is_all=True)
    yield from _confined(_sources(base), _sources(head), head, unset_is_all=False)
    yield from _changed(dict(base.others), dict(head.others), head)


def decoded(data: bytes) -> str:
    """Source text, decoded as it declares (PEP 263) with line ends as Python reads them. Nothing of it is executed, and
    no codec is looked up by a name that it chose: an encoding that is not in ENCODINGS is read as UTF-8."""
    text = data.removeprefix(BOM).decode(ENCODINGS.get(_declared(data), "utf-8"), errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def disguised(path: str, data: bytes) -> Loosening | None:
    """A source file in an encoding in which a comment need not look like one; None when it is in a usual one."""
    declared = _declared(data)
    if declared in ENCODINGS:
        return None
    text = f"declares the encoding {declared}, in which exclusion pragmas cannot be looked for"
    return Loosening(path, text, excludes=path)


def _declared(data: bytes) -> str:
    """The declared name as Python compares it. A lone carriage return ends a line for some readers and not for others:
    whatever either would find counts."""
    two = data.removeprefix(BOM).split(b"\n", 2)[:2]
    for first in (b"\n".join(two).splitlines()[:2], two):
        for line in first:
            found = COOKIE.match(line)
            if found:
                name = found[1].decode("ascii", errors="replace").lower().replace("_", "-")
                return "utf-8" if name.startswith("utf-8-") else name
            if not BLANK.match(line):
                break
    return "utf-8"


def pragmas(text: str, settings: CoverageSettings) -> int:
    """Lines (bitmap) of a source text on which coverage.py's exclusions take effect or that hold a known pragma."""
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
    found = _known_near(head_text, changed_bits)
    own = (p for p in _compiled(settings) if p.pattern.lstrip("^").lstrip().startswith("#"))
    for pattern in (p for p in own if p.pattern not in (*DEFAULT.exclude, *DEFAULT.partial)):  # those are known
        for match in pattern.finditer(head_text):
            found |= _span(head_text, match)
    found &= changed_bits
    if not found:
        return None
    return Loosening(path, f"new exclusion pragma on line {lines.spell(found)}", excludes=path)


def _known_near(text: str, wanted: int) -> int:
    """The lines of known pragmas that touch the wanted lines. Only these and REACH lines of text around them are
    searched: the expression tries every letter, and most of a changed file did not change."""
    rows, found = text.split("\n"), 0
    for first, last in lines.runs(wanted & lines.span(1, len(rows))):
        start, end = _reached(rows, first - 1, -1), _reached(rows, last - 1, 1)
        part = "\n".join(rows[start : end + 1])
        for match in KNOWN_PRAGMAS.finditer(part) if _marked(part) else ():
            found |= _span(part, match) << start
    return found


def _marked(text: str) -> bool:
    """Whether a known pragma is possible in the text."""
    small = text.lower()
    return any(mark in small for mark in MARKS)


def _reached(rows: Sequence[str], index: int, step: int) -> int:
    """The index REACH rows with text further on, or that of the last row in this direction."""
    left = REACH
    while left and 0 <= index + step < len(rows):
        index += step
        left -= bool(rows[index].strip())
    return index


def _added(base: tuple[str, ...], head: tuple[str, ...], name: str, settings: CoverageSettings) -> Iterator[Loosening]:
    """For lists that leave out: whatever is new."""
    for entry in dict.fromkeys(head):
        if entry not in base:
            yield Loosening(_key(settings, name), f"{name} leaves out more: {entry}")


Entries = tuple[tuple[str, str], ...]
"""(option, entry)."""


def _named(entries: tuple[str, ...], name: str) -> Entries:
    return tuple((name, entry) for entry in entries)


def _sources(settings: CoverageSettings) -> Entries:
    """Each of the three may name what is measured; any of them confines the measurement to all of them."""
    lists = (
        ("source", settings.source),
        ("source_pkgs", settings.source_pkgs),
        ("source_dirs", settings.source_dirs),
    )
    return tuple((name, entry) for name, entries in lists for entry in entries)


def _confined(base: Entries, head: Entries, settings: CoverageSettings, *, unset_is_all: bool) -> Iterator[Loosening]:
    """For lists that let in: whatever is gone, and a list where there was none."""
    if not base and head:
        names = ", ".join(entry for _, entry in head)
        yield Loosening(_key(settings, head[0][0]), f"{head[0][0]} now confines the measurement to {names}")
    if not head and unset_is_all:
        return
    for name, entry in dict.fromkeys(base):
        if (name, entry) not in head:
            yield Loosening(_key(settings, name), f"{name} no longer names {entry}")


STRICTER = {("report:ignore_errors", ""), ("report:include_namespace_packages", "true")}
"""Changes to these values leave out less: errors stop the report, more files are looked for."""


def _changed(base: Mapping[str, str], head: Mapping[str, str], settings: CoverageSettings) -> Iterator[Loosening]:
    for name in sorted({*base, *head}):
        before, after = base.get(name, ""), head.get(name, "")
        if before != after and (name, after) not in STRICTER:
            words = f"{name} changed from {before or 'its default'} to {after or 'its default'}"
            yield Loosening(_key(settings, name.partition(":")[2]), f"{words}: something else is counted")


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
