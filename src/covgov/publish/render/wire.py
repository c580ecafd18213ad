"""The verdict as JSON, version 1 (docs/verdict-json.md): the model itself, as `covgov.model.codec` encodes it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from covgov.model import codec
from covgov.model.verdict import Verdict


class JsonRenderer:
    name: ClassVar[str] = "json"

    def __call__(self, verdict: Verdict, /) -> str:
        return msgspec.json.format(codec.encode(verdict), indent=2).decode() + "\n"


def schema() -> bytes:
    """JSON Schema of the document, as committed in verdict-v1.schema.json."""
    (verdict,), parts = codec.schemas([Verdict], "#/$defs/{name}")
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "covgov verdict, version 1"}
    encoded = msgspec.json.encode({**named, **verdict, "$defs": parts}, order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"
