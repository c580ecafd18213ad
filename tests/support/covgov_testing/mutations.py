"""Structured damage to reports, of every format alike: tokens lost, repeated, swapped or replaced, formats spliced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from time import process_time

from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.ingest.interface import ParsedReport, ReportFormat
from covgov.model.snapshot import Metric

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|\w+|\s+|[^\w\s]', re.DOTALL)
_NUMBERS = ("0", "-1", "00", "1.5", "1e5", "1e999", "1000000", "1000001", "9223372036854775808", "9" * 5000, "NaN")
_JSON = ("null", "true", '""', "[]", "{}", "[[[[1]]]]", "[" * 3000, r'"\ud800"', r'"\u0000"', '"../../x"', '"1/0"')
_TEXT = (
    '"&#0;"',
    '"&lt;"',
    "<!--",
    "]]>",
    "<![CDATA[",
    "<?x?>",
    "\0",
    "\x1b[31m",
    "\xff",
    "\r",
    "%",
    ".",
    "1.2.3",
    "-",
)
EXTREMES = tuple(text.encode() for text in (*_NUMBERS, *_JSON, *_TEXT))
SECONDS = 5
"""More than any reader may take for a report of a few kilobytes, on a slow machine."""


def tokens(report: bytes) -> list[bytes]:
    return _TOKEN.findall(report)


@st.composite
def mutated(draw: st.DrawFn, report: bytes, others: Iterable[bytes] = ()) -> bytes:
    """The report with one to three changes; others: reports that a piece may come from."""
    parts = tokens(report)
    foreign = [tokens(other) for other in others]
    kinds = ["replace", "replace", "replace", "lose", "repeat", "swap", *(["splice"] if foreign else [])]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        at = draw(st.integers(0, len(parts)))
        size = 1 if kind == "replace" else draw(st.sampled_from((1, 1, 4, 40, 400)))
        piece = parts[at : at + size]
        if kind == "lose":
            made = []
        elif kind == "repeat":
            made = piece * draw(st.integers(2, 4))
        elif kind == "swap":
            made = piece[::-1]
        elif kind == "splice":
            other = draw(st.sampled_from(foreign))
            start = draw(st.integers(0, len(other)))
            made = other[start : start + draw(st.integers(1, 60))]
        else:
            made = [draw(st.sampled_from(EXTREMES))]
        parts[at : at + size] = made
    return b"".join(parts)


def read_or_refused(known: ReportFormat, data: bytes) -> None:
    """Any error but a refusal escapes.

    Raises AssertionError for a report of which more is covered than there is, for one that was refused without the name
    of the file, and for one that took long.
    """
    began = process_time()
    try:
        _check(known.parse(data, "somewhere/r"))
    except InputError as error:
        refusal = error.message
    else:
        refusal = ""
    assert not refusal or "somewhere/r" in refusal
    refusal.encode()
    assert process_time() - began < SECONDS


def _check(parsed: ParsedReport) -> None:
    for path, file in parsed.files.items():
        assert all(file.ratio(metric).total >= 0 for metric in Metric), path
        assert all(0 <= entry.covered <= entry.total for entry in file.counted), path
    assert all(parsed.stated(metric).total >= 0 for metric in Metric)
    identity = parsed.identity
    texts = (identity.tool, identity.version, identity.language, *parsed.roots, *parsed.notes, *parsed.faults)
    "".join((*texts, *parsed.files)).encode()  # no lone surrogate, which no file can hold
