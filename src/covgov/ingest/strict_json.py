"""JSON reports: typed, with every fault named by its place; no duplicate keys, no values that JSON does not have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import NoReturn, TypeVar

import msgspec

from covgov.ingest.building import damaged

T = TypeVar("T")


@dataclass(slots=True)
class _Fault:
    """In the place of a value that no report may have, until it is known whether anybody reads it."""

    why: str


def load(data: bytes, shape: type[T], where: str, *, unread: Collection[str] = ()) -> T:
    """The document as this type; members that the type does not have are skipped.

    unread: names of members that no figure comes from; a key that is repeated in them is no fault. Raises InputError
    (`report-damaged`) for what is no JSON in UTF-8, says a key twice, has an infinite number, or is of another shape.
    """
    try:
        return _fast(data, shape)
    except (ValueError, RecursionError):
        return load_strictly(data, shape, where, unread=unread)


def _fast(data: bytes, shape: type[T]) -> T:
    """msgspec's document, when no key is repeated. Raises ValueError for all that `load_strictly` has to look at."""
    objects: list[list[tuple[str, object]]] = []
    text = data.decode("utf-8-sig")
    json.loads(text, object_pairs_hook=objects.append, parse_constant=_no_constant, parse_float=_only_finite)
    if sum(map(len, objects)) != sum(map(len, map(dict, objects))):
        raise ValueError("duplicate key")
    objects.clear()
    return msgspec.json.decode(text, type=shape)


def load_strictly(data: bytes, shape: type[T], where: str, *, unread: Collection[str] = ()) -> T:
    """The document with every fault named: the definition of what `load` reads faster."""
    members = partial(_object, unread)
    try:
        # the standard library's reader, because it can detect duplicate keys
        tree = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=members, parse_constant=_no_constant, parse_float=_finite
        )
        if fault := _fault_in(tree):
            raise ValueError(fault.why)
        return msgspec.convert(tree, shape)
    except UnicodeDecodeError as error:
        raise damaged(where, f"not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise damaged(where, str(error)) from None


def begins(head: bytes, *marks: bytes) -> bool:
    """Whether this is the head of a JSON object or list with all of these texts in it."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] in (b"{", b"[") and all(mark in text for mark in marks)


def _object(unread: Collection[str], pairs: list[tuple[str, object]]) -> dict[str, object] | _Fault:
    made = dict(pairs)
    if len(made) < len(pairs):
        repeated, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        return _Fault(f"duplicate key {repeated!r}")
    for name in unread:
        if isinstance(made.get(name), _Fault):
            made[name] = {}
    return next((found for value in made.values() if (found := _fault_in(value))), made)


def _fault_in(value: object) -> _Fault | None:
    if isinstance(value, list):
        return next((found for part in value if (found := _fault_in(part))), None)
    return value if isinstance(value, _Fault) else None


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _only_finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(text[:20])
    return value


def _finite(text: str) -> float | _Fault:
    value = float(text)
    return value if isfinite(value) else _Fault(f"the number {text[:20]} has no finite value")
