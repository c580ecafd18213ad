"""Snapshots and single files as bytes: canonical JSON with a checksum, read back strictly.

    {"format": "covgov-snapshot", "version": 1, "sha256": "<of the body's bytes>", "body": {...}}

The same value gives the same bytes and `decode(encode(x)) == x`. Line sets are base64 of their numbits, the exits that
were taken a bitmap over the sorted exits. A changed byte is refused, not read: the checksum covers the body, and the
envelope admits no unknown key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from math import isfinite
from operator import attrgetter, lt
from typing import Annotated, TypeVar

import msgspec

from covgov.errors import InputError
from covgov.model import lines
from covgov.model.snapshot import CountedExits, FileCoverage, Identity, Origin, Snapshot, TestRun

SNAPSHOT, FILE = "covgov-snapshot", "covgov-file"
VERSION = 1

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


class _File(_Wire, frozen=True):
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


class _Snapshot(_Wire, frozen=True):
    suite: str
    identity: _Identity
    files: dict[str, _File]
    origin: _Origin | None = None
    tests: _Tests | None = None
    notes: tuple[str, ...] = ()


_NAMES = 1 << 12
"""Names of exits that are remembered: most lines have the same few."""

_SHAPE = attrgetter("covered", "total", "ids", "taken")

W = TypeVar("W", bound=_Wire)
K = TypeVar("K", int, str, tuple[int, int])


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
    wire = _body(data, SNAPSHOT, _Snapshot, where)
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
    return _file_from_wire(_body(data, FILE, _File, where), where)


def _seal(kind: str, wire: _Wire) -> bytes:
    body = msgspec.json.encode(wire, order="deterministic")
    return msgspec.json.encode(_Envelope(kind, VERSION, sha256(body).hexdigest(), msgspec.Raw(body))) + b"\n"


def _body(data: bytes, kind: str, shape: type[W], where: str) -> W:
    try:
        header = msgspec.json.decode(data, type=_Header)
        if header.format == kind and header.version > VERSION:
            raise InputError(
                "snapshot-newer",
                f"{where}: {kind} version {header.version}, this covgov reads up to version {VERSION}",
                hint="upgrade covgov, or measure again with this version",
            )
        envelope = msgspec.json.decode(data, type=_Envelope)
        if (envelope.format, envelope.version) != (kind, VERSION):
            raise _damaged(where, f"not a {kind} of version {VERSION}")
        if sha256(envelope.body).hexdigest() != envelope.sha256:
            raise _damaged(where, "the checksum does not match the content")
        return msgspec.json.decode(envelope.body, type=shape)
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
    ids, ids_taken = pack_ids(coverage.counted)
    return _File(
        statements=lines.to_bytes(coverage.statements),
        covered=lines.to_bytes(coverage.covered),
        exits=coverage.exits,
        taken=lines.to_bytes(taken),
        counted=tuple([(entry.line, entry.covered, entry.total) for entry in coverage.counted]),
        ids=ids,
        ids_taken=ids_taken,
        excluded=lines.to_bytes(coverage.excluded),
        attributes=tuple((tag, lines.to_bytes(bits)) for tag, bits in coverage.attributes),
        source=coverage.source,
    )


def _file_from_wire(wire: _File, where: str) -> FileCoverage:
    taken = lines.from_bytes(wire.taken)
    try:
        coverage = FileCoverage(
            statements=lines.from_bytes(wire.statements),
            covered=lines.from_bytes(wire.covered),
            exits=wire.exits,
            taken=tuple(wire.exits[index] for index in lines.numbers(taken)),
            counted=unpack_ids(wire.counted, wire.ids, wire.ids_taken),
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


def pack_ids(counted: Sequence[CountedExits]) -> tuple[tuple[tuple[str, ...], ...], tuple[bytes, ...]]:
    """The names of each line's exits, and a bitmap over them of those taken; both empty when no exit has a name."""
    ids = tuple([entry.ids for entry in counted])
    return (ids, tuple(map(_pack, ids, [entry.taken for entry in counted]))) if any(ids) else ((), ())


@lru_cache(_NAMES)
def _pack(ids: tuple[str, ...], taken: tuple[str, ...]) -> bytes:
    return lines.to_bytes(sum(1 << index for index, name in enumerate(ids) if name in taken))


@lru_cache(_NAMES)
def _unpack(ids: tuple[str, ...], taken: bytes) -> tuple[str, ...]:
    bits = lines.from_bytes(taken)
    if bits >> len(ids):
        raise ValueError("an exit was taken that does not exist")
    return tuple(name for index, name in enumerate(ids) if bits >> index & 1)


def unpack_ids(
    counted: Sequence[tuple[int, int, int]], ids: Sequence[tuple[str, ...]], taken: Sequence[bytes]
) -> tuple[CountedExits, ...]:
    """Inverse of `pack_ids`. Raises ValueError."""
    if not ids and not taken:
        return tuple([CountedExits(*entry) for entry in counted])
    return tuple(
        [
            CountedExits(*entry, names, _unpack(names, bits))
            for entry, names, bits in zip(counted, ids, taken, strict=True)
        ]
    )


def fault(coverage: FileCoverage) -> str:
    """What contradicts the contract of FileCoverage, "" when nothing does."""
    counted = [entry.line for entry in coverage.counted]
    if not (_ascending(coverage.exits) and _ascending(counted) and _ascending([t for t, _ in coverage.attributes])):
        return "exits, counted exits and attributes must be sorted and unique"
    shapes = set(map(_SHAPE, coverage.counted))  # a handful in a file, so that nothing is looked at for each line
    if any(covered > total for covered, total, _, _ in shapes):
        return "more exits taken than there are"
    named = [shape for shape in shapes if shape[2] or shape[3]]
    if any(not _in_order(ids) or len(ids) > total or len(taken) > covered for covered, total, ids, taken in named):
        return "the names of a line's exits contradict their number"
    if coverage.excluded & (coverage.statements | 1):
        return "excluded lines must not count"
    if max(coverage.statements, coverage.excluded).bit_length() > lines.MAX_LINE + 1:
        return f"a line beyond {lines.MAX_LINE}"
    if any(bits & ~coverage.covered for _, bits in coverage.attributes):
        return "an attribute holds lines that are not covered"
    if counted and coverage.exits and {line for line, _ in coverage.exits} & set(counted):
        return "a line has exits both by name and by number"
    return ""


def _ascending(values: Sequence[K]) -> bool:
    return all(map(lt, values, islice(values, 1, None)))


@lru_cache(_NAMES)
def _in_order(names: tuple[str, ...]) -> bool:
    return _ascending(names)
