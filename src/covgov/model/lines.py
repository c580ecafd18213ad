"""Line sets: a set of line numbers is a Python `int` used as a bitmap, bit n = line n (lines count from 1).

Union, intersection, difference and size are single operations (`|`, `&`, `& ~`, `bit_count`), a diff remaps a whole
file
with one shift and mask per hunk, and the little-endian bytes are exactly coverage.py's "numbits".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import compress, repeat
from operator import setitem, truth
from typing import TypeVar

MAX_LINE = 1_000_000
"""The highest line number that is believed: a bitmap is as long as its highest number, whoever wrote that."""

_SPELLED = 1 << 15
"""Texts that are remembered: components, project, record and history spell the same lines of the same files."""

T = TypeVar("T")

_ONES = re.compile("1+")
_ONE = ord("1")
_CHOSEN = bytes.maketrans(b"01", b"\0\1")
_LISTED, _HIT = bytes.maketrans(b"-\0\1", b"011"), bytes.maketrans(b"-\0\1", b"001")
_RUN = "[1-9][0-9]{0,6}(?:-[1-9][0-9]{0,6})?"
_RUNS = re.compile(f"(?:{_RUN}(?:,{_RUN})*)?")


def of(lines: Iterable[int]) -> int:
    """The set of the given line numbers, in linear time. Raises ValueError for a number below 1."""
    wanted = list(lines)
    if not wanted:
        return 0
    if min(wanted) < 1:
        raise ValueError(f"line numbers count from 1, not {min(wanted)}")
    digits = bytearray(b"0") * (max(wanted) + 1)
    deque(map(setitem, repeat(digits), wanted, repeat(_ONE)), maxlen=0)  # no loop of Python's: 1 M lines in 30 ms
    return int(digits[::-1], 2)


def of_hits(lines: Sequence[int], hits: Sequence[int]) -> tuple[int, int] | None:
    """The sets of all lines and of those with hits; None where a line is out of bounds, or listed twice."""
    last = max(lines)
    if min(lines) < 1 or last > MAX_LINE:
        return None
    states = bytearray(b"-") * (last + 1)
    deque(map(setitem, repeat(states), lines, map(truth, hits)), maxlen=0)
    states.reverse()
    listed = int(states.translate(_LISTED), 2)
    return (listed, int(states.translate(_HIT), 2)) if listed.bit_count() == len(lines) else None


def numbers(bits: int) -> Iterator[int]:
    """The line numbers in ascending order."""
    for start, end in runs(bits):
        yield from range(start, end + 1)


def pick(bits: int, texts: Iterable[T]) -> Iterator[T]:
    """Of a text's lines, those of the set."""
    return compress(texts, f"{bits >> 1:b}"[::-1].encode().translate(_CHOSEN))


def runs(bits: int) -> Iterator[tuple[int, int]]:
    """Maximal runs of consecutive lines as (first, last), ascending."""
    for run in _ONES.finditer(f"{bits:b}"[::-1]):  # as text: to shift the set for each run is quadratic
        yield run.start(), run.end() - 1


def span(first: int, last: int) -> int:
    """All lines from `first` to `last`, both included; empty when last < first."""
    return ((1 << (last - first + 1)) - 1) << first if last >= first else 0


def of_spans(spans: Iterable[tuple[int, int]]) -> int:
    """The union of ranges (first, last), each line set once however many ranges have it."""
    ordered = sorted(spans)
    digits = bytearray(b"0") * (max([0, *(last for _, last in ordered)]) + 1)
    done = 0
    for first, last in ordered:
        begin = max(first, done + 1)
        if begin <= last:
            digits[begin : last + 1] = b"1" * (last + 1 - begin)
            done = last
    return int(digits[::-1], 2)


@lru_cache(_SPELLED)
def spell(bits: int) -> str:
    """Compact text: `40,52-58`."""
    return ",".join([str(a) if a == b else f"{a}-{b}" for a, b in runs(bits)])


@lru_cache(_SPELLED)
def unspell(text: str) -> int:
    """Inverse of `spell`. Raises ValueError."""
    if not _RUNS.fullmatch(text):
        raise ValueError("no list of lines")
    bits = 0
    for run in text.split(",") if text else ():
        first, _, last = run.partition("-")
        bits |= span(int(first), int(last)) if last else 1 << int(first)
    return bits


def to_bytes(bits: int) -> bytes:
    """Little-endian bytes without trailing zeros (coverage.py's numbits)."""
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def from_bytes(data: bytes) -> int:
    """Inverse of `to_bytes`."""
    return int.from_bytes(data, "little")
