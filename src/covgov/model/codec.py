"""Canonical JSON of the model's values: the same value gives the same bytes, and decoding is strict about types.

A ratio is `{"covered": 1, "total": 3, "percent": "33.33"}` and percentage points are `{"exact": "-1/3", "shown":
"-0.34"}`: integers and exact text for programs, floored text beside them for people. `percent` is ignored on reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from inspect import cleandoc
from typing import Any, TypeVar

import msgspec

from covgov.model.ratio import Points, Ratio

T = TypeVar("T")

_FRACTION = re.compile(r"-?[0-9]{1,1000}/[1-9][0-9]{0,999}")
"""What `encode` writes; `Fraction` itself also takes `1e999999999`, and computes until memory runs out."""


def encode(value: object) -> bytes:
    """Compact JSON with sorted mapping keys; Decimals and dates are text.

    Lone surrogates, as in the name of a file that is no UTF-8, are spelled out; only that does not come back equal.
    """
    try:
        return msgspec.json.encode(value, enc_hook=_plain, order="deterministic")
    except UnicodeEncodeError:
        # Spelled out, keys may sort differently: what is encoded is the value as it will be decoded.
        spelled = msgspec.json.encode(_spelled(msgspec.to_builtins(value, enc_hook=_plain)))
        return encode(decode(spelled, type(value)))


def decode(data: bytes, kind: type[T]) -> T:
    """Inverse of `encode`. Raises msgspec.ValidationError (a ValueError) naming the place of the first misfit."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_exact)
    except (ArithmeticError, RecursionError) as error:
        raise msgspec.ValidationError(str(error)) from None


def _spelled(value: object) -> object:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list() | tuple():
            return [_spelled(part) for part in value]
        case dict():
            return {_spelled(key): _spelled(part) for key, part in value.items()}
        case _:
            return value


def builtins(value: object) -> object:
    """What `encode` writes, as dicts, lists, text and numbers."""
    return msgspec.to_builtins(value, enc_hook=_plain)


def schemas(kinds: Sequence[type], ref: str) -> tuple[Sequence[Mapping[str, object]], dict[str, object]]:
    """JSON Schema of what `encode` writes of each kind, and the named parts that they refer to by `ref`.

    ref: as `#/$defs/{name}`. Every field is required, since every one is written.
    """
    found, parts = msgspec.json.schema_components(
        kinds, ref_template=ref, schema_hook=lambda kind: {"$ref": ref.format(name=name_of(kind))}
    )
    named: dict[str, object] = {name: _all_required(part) for name, part in parts.items()}
    return found, dict(sorted((named | dict(_FIGURES.values())).items()))


def name_of(kind: type) -> str:
    """What `schemas` calls a kind."""
    return _FIGURES[kind][0] if kind in _FIGURES else kind.__name__


def _all_required(part: dict[str, object]) -> dict[str, object]:
    fields = part.get("properties")
    if not isinstance(fields, dict):
        return part
    shapes = {name: {key: value for key, value in one.items() if key != "default"} for name, one in fields.items()}
    description = cleandoc(str(part.get("description", "")))
    return {**part, "description": description, "properties": shapes, "required": list(fields)}


def _figure(title: str, **fields: object) -> tuple[str, dict[str, object]]:
    return title, {"title": title, "type": "object", "properties": fields, "required": list(fields)}


_COUNT = {"type": "integer", "minimum": 0}
_POINTS = _figure("Points", exact={"type": "string", "pattern": f"^{_FRACTION.pattern}$"}, shown={"type": "string"})
_FIGURES: Mapping[type, tuple[str, dict[str, object]]] = {
    Ratio: _figure("Ratio", covered=_COUNT, total=_COUNT, percent={"anyOf": [{"type": "string"}, {"type": "null"}]}),
    Fraction: _POINTS,
}


def _plain(value: object) -> dict[str, object]:
    match value:
        case Ratio(covered, total):
            return {"covered": covered, "total": total, "percent": value.percent() if total else None}
        case Fraction():
            points = value if isinstance(value, Points) else Points(value)
            return {"exact": f"{value.numerator}/{value.denominator}", "shown": points.shown}
    raise NotImplementedError(f"no canonical form for {type(value).__name__}")


# `Any` on both sides is msgspec's own signature of a decoding hook.
def _exact(kind: type[Any], value: Any) -> Any:
    if kind is Ratio:
        counts = msgspec.convert(value, dict[str, int | str | None])
        match counts:
            case {"covered": int(covered), "total": int(total)}:
                return Ratio(covered, total)
        raise ValueError("not a ratio")
    if kind is Fraction:
        match value:
            case {"exact": str(exact), "shown": str(shown)} if _FRACTION.fullmatch(exact):
                return Points(Fraction(exact), shown)
        raise ValueError("not a fraction n/d with the text that shows it")
    raise NotImplementedError(f"no canonical form for {kind!r}")
