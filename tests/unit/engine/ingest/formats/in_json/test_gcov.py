"""gcov's JSON: a line may be listed once per function."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.gcov import GcovJson
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits


def parse(*entries: object) -> ParsedReport:
    document = {
        "gcc_version": "12.2.0",
        "current_working_directory": "/ci/build",
        "files": [{"file": "../a.cpp", "lines": entries}],
    }
    return GcovJson().parse(json.dumps(document).encode(), "g.json")


def test_copies_of_a_line_are_one_line() -> None:
    again = {"line_number": 3, "count": 0, "branches": [{"count": 0}, {"count": 0}]}
    first = {"line_number": 3, "count": 2, "branches": [{"count": 2}, {"count": 0}]}
    parsed = parse(first, again)
    assert parsed.files["../a.cpp"].covered == 0b1000
    assert parsed.files["../a.cpp"].by_number == {3: CountedExits(1, 4)}


def test_paths_start_from_where_gcov_ran() -> None:
    assert parse().roots == ("/ci/build",)
    assert parse().identity.version == "12.2.0"


@pytest.mark.parametrize("entry", [{"line_number": 0, "count": 1}, {"line_number": 1, "count": -1}, {"count": 1}])
def test_what_does_not_fit_is_refused(entry: object) -> None:
    with pytest.raises(InputError, match=r"g\.json"):
        parse(entry)
