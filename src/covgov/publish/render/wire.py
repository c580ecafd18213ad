"""The verdict as JSON, version 1 (docs/verdict-json.md)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from covgov.model.verdict import Verdict
from covgov.publish import to_wire_v1


class JsonRenderer:
    name: ClassVar[str] = "json"

    def __call__(self, verdict: Verdict, /) -> str:
        encoded = msgspec.json.encode(to_wire_v1.verdict(verdict), order="deterministic")
        return msgspec.json.format(encoded, indent=2).decode() + "\n"
