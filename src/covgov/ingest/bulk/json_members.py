"""Members of coverage.py's JSON report, without the regions that nobody reads, and only where no key is repeated.

The report is split into its members by msgspec, and these are compared with the text, spelled as coverage.py spells it.
A repeated key, other white space or another order does not come out the same, and is left to the reader of
`covgov.ingest.formats.in_json.coveragepy` (docs/decisions/0044).
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
    _check_flat(bytes(report.meta))
    _check_flat(bytes(report.totals))
    head = b'{"meta": %b, "files": {' % report.meta
    tail = b'}, "totals": %b}' % report.totals
    return head + tail, _files(data, head, report.files, tail)


def _files(
    data: bytes, head: bytes, files: Mapping[str, Mapping[str, msgspec.Raw]], tail: bytes
) -> Iterator[tuple[str, bytes, bool]]:
    place = _after(data, 0, head)
    for path, members in files.items():
        name = json.dumps(path).encode()
        start = place = _after(data, place, b"%b%b: {" % (b"" if place == len(head) else b", ", name))
        texts = {name: bytes(value) for name, value in members.items()}
        for key, text in texts.items():
            place = _after(data, place, b'%b"%b": ' % (b"" if place == start else b", ", key.encode()))
            place = _after(data, place, text)
        place = _after(data, place, b"}")
        if "summary" in texts:
            _check_flat(texts["summary"])
        if "contexts" in texts:
            _check_contexts(texts["contexts"])
        regions = {texts.pop(name, b"null")[:1] for name in REGIONS}
        if not regions <= {b"{", b"n"}:
            raise NotCanonicalError
        file = b", ".join(b'"%b": %b' % (name.encode(), text) for name, text in texts.items())
        yield path, b"{%b}" % file, b"{" in regions
    if data[place:].rstrip(b"\r\n") != tail:
        raise NotCanonicalError


def _after(data: bytes, place: int, text: bytes) -> int:
    if not data.startswith(text, place):
        raise NotCanonicalError
    return place + len(text)


def _check_flat(text: bytes) -> None:
    try:
        members = _FLAT.decode(text)
    except msgspec.DecodeError:
        raise NotCanonicalError from None
    _check_quotes(text, len(members) + sum(isinstance(value, str) for value in members.values()))


def _check_contexts(text: bytes) -> None:
    try:
        contexts = _CONTEXTS.decode(text)
    except msgspec.DecodeError:
        raise NotCanonicalError from None
    _check_quotes(text, len(contexts) + sum(1 for _ in chain.from_iterable(contexts.values())))


def _check_quotes(text: bytes, strings: int) -> None:
    """A repeated key has quotes of its own."""
    if text.count(b'"') != 2 * strings:
        raise NotCanonicalError
