"""One count per line, four numbers per exit."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.coveralls import CoverallsJson
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits


def parse(*files: object) -> ParsedReport:
    return CoverallsJson().parse(json.dumps({"source_files": files}).encode(), "c.json")


def test_null_is_no_line() -> None:
    file = parse({"name": "a.c", "coverage": [None, 2, 0]}).files["a.c"]
    assert (file.statements, file.covered) == (0b1100, 0b0100)


def test_a_list_in_a_text_is_read() -> None:
    assert parse({"name": "a.c", "coverage": "[null, 2, 0]"}).files["a.c"].statements == 0b1100


def test_exits_of_a_line_are_counted_and_one_listed_twice_counts_once() -> None:
    parsed = parse({"name": "a.c", "coverage": [1], "branches": [1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 3]})
    assert parsed.files["a.c"].by_number == {1: CountedExits(2, 2)}


def test_a_file_that_is_listed_twice_is_merged() -> None:
    assert parse({"name": "a.c", "coverage": [0, 1]}, {"name": "a.c", "coverage": [1, 0]}).files["a.c"].covered == 0b110


@pytest.mark.parametrize(
    "file",
    [
        {"name": "a.c", "coverage": [-1]},
        {"name": "a.c", "coverage": ["1"]},
        {"name": "a.c", "coverage": "[1"},
        {"name": "a.c", "coverage": [1], "branches": [1, 0, 0]},
        {"name": "a.c", "coverage": [1], "branches": [0, 0, 0, 1]},
        {"name": "", "coverage": [1]},
        {"coverage": [1]},
    ],
)
def test_what_does_not_fit_is_refused(file: object) -> None:
    with pytest.raises(InputError, match=r"c\.json: "):
        parse(file)
