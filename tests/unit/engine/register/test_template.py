"""The file before its first row, and this repository's own."""

from __future__ import annotations

from pathlib import Path

from covgov.register.document import parse, render
from covgov.register.template import EMPTY

OWN = Path(__file__).parents[3] / "docs" / "test_framework_upgrades" / "coverage_exceptions.md"


def test_the_file_before_the_first_row_is_a_register_without_entries() -> None:
    assert parse(EMPTY, "x.md").entries == ()
    assert render(parse(EMPTY, "x.md")) == EMPTY


def test_this_repository_s_own_register_can_be_read_and_every_open_row_is_complete() -> None:
    text = OWN.read_bytes().decode()
    own = parse(text, OWN.name)

    assert render(own) == text
    assert [entry.id for entry in own.entries if entry.open and entry.absent] == []
