"""Texts as edits of earlier ones: what a run costs is what changed since the run before.

    {"format":"covgov-edits","version":2}
    ="coverage/unit-api"                    the text that is made
    @120                                    its first 120 lines are the older text's
    +{"path":"src/api/a.py",...}            then a line that takes the place of one
    @4000                                   then the older text goes on
    @77 3                                   then the older text's lines 77, 78 and 79 (they count from 0)

Deflated as one object. A text is a sequence of lines without line breaks; an older text that does not exist is empty.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct, field

from covgov.model import codec

HEADER = b'{"format":"covgov-edits","version":2}'
LARGEST = 256 * 1024 * 1024
"""Bytes that one object, or all texts that it makes, may have: hostile edits can double a text with each line."""

LONGEST = 100
"""Runs whose edits follow one another; then all texts are written whole again."""

GROWTH = 4
"""Edits that together are that many times as large as the texts are not added to."""

_LINE_COST = 64
_MOST_LINES = LARGEST // _LINE_COST
_COPY = re.compile(rb"@(?:([0-9]{1,9}) )?([0-9]{1,9})")

Text = Sequence[bytes]


class TextState(Struct, frozen=True):
    """All texts after some run. since: the run that wrote them whole. edited: bytes of the edits that followed.

    longest: bytes of the longest line that any of them has, or more.
    """

    texts: Mapping[str, Text] = field(default_factory=dict)
    since: int = 0
    edited: int = 0
    longest: int = 0


def every(_: str) -> bool:
    """That each text is wanted."""
    return True


def encode(state: TextState, texts: Mapping[str, Text], sequence: int) -> tuple[bytes, int]:
    """The object that run `sequence` adds after the state of the run before it, and its `since`."""
    plain = _spell({name: _difference(state.texts.get(name, ()), text) for name, text in texts.items()})
    whole = _spell({name: _difference((), text) for name, text in texts.items()})
    apart = state.since == 0 or sequence - state.since >= LONGEST
    if apart or len(plain) >= len(whole) or state.edited + len(plain) > GROWTH * len(whole):
        return zlib.compress(whole, 9), sequence
    return zlib.compress(plain, 9), state.since


def decode(
    state: TextState, data: bytes, sequence: int, since: int, wanted: Callable[[str], bool] = every
) -> TextState:
    """The state after run `sequence`, of that before it: of the texts whose names are wanted. Raises ValueError."""
    plain = _inflate(data)
    before = TextState(since=since) if since == sequence else state
    longest, count = before.longest, 0
    made: dict[str, Text] = {}
    for name, edits in _parts(plain):
        if not wanted(name):
            continue
        made[name] = _edited(before.texts.get(name, ()), edits, _MOST_LINES - count)
        longest = max(longest, max(map(len, edits), default=0))
        count += len(made[name])
        if count * (longest + _LINE_COST) > LARGEST and sum(map(_size, made.values())) > LARGEST:
            raise _too_large()
    edited = 0 if since == sequence else before.edited + len(plain)
    return TextState({**before.texts, **made}, since, edited, longest)


def join(text: Text) -> bytes:
    """The text's bytes; their SHA-256 is what a manifest names."""
    return b"\n".join(text)


def _difference(old: Text, new: Text) -> list[bytes]:
    """Greedy: go on after the last line that was found, or jump to a line that occurs once."""
    once = _unique(old)
    found: list[bytes] = []
    at = reached = count = 0  # the older line that is next; where the last copy or line of its own led; lines to copy
    for line in new:
        if not (at < len(old) and old[at] == line):
            found += _copy(reached, at - count, count)
            reached, count = (at if count else reached), 0
            if line not in once:
                found.append(b"+" + line)
                at = reached = at + 1  # most take the place of one
                continue
            at = once[line]
        at, count = at + 1, count + 1
    return [*found, *_copy(reached, at - count, count)]


def _unique(old: Text) -> dict[bytes, int]:
    counts = Counter(old)
    return {line: at for at, line in enumerate(old) if counts[line] == 1}


def _copy(reached: int, start: int, count: int) -> list[bytes]:
    if not count:
        return []
    return [b"@%d" % count if start == reached else b"@%d %d" % (start, count)]


def _spell(parts: Mapping[str, Sequence[bytes]]) -> bytes:
    lines = [HEADER]
    for name in sorted(parts):
        lines += [b"=" + codec.encode(name), *parts[name]]
    return b"\n".join(lines)


def _parts(plain: bytes) -> Iterator[tuple[str, Sequence[bytes]]]:
    header, *parts = plain.split(b"\n=")
    if header.split(b"\n", 1)[0] != HEADER:
        raise ValueError("it holds no edits of version 2")
    if header != HEADER or not parts:
        raise ValueError("its edits are of no text")
    for part in parts:
        name, *edits = part.split(b"\n")
        yield msgspec.json.decode(name, type=str), edits


def _edited(old: Text, edits: Sequence[bytes], most: int) -> list[bytes]:
    """most: lines that the text may have."""
    new: list[bytes] = []
    at = 0
    for edit in edits:
        if edit.startswith(b"+"):
            new.append(edit[1:])
            at += 1
            continue
        start, count = _place(edit, at)
        at = start + count
        if count and at > len(old):
            raise ValueError("one of its edits fits no line")
        if len(new) + count > most:
            raise _too_large()
        new += old[start:at]
    if len(new) > most:
        raise _too_large()
    return new


def _size(text: Text) -> int:
    return sum(map(len, text)) + _LINE_COST * len(text)


def _too_large() -> ValueError:
    return ValueError(f"its texts have more than {LARGEST} bytes")


def _place(edit: bytes, reached: int) -> tuple[int, int]:
    match = _COPY.fullmatch(edit)
    if match is None:
        raise ValueError("one of its lines is no edit")
    start, count = match.groups()
    return (int(start) if start else reached), int(count)


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"it cannot be inflated: {error}") from None
    if len(plain) > LARGEST or not stream.eof or stream.unused_data:
        raise ValueError("it is cut short, followed by something, or too large")
    return plain
