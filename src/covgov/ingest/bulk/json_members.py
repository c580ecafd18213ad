"""Members of coverage.py's JSON report, without the regions that nobody reads, and only where no key is repeated.

The report is split into its members by msgspec, and these are compared with the text, spelled as coverage.py spells it.
A repeated key, other white space or another order does not come out the same, and is left to the reader of
`covgov.ingest.formats.coveragepy_json` (docs/decisions/0044).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain

import msgspec

REGIONS = ("functions", "classes")
"""Per function and per class, what the file's lists have already: most of the report, and not read."""


class _Members(msgspec.Struct, forbid_unknown_fields=True):
    meta: msgspec.Raw
    files: dict[str, dict[str, msgspec.Raw]]
    totals: msgspec.Raw


_REPORT = msgspec.json.Decoder(_Members)
_FLAT = msgspec.json.Decoder(dict[str, int | float | str | bool])
_CONTEXTS = msgspec.json.Decoder(dict[str, list[str]])


class NotCanonicalError(ValueError):
    """The report needs the strict reader."""


def split(data: bytes) -> tuple[bytes, Iterator[tuple[str, bytes, bool]]]:
    """The report without its files, and each file without its regions: path, object, whether it has regions.

    Raises NotCanonicalError, also while the files are read.
    """
    try:
        if not data.isascii():
            data.decode()
        report = _REPORT.decode(data)
    except (ValueError, RecursionError):
        raise NotCanonicalError from None
    _check_flat(report.meta)
    _check_flat(report.totals)
    head = b'{"meta": %b, "files": {' % report.meta
    tail = b'}, "totals": %b}' % report.totals
    return head + tail, _files(data, head, report.files, tail)


def _files(
    data: bytes, head: bytes, files: Mapping[str, Mapping[str, msgspec.Raw]], tail: bytes
) -> Iterator[tuple[str, bytes, bool]]:
    place = _after(data, 0, head)
    for path, members in files.items():
        place = _after(data, place, b'%b"%b": {' % (b"" if place == len(head) else b", ", json.dumps(path)[1:-1].encode()))
        spelled = {name: b'"%b": %b' % (name.encode(), value) for name, value in members.items()}
        place = _after(data, place, b", ".join(spelled.values()) + b"}")
        if "summary" in members:
            _check_flat(members["summary"])
        if "contexts" in members:
            _check_contexts(members["contexts"])
        regions = [bytes(members[name][:1]) for name in REGIONS if name in members]
        if not set(regions) <= {b"{", b"n"}:
            raise NotCanonicalError
        yield path, b"{%b}" % b", ".join(text for name, text in spelled.items() if name not in REGIONS), b"{" in regions
    if data[place:].rstrip(b"\r\n") != tail:
        raise NotCanonicalError


def _after(data: bytes, place: int, text: bytes) -> int:
    if not data.startswith(text, place):
        raise NotCanonicalError
    return place + len(text)


def _check_flat(text: msgspec.Raw) -> None:
    try:
        members = _FLAT.decode(text)
    except msgspec.DecodeError:
        raise NotCanonicalError from None
    _check_quotes(text, len(members) + sum(isinstance(value, str) for value in members.values()))


def _check_contexts(text: msgspec.Raw) -> None:
    try:
        contexts = _CONTEXTS.decode(text)
    except msgspec.DecodeError:
        raise NotCanonicalError from None
    _check_quotes(text, len(contexts) + sum(1 for _ in chain.from_iterable(contexts.values())))


def _check_quotes(text: msgspec.Raw, strings: int) -> None:
    """A repeated key has quotes of its own."""
    if bytes(text).count(b'"') != 2 * strings:
        raise NotCanonicalError
