"""Texts as edits of earlier ones: what a run costs is what changed since the run before.

    {"format":"covgov-edits","version":2}
    ="coverage/unit-api"                    the text that is made
    @0 120                                  its first 120 lines are those of the older text from line 0 on
    +{"path":"src/api/a.py",...}            then a line of its own
    @121 4000

Deflated as one object. A text is a sequence of lines without line breaks; an older text that does not exist is empty.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from covgov.model import codec

HEADER = b'{"format":"covgov-edits","version":2}'
LARGEST = 256 * 1024 * 1024
"""Bytes that one object, or all texts that it makes, may have: hostile edits can double a text with each line."""

LONGEST = 100
"""Runs whose edits follow one another; then all texts are written whole again."""

GROWTH = 4
"""Edits that together are that many times as large as the texts are not added to."""

_LINE_COST = 64
_COPY = re.compile(rb"@([0-9]{1,9}) ([0-9]{1,9})")

Text = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class State:
    """All texts after some run. since: the run that wrote them whole. edited: bytes of the edits that followed."""

    texts: Mapping[str, Text] = field(default_factory=dict)
    since: int = 0
    edited: int = 0


def encode(state: State, texts: Mapping[str, Text], sequence: int) -> tuple[bytes, int]:
    """The object that run `sequence` adds after the state of the run before it, and its `since`."""
    plain = _spell({name: _difference(state.texts.get(name, ()), text) for name, text in texts.items()})
    whole = _spell({name: _difference((), text) for name, text in texts.items()})
    apart = state.since == 0 or sequence - state.since >= LONGEST
    if apart or len(plain) >= len(whole) or state.edited + len(plain) > GROWTH * len(whole):
        return zlib.compress(whole, 9), sequence
    return zlib.compress(plain, 9), state.since


def decode(state: State, data: bytes, sequence: int, since: int) -> State:
    """The state after run `sequence`, of that before it. Raises ValueError."""
    plain = _inflate(data)
    before = State(since=since) if since == sequence else state
    lines = plain.split(b"\n")
    if lines[:1] != [HEADER]:
        raise ValueError("it holds no edits of version 2")
    made = dict(before.texts)
    budget = LARGEST
    for name, edits in _parts(lines[1:]):
        made[name], budget = _edited(before.texts.get(name, ()), edits, budget)
    return State(made, since, 0 if since == sequence else before.edited + len(plain))


def join(text: Text) -> bytes:
    """The text's bytes; their SHA-256 is what a manifest names."""
    return b"\n".join(text)


def _difference(old: Text, new: Text) -> list[bytes]:
    """Greedy: go on after the last line that was found, or jump to a line that occurs once."""
    once = {line: at for at, line in enumerate(old)} if old else {}
    if len(once) < len(old):
        counts = Counter(old)
        once = {line: at for line, at in once.items() if counts[line] == 1}
    found: list[bytes] = []
    at, start, count = 0, 0, 0
    for line in new:
        if not (at < len(old) and old[at] == line) and line in once:
            at = once[line]
        same = at < len(old) and old[at] == line
        if count and (not same or at != start + count):
            found.append(b"@%d %d" % (start, count))
            count = 0
        if same:
            start, count = (start if count else at), count + 1
        else:
            found.append(b"+" + line)
        at += 1  # after a line of its own too: most take the place of one
    if count:
        found.append(b"@%d %d" % (start, count))
    return found


def _spell(parts: Mapping[str, Sequence[bytes]]) -> bytes:
    lines = [HEADER]
    for name in sorted(parts):
        lines += [b"=" + codec.encode(name), *parts[name]]
    return b"\n".join(lines)


def _parts(lines: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
    heads = [at for at, line in enumerate(lines) if line.startswith(b"=")]
    if heads[:1] != [0]:
        raise ValueError("its edits are of no text")
    for head, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        yield msgspec.json.decode(lines[head][1:], type=str), lines[head + 1 : end]


def _edited(old: Text, edits: Sequence[bytes], budget: int) -> tuple[list[bytes], int]:
    new: list[bytes] = []
    for edit in edits:
        if edit.startswith(b"+"):
            part: Sequence[bytes] = (edit[1:],)
        else:
            part = _copied(old, edit)
        budget -= sum(len(line) + _LINE_COST for line in part)
        if budget < 0:
            raise ValueError(f"its texts have more than {LARGEST} bytes")
        new += part
    return new, budget


def _copied(old: Text, edit: bytes) -> Text:
    match = _COPY.fullmatch(edit)
    start, count = (int(number) for number in match.groups()) if match else (0, 0)
    if not count or start + count > len(old):
        raise ValueError("one of its edits fits no line")
    return old[start : start + count]


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"it cannot be inflated: {error}") from None
    if len(plain) > LARGEST or not stream.eof or stream.unused_data:
        raise ValueError("it is cut short, followed by something, or too large")
    return plain
