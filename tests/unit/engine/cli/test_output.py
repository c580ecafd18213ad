from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("out", "env", "colour"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
    ids=["terminal", "NO_COLOR", "dumb terminal", "file"],
)
def test_results_have_colours_on_a_terminal_only(out: io.StringIO, env: dict[str, str], colour: bool) -> None:
    world = World(Path(), env, lambda: datetime(2026, 11, 22, tzinfo=UTC), out, io.StringIO())
    assert world.colour is colour
