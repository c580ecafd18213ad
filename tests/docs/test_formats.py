"""docs/formats has a page for each format, and index.md lists what each carries when it is read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from covgov.ingest.building import capabilities
from covgov.ingest.registry import FORMATS
from covgov.publish.reports.registry import FILE_NAMES, WRITERS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "formats"
INDEX = (PAGES / "index.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| \[([\w-]+)\]\(\1\.md\) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


def carried(names: Iterable[str]) -> str:
    return ", ".join(capabilities(names)[0])


def test_the_table_lists_every_format_in_order_with_what_is_read_and_written() -> None:
    table = [(row[1], row[2], row[3]) for row in ROW.finditer(INDEX)]
    writes = {name: carried(writer.carries) for name, writer in WRITERS.items()}
    reads = {name: carried(known.capabilities) or "totals alone" for name, known in FORMATS.items()}
    assert table == [(n, reads[n], writes.get(n, "-")) for n in sorted(FORMATS)]


def test_the_table_says_what_a_branch_is_where_the_format_has_any() -> None:
    branches = {row[1]: row[4] for row in ROW.finditer(INDEX)}
    assert {n for n, text in branches.items() if text.startswith("none")} == {
        n for n, known in FORMATS.items() if "branches" not in known.capabilities
    }


def test_every_format_has_a_page_and_every_page_a_format() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*FORMATS, "index", "not-read"}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_page_names_the_tools_and_how_the_format_is_recognised(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert all(f"**{part}**" in text for part in ("Written by", "Recognised by", "Read", "Branches"))


def test_the_index_has_every_file_name_that_says_a_format() -> None:
    assert [pattern for pattern in FILE_NAMES if f"`{pattern}`" not in INDEX] == []
