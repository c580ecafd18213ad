"""Executable lines of `xccov view --archive`."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.xccov import XccovJson
from covgov.ingest.interface import ParsedReport


def parse(*lines: dict[str, object]) -> ParsedReport:
    return XccovJson().parse(json.dumps({"a.swift": lines}).encode(), "x.json")


def test_a_line_with_parts_that_did_not_run_ran() -> None:
    parts = [{"column": 3, "executionCount": 0, "length": 4}]
    parsed = parse({"line": 2, "isExecutable": True, "executionCount": 2, "subranges": parts})
    assert (parsed.files["a.swift"].covered, parsed.dropped) == (0b100, ("parts of lines",))


@pytest.mark.parametrize(
    "line",
    [
        {"line": 0, "isExecutable": True, "executionCount": 1},
        {"line": 1, "isExecutable": True},
        {"line": 1, "isExecutable": True, "executionCount": -1},
        {"line": "1", "isExecutable": True, "executionCount": 1},
        {"line": 1},
    ],
)
def test_what_does_not_fit_is_refused(line: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^x\.json"):
        parse(line)
