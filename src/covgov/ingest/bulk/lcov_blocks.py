"""LCOV blocks (SF to end_of_record) in the canonical spelling, read as a whole instead of line by line.

Canonical: no comments, one SF, each kind of record in one run, plain digits; the block of a file is its only one. All
else is for the reader of `covgov.ingest.formats.lcov_info`, which defines the result (docs/decisions/0044).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from covgov.errors import InputError
from covgov.ingest import building
from covgov.ingest.building import FileBuilder
from covgov.model.snapshot import CountedExits, Exit

_JUMP = re.compile(r"jump to line (\d{1,9})")
_END = b"\nend_of_record\n"
_FUNCTIONS = re.compile(rb"(?:\nFN(?:DA|[FHLA])?:[^\n]*)*+")
_TOTAL = re.compile(rb"\n(LF|LH|BRF|BRH):([0-9]{1,18})(?=\n)")

LineExits = CountedExits | dict[Exit, bool]
"""The exits of a line: by number, or exit -> taken."""

Known = dict[bytes, LineExits]
"""Records of a line, and what they mean: the same ones come again in many files."""


@dataclass(slots=True)
class LcovFile:
    """One source file with all its SF blocks. branches: (line, block, branch) -> taken; line 0 is none of the file."""

    builder: FileBuilder = field(default_factory=FileBuilder)
    branches: dict[tuple[int, str, str], bool] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    blocks: int = 0
    functions: bool = False


def read_blocks(data: bytes) -> dict[str, LcovFile] | None:
    """The files of a report of UTF-8, None when not all of it is canonical."""
    files: dict[str, LcovFile] = {}
    known: Known = {}
    total = 0
    for block in _split(data.replace(b"\r\n", b"\n") if b"\r" in data else data):
        found = None if block is None else _block(block, known)
        if found is None or found[0] in files:
            return None
        files[found[0]] = found[1]
        total += found[1].builder.last
        if total > building.MAX_LINES_IN_REPORT:
            return None
    return files


def _split(data: bytes) -> Iterator[bytes | None]:
    start = 0
    while (end := data.find(_END, start)) >= 0:
        yield data[start : end + 1]
        start = end + len(_END)
    if data[start:].strip():
        yield None


def _block(block: bytes, known: Known) -> tuple[str, LcovFile] | None:
    head, source, rest = block.partition(b"SF:")
    name, newline, rest = rest.partition(b"\n")
    if not source or (head and not _TEST.fullmatch(head)):
        return None
    file = LcovFile(blocks=1)
    try:
        path = building.file_path(name.rstrip(b" \t\r").decode(), "")
        body = _lines(newline + rest, file.builder)
        body = body and _branches(body, file.builder, known)
        body = body and _functions(body, file)
    except (InputError, ValueError):
        return None
    file.stated = {kind.decode(): int(number) for kind, number in _TOTAL.findall(body or b"")}
    return (path, file) if body and len(file.stated) == body.count(b"\n") - 1 else None


_TEST = re.compile(rb"TN:[^\n]*\n")


def _cut(body: bytes, tag: bytes) -> tuple[bytes, bytes]:
    """The run of lines that begin with the tag (a line end included), and the other lines. Raises ValueError."""
    first = body.find(tag)
    if first < 0:
        return b"", body
    end = body.index(b"\n", body.rfind(tag) + 1)
    return body[first:end], body[:first] + body[end:]


def _lines(body: bytes, builder: FileBuilder) -> bytes | None:
    run, rest = _cut(body, b"\nDA:")
    if run:
        sets = building.line_sets(run[4:], b",", b"\nDA:")
        if sets is None:
            return None
        builder.add(*sets)
    return rest


def _branches(body: bytes, builder: FileBuilder, known: Known) -> bytes | None:
    run, rest = _cut(body, b"\nBRDA:")
    if not run:
        return rest
    pairs = _SAME_LINE.findall(run)
    texts = [text for text, _ in pairs]
    if len(b"".join(texts)) != len(run) or len({line for _, line in pairs}) != len(pairs):
        return None
    if len(known) > _MOST_KNOWN:
        known.clear()
    found = [known.get(text) or known.setdefault(text, _read_exits(text)) for text in texts]
    builder.counted = {one.line: one for one in found if isinstance(one, CountedExits)}
    for exact in found if len(found) > len(builder.counted) else ():
        builder.exits.update(exact if isinstance(exact, dict) else {})
    return rest


_MOST_KNOWN = 1 << 17
_SAME_LINE = re.compile(rb"(\nBRDA:([1-9][0-9]{0,6}),[^\n]*(?:\nBRDA:\2,[^\n]*)*)")


def _read_exits(records: bytes) -> LineExits:
    """Of all records of a line. Raises InputError or ValueError."""
    exits: dict[str, bool] = {}
    for record in records.decode().split("\nBRDA:")[1:]:
        line, _, exit_ = record.partition(",")
        name, _, taken = exit_.rpartition(",")
        if "," not in name:
            raise ValueError("BRDA needs line, block, branch and taken")
        exits[name] = exits.get(name, False) or (taken != "-" and building.ran(taken, ""))
    return line_exits(building.line_number(int(line), ""), exits)


def _functions(body: bytes, file: LcovFile) -> bytes | None:
    run, rest = _cut(body, b"\nFN")
    file.functions = bool(run)
    return rest if _FUNCTIONS.fullmatch(run) else None


def line_exits(line: int, exits: Mapping[str, bool]) -> LineExits:
    """Exact exits where every exit of the line names its target line, else exits by their ids (`BLOCK,BRANCH`)."""
    targets = [_JUMP.fullmatch(name.partition(",")[2]) for name in exits]
    if not all(targets):
        hit = tuple(sorted(name for name, taken in exits.items() if taken))
        return CountedExits(line, len(hit), len(exits), tuple(sorted(exits)), hit)
    exact: dict[Exit, bool] = {}
    for target, taken in zip(targets, exits.values(), strict=True):
        exit_ = (line, int(target[1]) if target else 0)
        exact[exit_] = exact.get(exit_, False) or taken
    return exact
