"""LCOV blocks (SF to end_of_record) in the canonical spelling, read as a whole instead of line by line.

Canonical: no comments, one SF, each kind of record in one run, plain digits; the block of a file is its only one. All
else is for the reader of `covgov.ingest.formats.in_text.lcov`, which defines the result (docs/decisions/0044).
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
_FUNCTIONS = re.compile(rb"(?:\nFN(?:DA|[FHLA])?:[^\n]*)*")
_TOTAL = re.compile(rb"\n(LF|LH|BRF|BRH):([0-9]{1,18})(?=\n)")

LineExits = CountedExits | dict[Exit, bool]
"""The exits of a line: by number, or exit -> taken."""

Known = dict[bytes, tuple[int, LineExits]]
"""Records of a line -> the line and its exits: the same ones come again in many files."""


@dataclass(slots=True)
class LcovFile:
    """One source file with all its SF blocks. branches: (line, block, branch) -> taken; line 0 is none of the file."""

    builder: FileBuilder = field(default_factory=FileBuilder)
    branches: dict[tuple[int, str, str], bool] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    blocks: int = 0
    dropped: set[str] = field(default_factory=set)


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
    rest = data[start:].rstrip(b" \t\r\n")
    if rest:
        yield rest.removesuffix(_END[:-1]) + b"\n" if rest.endswith(_END[:-1]) else None


def _block(block: bytes, known: Known) -> tuple[str, LcovFile] | None:
    head, source, rest = block.partition(b"SF:")
    name, newline, rest = rest.partition(b"\n")
    if not source or (head and not _TEST.fullmatch(head)):
        return None
    try:
        path = building.file_path(name.rstrip(b" \t\r").decode(), "")
        file = _records(newline + rest, known) or _records(_by_kind(rest), known)
    except (InputError, ValueError):
        return None
    return None if file is None else (path, file)


_TEST = re.compile(rb"TN:[^\n]*\n")


def _by_kind(lines: bytes) -> bytes:
    """Some versions of lcov write DA and BRDA by turns."""
    return (
        b"".join(b"\n" + line for line in sorted(_split_lines(lines), key=lambda line: line.partition(b":")[0])) + b"\n"
    )


def _split_lines(lines: bytes) -> list[bytes]:
    # not splitlines(): a carriage return alone ends no line
    return lines.removesuffix(b"\n").split(b"\n")


def _records(body: bytes, known: Known) -> LcovFile | None:
    """body: begins and ends with a line end."""
    file = LcovFile(blocks=1)
    rest = _lines(body, file)
    rest = rest and _branches(rest, file.builder, known)
    rest = rest and _unread(rest, file.dropped)
    if rest is None:
        return None
    file.stated = {kind.decode(): int(number) for kind, number in _TOTAL.findall(rest)}
    return file if len(file.stated) == rest.count(b"\n") - 1 else None


def _cut(body: bytes, tag: bytes) -> tuple[bytes, bytes]:
    """The run of lines that begin with the tag (a line end included), and the other lines. Raises ValueError."""
    first = body.find(tag)
    if first < 0:
        return b"", body
    end = body.index(b"\n", body.rfind(tag) + 1)
    return body[first:end], body[:first] + body[end:]


def _lines(body: bytes, file: LcovFile) -> bytes | None:
    run, rest = _cut(body, b"\nDA:")
    if not run:
        return rest
    sets = building.line_sets(run[4:], b",", b"\nDA:", b",D")
    if sets is None and run.count(b",") > run.count(b"\n"):
        sets = building.line_sets(_CHECKSUM.sub(rb"\1", run)[4:], b",", b"\nDA:", b",D")
        file.dropped.add("line checksums")
    if sets is None:
        return None
    file.builder.add(*sets)
    return rest


_CHECKSUM = re.compile(rb"(\nDA:[^,\n]*,[^,\n]*),[^,\n]*")


def _branches(body: bytes, builder: FileBuilder, known: Known) -> bytes | None:
    run, rest = _cut(body, b"\nBRDA:")
    if not run:
        return rest
    texts = [text for text, _ in _SAME_LINE.findall(run)]
    if len(b"".join(texts)) != len(run):
        return None
    if len(known) > _MOST_KNOWN:
        known.clear()
    found = [known.get(text) or known.setdefault(text, _read_exits(text)) for text in texts]
    builder.counted = {line: exits for line, exits in found if isinstance(exits, CountedExits)}
    if len(builder.counted) == len(found):
        return rest
    exact = {line: exits for line, exits in found if isinstance(exits, dict)}
    builder.exits = {exit_: taken for exits in exact.values() for exit_, taken in exits.items()}
    return rest if len(builder.counted.keys() | exact.keys()) == len(found) else None


_MOST_KNOWN = 1 << 17
_SAME_LINE = re.compile(rb"(\nBRDA:([1-9][0-9]{0,6}),.*(?:\nBRDA:\2,.*)*)")


def _read_exits(records: bytes) -> tuple[int, LineExits]:
    """The line of these records, and its exits. Raises InputError or ValueError."""
    exits: dict[str, bool] = {}
    for record in records.decode().split("\nBRDA:")[1:]:
        line, _, exit_ = record.partition(",")
        name, _, taken = exit_.rpartition(",")
        if "," not in name:
            raise ValueError("BRDA needs line, block, branch and taken")
        exits[name] = exits.get(name, False) or (taken != "-" and building.ran(taken, ""))
    number = building.line_number(int(line), "")
    return number, line_exits(number, exits)


def _unread(body: bytes, dropped: set[str]) -> bytes | None:
    """The rest without the records that nobody reads."""
    functions, rest = _cut(body, b"\nFN")
    versions, rest = _cut(rest, b"\nVER:")
    dropped.update(what for what, run in (("functions", functions), ("file versions", versions)) if run)
    return rest if _FUNCTIONS.fullmatch(functions) and versions.count(b"\n") < 2 else None


def line_exits(line: int, exits: Mapping[str, bool]) -> LineExits:
    """Exact exits where every exit of the line names its target line, else exits by their ids (`BLOCK,BRANCH`)."""
    targets = [_JUMP.fullmatch(name.partition(",")[2]) for name in exits]
    if not all(targets):
        hit = tuple(sorted(name for name, taken in exits.items() if taken))
        return CountedExits(len(hit), len(exits), tuple(sorted(exits)), hit)
    exact: dict[Exit, bool] = {}
    for target, taken in zip(targets, exits.values(), strict=True):
        exit_ = (line, int(target[1]) if target else 0)
        exact[exit_] = exact.get(exit_, False) or taken
    return exact
