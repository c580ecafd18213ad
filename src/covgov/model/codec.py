"""Canonical JSON of the model's values: the same value gives the same bytes, and decoding is strict about types.

Used for files that only covgov reads (history manifests). What others read has a wire shape of its own.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_FRACTION = re.compile(r"-?[0-9]{1,1000}/[1-9][0-9]{0,999}")
"""What `encode` writes; `Fraction` itself also takes `1e999999999`, and computes until memory runs out."""


def encode(value: object) -> bytes:
    """Compact JSON with sorted mapping keys; Fractions become `"n/d"`, Decimals and dates text.

    Lone surrogates, as in the name of a file that is no UTF-8, are spelled out; only that does not come back equal.
    """
    try:
        return msgspec.json.encode(value, enc_hook=_encode_fraction, order="deterministic")
    except UnicodeEncodeError:
        # Spelled out, keys may sort differently: what is encoded is the value as it will be decoded.
        spelled = msgspec.json.encode(_spelled(msgspec.to_builtins(value, enc_hook=_encode_fraction)))
        return encode(decode(spelled, type(value)))


def decode(data: bytes, kind: type[T]) -> T:
    """Inverse of `encode`. Raises msgspec.ValidationError (a ValueError) naming the place of the first misfit."""
    return msgspec.json.decode(data, type=kind, dec_hook=_decode_fraction)


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


def _encode_fraction(value: object) -> str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(f"no canonical form for {type(value).__name__}")


# `Any` on both sides is msgspec's own signature of a decoding hook.
def _decode_fraction(kind: type[Any], value: Any) -> Any:
    if kind is Fraction and isinstance(value, str):
        if not _FRACTION.fullmatch(value):
            raise ValueError("not a fraction n/d")
        return Fraction(value)
    raise NotImplementedError(f"no canonical form for {kind!r}")
