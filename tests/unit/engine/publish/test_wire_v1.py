from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from covgov.publish import wire_v1


def test_the_committed_schema_is_current() -> None:
    committed = files("covgov.publish").joinpath("verdict-v1.schema.json").read_bytes()
    assert committed == wire_v1.schema(), "write it again as docs/verdict-json.md says"


def test_every_field_of_every_part_is_always_present() -> None:
    definitions = json.loads(wire_v1.schema())["$defs"]
    parts = {name: part for name, part in definitions.items() if name.endswith("V1")}
    assert "VerdictV1" in parts
    assert all(sorted(part["required"]) == sorted(part["properties"]) for part in parts.values())


def test_no_gate_figure_is_a_float() -> None:
    def numbers(node: object, key: str = "") -> list[str]:
        if isinstance(node, dict):
            found = [key] if node.get("type") == "number" else []
            return found + [k for name, child in node.items() for k in numbers(child, name)]
        return [k for child in node for k in numbers(child, key)] if isinstance(node, list) else []

    assert numbers(json.loads(wire_v1.schema())) == ["seconds"]


def test_the_page_describes_every_field_of_every_part_and_no_other() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "verdict-json.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    told = {name: set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) for name, text in sections.items()}
    definitions = json.loads(wire_v1.schema())["$defs"]
    parts = {name: set(part["properties"]) for name, part in definitions.items() if name.endswith("V1")}
    assert told == {name.removesuffix("V1"): fields for name, fields in parts.items()}


def test_the_page_names_every_value_that_a_field_can_have() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "verdict-json.md").read_text(encoding="utf-8")
    definitions = json.loads(wire_v1.schema())["$defs"]
    values = {value for part in definitions.values() for value in part.get("enum", ())}
    assert {value for value in values if f"`{value}`" not in page} == set()
