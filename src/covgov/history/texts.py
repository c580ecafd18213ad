"""A run's coverage and verdict as lines of text, each of which changes only when what it says does.

A suite's text has two lines for each file: what ran, and what there is to run. A verdict's text is its JSON, one value
a line. The shapes are history's own: a name in the model may change, one in here may not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from itertools import groupby, pairwise
from typing import Annotated, TypeVar

import msgspec

from covgov.history.edits import Text, join
from covgov.model import codec, lines, snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import CountedExits, Exit, FileCoverage, Snapshot
from covgov.model.verdict import Verdict

VERDICT = "verdict"

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Line = Annotated[int, msgspec.Meta(ge=0, le=lines.MAX_LINE)]
_Offset = Annotated[int, msgspec.Meta(ge=-2 * lines.MAX_LINE, le=2 * lines.MAX_LINE)]


class _Shape(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the lines' shapes."""


class _Ran(_Shape, frozen=True):
    """What ran of a file. taken: bitmap over its exits. counted: taken exits of each line that tells only numbers."""

    path: str
    source: str = ""
    covered: bytes = b""
    taken: bytes = b""
    counted: tuple[_Count, ...] = ()
    attributes: tuple[tuple[str, bytes], ...] = ()


class _Branch(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True, forbid_unknown_fields=True):
    """The exits of one line, so that an edit above changes only the first of them. gap: lines since the branch before.
    out: targets below 1, counted from the line as well (line + target); to: the others (target - line)."""

    gap: _Line
    to: tuple[_Offset, ...] = ()
    out: tuple[_Offset, ...] = ()


class _Code(_Shape, frozen=True):
    """What there is to run in a file. counted: line and number of its exits, where only that is known."""

    statements: bytes = b""
    exits: tuple[_Branch, ...] = ()
    excluded: bytes = b""
    counted: tuple[tuple[_Line, _Count], ...] = ()


S = TypeVar("S", bound=msgspec.Struct)


def name_of(suite: str) -> str:
    """What a suite's text is called among those of a run."""
    return f"coverage/{suite}"


def of_record(record: RunRecord) -> dict[str, list[bytes]]:
    """Every text of a run by its name."""
    suites = {name_of(name): of_snapshot(snapshot) for name, snapshot in record.snapshots.items()}
    return {VERDICT: of_verdict(record.verdict), **suites}


def digest(text: Text) -> str:
    """SHA-256 of a text."""
    return sha256(join(text)).hexdigest()


def of_verdict(verdict: Verdict) -> list[bytes]:
    """The verdict's JSON, one value a line."""
    return msgspec.json.format(codec.encode(verdict), indent=1).split(b"\n")


def to_verdict(text: Text) -> Verdict:
    """Inverse of `of_verdict`. Raises ValueError."""
    return codec.decode(join(text), Verdict)


def compact(text: Text) -> bytes:
    """A verdict's JSON in one line. Raises ValueError."""
    return msgspec.json.format(join(text), indent=-1)


def of_snapshot(snapshot: Snapshot) -> list[bytes]:
    """Two lines for each file, by path."""
    spelled = {_spelled(path): coverage for path, coverage in snapshot.files.items()}
    return [line for path in sorted(spelled) for line in _lines(path, spelled[path])]


def paths(text: Text) -> list[str]:
    """The files that a suite's text is about. Raises ValueError."""
    found = [_decoded(line, _Ran).path for line in text[::2]]
    if any(left >= right for left, right in pairwise(found)):
        raise ValueError("its files are not sorted, or one is there twice")
    return found


def files(text: Text, wanted: Collection[str] | None = None) -> Iterator[tuple[str, FileCoverage]]:
    """Path and coverage of each file, or of those that are wanted. Raises ValueError."""
    if len(text) % 2:
        raise ValueError("its coverage ends within a file")
    for first, second in zip(text[::2], text[1::2], strict=True):
        ran = _decoded(first, _Ran)
        if wanted is None or ran.path in wanted:
            yield ran.path, _coverage(ran, _decoded(second, _Code))


def pairs(text: Text) -> Iterator[bytes]:
    """The lines of each file together."""
    return (first + b"\n" + second for first, second in zip(text[::2], text[1::2], strict=True))


def check(text: Text, known: set[bytes]) -> None:
    """Whether the coverage of each file can be read. known: pairs that can, to which the others are added.

    Raises ValueError.
    """
    for pair in pairs(text):
        if pair not in known:
            dict(files(pair.split(b"\n")))
            known.add(pair)


def _spelled(path: str) -> str:
    """A name that is no UTF-8 has its bytes spelled out, as `codec.encode` does."""
    return path.encode(errors="backslashreplace").decode()


def _lines(path: str, coverage: FileCoverage) -> tuple[bytes, bytes]:
    taken = set(coverage.taken)
    bits = sum(1 << index for index, exit_ in enumerate(coverage.exits) if exit_ in taken)
    ran = _Ran(
        path=path,
        source=coverage.source,
        covered=lines.to_bytes(coverage.covered),
        taken=lines.to_bytes(bits),
        counted=tuple(entry.covered for entry in coverage.counted),
        attributes=tuple((tag, lines.to_bytes(reached)) for tag, reached in coverage.attributes),
    )
    code = _Code(
        statements=lines.to_bytes(coverage.statements),
        exits=_branches(coverage.exits),
        excluded=lines.to_bytes(coverage.excluded),
        counted=tuple((entry.line, entry.total) for entry in coverage.counted),
    )
    return codec.encode(ran), codec.encode(code)


def _branches(exits: Sequence[Exit]) -> tuple[_Branch, ...]:
    found: list[_Branch] = []
    before = 0
    for line, group in groupby(exits, key=lambda exit_: exit_[0]):
        targets = [target for _, target in group]
        out = tuple(line + target for target in targets if target < 1)
        found.append(_Branch(line - before, tuple(target - line for target in targets if target > 0), out))
        before = line
    return tuple(found)


def _exits(branches: Sequence[_Branch]) -> Iterator[Exit]:
    line = 0
    for branch in branches:
        line += branch.gap
        targets = [*(offset - line for offset in branch.out), *(line + offset for offset in branch.to)]
        if not 0 < line <= lines.MAX_LINE or any(abs(target) > lines.MAX_LINE for target in targets):
            raise ValueError("a branch exit of no line")
        yield from ((line, target) for target in targets)


def _coverage(ran: _Ran, code: _Code) -> FileCoverage:
    exits = tuple(_exits(code.exits))
    taken = lines.from_bytes(ran.taken)
    if taken >> len(exits):
        raise ValueError(f"{ran.path}: an exit that does not exist is taken")
    coverage = FileCoverage(
        statements=lines.from_bytes(code.statements),
        covered=lines.from_bytes(ran.covered),
        exits=exits,
        taken=tuple(exits[index] for index in lines.numbers(taken)),
        counted=tuple(
            CountedExits(line, covered, total)
            for (line, total), covered in zip(code.counted, ran.counted, strict=True)
        ),
        excluded=lines.from_bytes(code.excluded),
        attributes=tuple((tag, lines.from_bytes(bits)) for tag, bits in ran.attributes),
        source=ran.source,
    )
    fault = snapshot_codec.fault(coverage)
    if fault:
        raise ValueError(f"{ran.path}: {fault}")
    return coverage


def _decoded(line: bytes, shape: type[S]) -> S:
    return msgspec.json.decode(line, type=shape)
