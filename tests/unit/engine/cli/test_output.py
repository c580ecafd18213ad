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


def test_progress_is_shown_on_a_terminal_and_gone_at_the_end() -> None:
    for err, shown in ((Terminal(), "\r\x1b[Kreading: 1 of 2\r\x1b[Kreading: 2 of 2\r\x1b[K"), (io.StringIO(), "")):
        world = World(Path(), {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), io.StringIO(), err)
        with world.progress("reading") as progress:
            progress(1, 2)
            progress(2, 2)
        assert err.getvalue() == shown


def test_an_error_during_progress_leaves_a_clean_line_and_is_raised() -> None:
    err = Terminal()
    world = World(Path(), {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), io.StringIO(), err)
    with pytest.raises(OSError, match="no space"), world.progress("reading"):
        raise OSError("no space")
    assert err.getvalue() == "\r\x1b[K"
