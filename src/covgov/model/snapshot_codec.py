"""Snapshots and single files as bytes: canonical JSON with a checksum, read back strictly.

    {"format": "covgov-snapshot", "version": 2, "sha256": "<of the body's bytes>", "body": {...}}

The same value gives the same bytes and `decode(encode(x)) == x`. Line sets are base64 of their numbits, the exits that
were taken a bitmap over the sorted exits. A changed byte is refused, not read: the checksum covers the body, and the
envelope admits no unknown key. Version 1, which named the exits of each line anew, is read for good (decision 0051).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import islice, repeat
from math import isfinite
from operator import lt
from typing import Annotated, Generic, TypeVar

import msgspec

from covgov.errors import InputError
from covgov.model import lines
from covgov.model.snapshot import CountedExits, CountedLines, FileCoverage, Identity, Origin, Snapshot, TestRun

SNAPSHOT, FILE = "covgov-snapshot", "covgov-file"
VERSION = 2

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Line = Annotated[int, msgspec.Meta(ge=1, le=lines.MAX_LINE)]
_Target = Annotated[int, msgspec.Meta(ge=-lines.MAX_LINE, le=lines.MAX_LINE)]


class _Wire(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the wire shapes."""


class _Header(msgspec.Struct, frozen=True):
    format: str
    version: int


class _Envelope(_Wire, frozen=True):
    format: str
    version: int
    sha256: str
    body: msgspec.Raw


