"""JSON reports: typed, with every fault named by its place; no duplicate keys, no values that JSON does not have."""

from __future__ import annotations

import json
from collections import Counter
from typing import NoReturn, TypeVar

import msgspec

from covgov.ingest.building import damaged

T = TypeVar("T")


def load(data: bytes, shape: type[T], where: str) -> T:
    """The document as this type; members that the type does not have are skipped.

    Raises InputError (`report-damaged`) for what is no JSON in UTF-8, says a key twice, or is of another shape.
    """
    try:
        # the standard library's reader, because it can detect duplicate keys
        tree = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant)
        return msgspec.convert(tree, shape)
    except UnicodeDecodeError as error:
        raise damaged(where, f"not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise damaged(where, str(error)) from None


def begins(head: bytes, *marks: bytes) -> bool:
    """Whether this is the head of a JSON object or list with all of these texts in it."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] in (b"{", b"[") and all(mark in text for mark in marks)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        repeated, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"duplicate key {repeated!r}")
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
