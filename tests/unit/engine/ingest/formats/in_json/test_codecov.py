"""Counts, shares and lists of Codecov's JSON."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.codecov import CodecovJson, CovrJson
from covgov.model.snapshot import CountedExits, FileCoverage


def parse(lines: object) -> FileCoverage:
    return CodecovJson().parse(json.dumps({"coverage": {"a.rs": lines}}).encode(), "c.json").files["a.rs"]


def test_counts_and_shares() -> None:
    file = parse({"1": 4, "2": 0, "3": None, "4": "0/2", "5": "1/2"})
    assert (file.statements, file.covered) == (0b110110, 0b100010)
    assert file.by_number == {4: CountedExits(0, 2), 5: CountedExits(1, 2)}


def test_a_list_begins_with_line_zero() -> None:
    file = parse([None, 1, None, 0])
    assert (file.statements, file.covered) == (0b1010, 0b0010)


@pytest.mark.parametrize(
    "lines", [{"0": 1}, {"": 1}, {"x": 1}, {"1": "x"}, {"1": "3/2"}, {"1": -1}, {"9999999": 1}, [1], 7]
)
def test_what_does_not_fit_is_refused(lines: object) -> None:
    with pytest.raises(InputError, match=r"c\.json"):
        parse(lines)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"coverage": {"a.rs": {"1": 1', True),
        (b'{"coverage":{"a.rs":[null, 1', True),
        (b'{"coverage": {}}', True),
        (b'{"coverage": {"lines": [1]', True),
        (b'{"coverage": {"a.rb": {"lines": [1, null]', False),
        (b'{"coverage": 80.1}', False),
    ],
)
def test_it_is_told_from_other_reports_with_a_member_coverage(head: bytes, known: bool) -> None:
    assert CodecovJson().recognises(head) is known


@pytest.mark.parametrize(
    "files",
    [
        [{"name": "a.R", "coverage": [None, 1]}, {"name": "a.R", "coverage": [None, 0]}],
        [{"name": "a.R", "coverage": [None, "1/2"]}],
        [{"name": "a.R", "coverage": [3]}],
        [{"name": "a.R"}],
    ],
)
def test_what_covr_does_not_write_is_refused(files: object) -> None:
    with pytest.raises(InputError, match=r"c\.json"):
        CovrJson().parse(json.dumps({"uploader": "R", "files": files}).encode(), "c.json")
