"""Inputs that are almost right: a good one with a few bytes changed, as damage or an attacker would.

COVGOV_FUZZ: how many rounds a test plays; `make fuzz` sets it. COVGOV_FUZZ_FROM: the number of the first; a round of one
number is always the same, so that a later search begins where the last one ended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from random import Random
from zlib import crc32

from covgov.errors import CovgovError
from covgov_testing import structured

ROUNDS = int(os.environ.get("COVGOV_FUZZ", "8"))
FIRST = int(os.environ.get("COVGOV_FUZZ_FROM", "0"))
INPUTS_PER_ROUND = 20

Parse = Callable[[bytes], object]

VALUES = (
    *(b"", b" ", b"\n", b"0", b"-1", b"1.5", b"1e999", b"NaN", b"Infinity", b"007", b"1_0", b"true", b"null"),
    *(b"[]", b"{}", b'""', b"''", b'"\\ud800"', b"[" * 3000, b'{"a":' * 3000, b"9" * 18, b"9" * 30, b"9" * 5000),
    *(
        b"\xff",
        b"\0",
        b"\x1e1",
        b"1\x1f",
        b"\x1b[31m",
        b"\r",
        b"<",
        b">",
        b"&x;",
        b"&amp;",
        b"<!--",
        b"]]>",
        b"<a>" * 300,
        b"..",
        b"/",
    ),
    *(b"00", b"1e5", b"1000000", b"1000001", b"9223372036854775808", b"1.2.3", b"-", b".", b"%", b"[[[[1]]]]"),
    *(b'"\\u0000"', b'"../../x"', b'"1/0"', b'"&#0;"', b'"&lt;"', b"<![CDATA[", b"<?x?>"),
    *("²".encode(), "٣".encode(), "\u2028".encode(), "\u202e".encode(), b"|", b"`", b"\\", b",", b":", b"#", b"="),
)
"""Texts that a reader may take for a number, a name or markup."""

_TOKEN = re.compile(rb"\w+|\W", re.DOTALL)
_SCALAR = re.compile(rb'"(?:[^"\\]|\\.)*"|[\w.-]+')


def mutated(good: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """The input after changes to its syntax, one to four changes to its bytes, or both. others: inputs that a piece may
    come from."""
    kind = random.randrange(4)
    data = structured.changed(good, random) if kind else good
    if kind > 1:
        return data
    for _ in range(random.randint(1, 4)):
        if others and random.random() < 1 / 8:
            data = _spliced(data, random.choice(others), random)
        else:
            data = random.choice(_CHANGES)(data, random)
    return data


def one_of(choices: Iterable[str], data: bytes) -> str:
    """One of these for each input, the same whenever the input comes again."""
    names = sorted(choices)
    return names[crc32(data) % len(names)]


def search(parse: Parse, good: Sequence[bytes], others: Sequence[bytes] = ()) -> list[tuple[bytes, str]]:
    """What escapes in the first round of this search in which anything does."""
    rounds = (escaped(parse, good, number, others) for number in range(FIRST, FIRST + ROUNDS))
    return next(filter(None, rounds), [])


def escaped(parse: Parse, good: Sequence[bytes], number: int, others: Sequence[bytes] = ()) -> list[tuple[bytes, str]]:
    """The inputs of this round on which anything but covgov's own error escapes, each with what did."""
    random = Random(number)
    inputs = (mutated(random.choice(good), random, others) for _ in range(INPUTS_PER_ROUND))
    return [(data, why) for data in inputs if (why := _escape(parse, data))]


def _escape(parse: Parse, data: bytes) -> str:
    try:
        parse(data)
    except CovgovError as error:
        return "" if error.code and error.message else f"no code or message: {error!r}"
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        return repr(error)
    return ""


def _place(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 2, 8, 40, 200)))


def _byte(data: bytes, random: Random) -> bytes:
    start, _ = _place(data, random)
    return data[:start] + random.randbytes(1) + data[start + 1 :]


def _cut(data: bytes, random: Random) -> bytes:
    start, end = _place(data, random)
    return data[:start] + data[end:]


def _twice(data: bytes, random: Random) -> bytes:
    start, end = _place(data, random)
    return data[:end] + data[start:]


def _value(data: bytes, random: Random) -> bytes:
    """A word, a number or a text in quotes is something else, with or without its quotes."""
    found = list(_SCALAR.finditer(data[:4096]))
    if not found:
        return data + random.choice(VALUES)
    old, new = random.choice(found), random.choice(VALUES)
    keep = old[0].startswith(b'"') and random.random() < 0.5
    return data[: old.start() + keep] + new + data[old.end() - keep :]


def _swapped(data: bytes, random: Random) -> bytes:
    """A word of this input in the place of another."""
    found = list(_SCALAR.finditer(data[:4096]))
    if not found:
        return data
    old, new = random.choice(found), random.choice(found)
    return data[: old.start()] + new[0] + data[old.end() :]


def _spliced(data: bytes, other: bytes, random: Random) -> bytes:
    """A piece of this input is one of another."""
    start, end = _place(data, random)
    begin, stop = _place(other, random)
    return data[:start] + other[begin:stop] + data[end:]


def _turned(data: bytes, random: Random) -> bytes:
    """The words of a piece in the opposite order."""
    start, end = _place(data, random)
    return data[:start] + b"".join(_TOKEN.findall(data[start:end])[::-1]) + data[end:]


_CHANGES = (_byte, _cut, _twice, _value, _value, _swapped, _turned)
