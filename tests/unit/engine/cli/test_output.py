from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

from covgov.cli.output import emit_json
from covgov.cli.world import World


def printed(kind: str, payload: dict[str, object], version: int = 1) -> str:
    out = io.StringIO()
    world = World(Path(), {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), out, io.StringIO())
    emit_json(world, kind, payload, version)
    return out.getvalue()


def test_a_document_names_its_format_and_version_first_and_keeps_the_order_of_its_keys() -> None:
    text = printed("inspection", {"z": 1, "a": [1, 2]})
    assert list(json.loads(text)) == ["format", "version", "z", "a"]
    assert json.loads(text)["format"] == "covgov-inspection"


def test_the_version_is_the_callers() -> None:
    assert json.loads(printed("list", {}, 3))["version"] == 3


def test_a_document_is_indented_and_ends_with_one_newline() -> None:
    assert printed("x", {"a": 1}) == '{\n  "format": "covgov-x",\n  "version": 1,\n  "a": 1\n}\n'