class _ExitGroup(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Lines with the same exits. taken: bitmap over the ids."""

    covered: _Count
    total: _Count
    lines: tuple[_Line, ...]
    ids: tuple[str, ...]
    taken: bytes


class _File(_Wire, frozen=True):
    statements: bytes
    covered: bytes
    exits: tuple[tuple[_Line, _Target], ...] = ()
    taken: bytes = b""
    counted: tuple[_ExitGroup, ...] = ()
    excluded: bytes = b""
    attributes: tuple[tuple[str, bytes], ...] = ()
    source: str = ""


class _File1(_Wire, frozen=True):
    """Of version 1. ids, ids_taken: of each line with counted exits, or empty."""

    statements: bytes
    covered: bytes
    exits: tuple[tuple[_Line, _Target], ...] = ()
    taken: bytes = b""
    counted: tuple[tuple[_Line, _Count, _Count], ...] = ()
    ids: tuple[tuple[str, ...], ...] = ()
    ids_taken: tuple[bytes, ...] = ()
    excluded: bytes = b""
    attributes: tuple[tuple[str, bytes], ...] = ()
    source: str = ""


class _Identity(_Wire, frozen=True):
    tool: str
    version: str = ""
    language: str = ""
    branch: bool = False


class _Origin(_Wire, frozen=True):
    commit: str
    tree: str
    dirty: bool = False


class _Tests(_Wire, frozen=True):
    exit_code: int
    tests: _Count = 0
    failures: _Count = 0
    errors: _Count = 0
    skipped: _Count = 0
    seconds: float = 0.0
    arguments: str = ""


F = TypeVar("F", _File, _File1)


class _Snapshot(_Wire, Generic[F], frozen=True):
    suite: str
    identity: _Identity
    files: dict[str, F]
    origin: _Origin | None = None
    tests: _Tests | None = None
    notes: tuple[str, ...] = ()


_NAMES = 1 << 12
"""Names of exits that are remembered: most lines have the same few."""

K = TypeVar("K", int, str, tuple[int, int])
S = TypeVar("S", bound=msgspec.Struct)


def encode(snapshot: Snapshot) -> bytes:
    """The canonical bytes of a snapshot, whatever the order of its files mapping."""
    origin, tests = snapshot.origin, snapshot.tests
    if tests is not None and not isfinite(tests.seconds):
        raise ValueError(f"a test run takes a finite time, not {tests.seconds}")
    wire = _Snapshot(
        suite=snapshot.suite,
        identity=msgspec.convert(snapshot.identity, _Identity, from_attributes=True),
        files={path: _file_to_wire(snapshot.files[path]) for path in snapshot.paths},
        origin=None if origin is None else msgspec.convert(origin, _Origin, from_attributes=True),
        tests=None if tests is None else msgspec.convert(tests, _Tests, from_attributes=True),
        notes=snapshot.notes,
    )
    return _seal(SNAPSHOT, wire)


def decode(data: bytes, where: str) -> Snapshot:
    """Inverse of `encode`. Raises InputError naming `where`: `snapshot-damaged`, `snapshot-newer`."""
    version, body = _body(data, SNAPSHOT, where)
    if version == 1:
        return _from_wire(_read(body, _Snapshot[_File1], where), where)
    return _from_wire(_read(body, _Snapshot[_File], where), where)


def _from_wire(wire: _Snapshot[F], where: str) -> Snapshot:
    files = {path: _file_from_wire(file, f"{where}: {path}") for path, file in sorted(wire.files.items())}
    return Snapshot(
        suite=wire.suite,
        files=files,
        identity=msgspec.convert(wire.identity, Identity, from_attributes=True),
        origin=None if wire.origin is None else msgspec.convert(wire.origin, Origin, from_attributes=True),
        tests=None if wire.tests is None else msgspec.convert(wire.tests, TestRun, from_attributes=True),
        notes=wire.notes,
    )


def encode_file(coverage: FileCoverage) -> bytes:
    """The canonical bytes of one file's coverage; they name no path, so equal coverage is stored once."""
    return _seal(FILE, _file_to_wire(coverage))


def decode_file(data: bytes, where: str) -> FileCoverage:
    """Inverse of `encode_file`. Raises InputError naming `where`: `snapshot-damaged`, `snapshot-newer`."""
    version, body = _body(data, FILE, where)
    return _file_from_wire(_read(body, _File1, where) if version == 1 else _read(body, _File, where), where)


def _seal(kind: str, wire: _Wire) -> bytes:
    body = msgspec.json.encode(wire, order="deterministic")
    return msgspec.json.encode(_Envelope(kind, VERSION, sha256(body).hexdigest(), msgspec.Raw(body))) + b"\n"


def _body(data: bytes, kind: str, where: str) -> tuple[int, msgspec.Raw]:
    """Version and body."""
    header = _read(data, _Header, where)
    if header.format == kind and header.version > VERSION:
        raise InputError(
            "snapshot-newer",
            f"{where}: {kind} version {header.version}, this covgov reads up to version {VERSION}",
            hint="upgrade covgov, or measure again with this version",
        )
    envelope = _read(data, _Envelope, where)
    if envelope.format != kind or envelope.version < 1:
        raise _damaged(where, f"not a {kind} of version 1 to {VERSION}")
    if sha256(envelope.body).hexdigest() != envelope.sha256:
        raise _damaged(where, "the checksum does not match the content")
    return envelope.version, envelope.body


def _read(data: bytes | msgspec.Raw, shape: type[S], where: str) -> S:
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(where, str(error)) from None
    except RecursionError:
        raise _damaged(where, "it is nested too deeply") from None


def _damaged(where: str, what: str) -> InputError:
    return InputError("snapshot-damaged", f"{where}: {what}", hint="write the snapshot again with `covgov collect`")


def _file_to_wire(coverage: FileCoverage) -> _File:
    position = {exit_: index for index, exit_ in enumerate(coverage.exits)}
    taken = 0
    for exit_ in coverage.taken:
        taken |= 1 << position[exit_]
    return _File(
        statements=lines.to_bytes(coverage.statements),
        covered=lines.to_bytes(coverage.covered),
        exits=coverage.exits,
        taken=lines.to_bytes(taken),
        counted=tuple([_counted_to_wire(exits, where) for exits, where in coverage.counted]),
        excluded=lines.to_bytes(coverage.excluded),
        attributes=tuple((tag, lines.to_bytes(bits)) for tag, bits in coverage.attributes),
        source=coverage.source,
    )


def _counted_to_wire(exits: CountedExits, where: tuple[int, ...]) -> _ExitGroup:
    return _ExitGroup(exits.covered, exits.total, where, exits.ids, pack(exits.ids, exits.taken))


def _file_from_wire(wire: _File | _File1, where: str) -> FileCoverage:
    taken = lines.from_bytes(wire.taken)
    try:
        coverage = FileCoverage(
            statements=lines.from_bytes(wire.statements),
            covered=lines.from_bytes(wire.covered),
            exits=wire.exits,
            taken=tuple(wire.exits[index] for index in lines.numbers(taken)),
            counted=_counted_1(wire) if isinstance(wire, _File1) else _counted(wire),
            excluded=lines.from_bytes(wire.excluded),
            attributes=tuple((tag, lines.from_bytes(bits)) for tag, bits in wire.attributes),
            source=wire.source,
        )
    except (ValueError, IndexError) as error:
        raise _damaged(where, str(error)) from None
    found = fault(coverage)
    if found:
        raise _damaged(where, found)
    return coverage


def _counted(wire: _File) -> CountedLines:
    return tuple([(_exits(one.covered, one.total, one.ids, one.taken), one.lines) for one in wire.counted])


def _counted_1(wire: _File1) -> CountedLines:
    where, covered, totals = zip(*wire.counted, strict=True) if wire.counted else ((), (), ())
    return join_columns(where, covered, totals, wire.ids, wire.ids_taken)


def join_columns(
    where: Sequence[int],
    covered: Sequence[int],
    totals: Sequence[int],
    ids: Sequence[tuple[str, ...]],
    taken: Sequence[bytes],
) -> CountedLines:
    """Of each line its number, exits taken, all exits, the names of these and a bitmap over the names of those taken;
    without names, no line has any. Raises ValueError."""
    if not all(map(lt, where, islice(where, 1, None))):
        raise ValueError("lines with counted exits must be sorted and unique")
    found: dict[tuple[int, int, tuple[str, ...], bytes], list[int]] = {}
    names = (ids, taken) if ids or taken else (repeat((), len(where)), repeat(b"", len(where)))
    for line, shape in zip(where, zip(covered, totals, *names, strict=True), strict=True):
        found.setdefault(shape, []).append(line)
    return tuple([(_exits(*shape), tuple(lines)) for shape, lines in found.items()])


@lru_cache(_NAMES)
def _exits(covered: int, total: int, ids: tuple[str, ...], taken: bytes) -> CountedExits:
    return CountedExits(covered, total, ids, _unpack(ids, taken))


@lru_cache(_NAMES)
def pack(ids: tuple[str, ...], taken: tuple[str, ...]) -> bytes:
    """The taken ones as a bitmap over all names."""
    return lines.to_bytes(sum(1 << index for index, name in enumerate(ids) if name in taken))


def _unpack(ids: tuple[str, ...], taken: bytes) -> tuple[str, ...]:
    bits = lines.from_bytes(taken)
    if bits >> len(ids):
        raise ValueError("an exit was taken that does not exist")
    return tuple(name for index, name in enumerate(ids) if bits >> index & 1)


def fault(coverage: FileCoverage) -> str:
    """What contradicts the contract of FileCoverage, "" when nothing does."""
    counted = {exits for exits, _ in coverage.counted}
    if not (_ascending(coverage.exits) and _ascending([t for t, _ in coverage.attributes])):
        return "exits and attributes must be sorted and unique"
    if len(counted) < len(coverage.counted):
        return "counted exits must be unique"
    found = {line for _, where in coverage.counted for line in where}
    if len(found) < sum([len(where) for _, where in coverage.counted]):
        return "a line has counted exits twice"
    if not all(where and where[0] > 0 and _ascending(where) for _, where in coverage.counted):
        return "lines with counted exits must be sorted and exist"
    if not _ascending([where[0] for _, where in coverage.counted]):
        return "counted exits must be sorted by their first lines"
    if any(exits.covered > exits.total for exits in counted):
        return "more exits taken than there are"
    if not all(map(_names_fit, counted)):
        return "the names of a line's exits contradict their number"
    if coverage.excluded & (coverage.statements | 1):
        return "excluded lines must not count"
    if max(coverage.statements, coverage.excluded).bit_length() > lines.MAX_LINE + 1:
        return f"a line beyond {lines.MAX_LINE}"
    if any(bits & ~coverage.covered for _, bits in coverage.attributes):
        return "an attribute holds lines that are not covered"
    if found and coverage.exits and not found.isdisjoint([line for line, _ in coverage.exits]):
        return "a line has exits both by name and by number"
    return ""


def _ascending(values: Sequence[K]) -> bool:
    return all(map(lt, values, islice(values, 1, None)))


@lru_cache(_NAMES)
def _names_fit(exits: CountedExits) -> bool:
    ids, taken = exits.ids, exits.taken
    return _ascending(ids) and len(ids) <= exits.total and len(taken) <= exits.covered and set(taken) <= set(ids)
