"""Modules, classes and methods of one file."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.coverlet import CoverletJson
from covgov.model.snapshot import CountedExits, FileCoverage


def parse(*methods: object) -> FileCoverage:
    classes = {f"C{place}": {"M()": method} for place, method in enumerate(methods)}
    report = CoverletJson().parse(json.dumps({"m.dll": {"C:\\src\\a.cs": classes}}).encode(), "c.json")
    return report.files["C:\\src\\a.cs"]


def test_classes_of_one_file_are_merged() -> None:
    file = parse({"Lines": {"3": 1, "4": 0}}, {"Lines": {"4": 2}})
    assert (file.statements, file.covered) == (0b11000, 0b11000)


def test_jumps_of_a_line_are_counted_together() -> None:
    jumps = [{"Line": 3, "Hits": 1, "Path": 0}, {"Line": 3, "Hits": 0, "Path": 1}]
    file = parse({"Lines": {"3": 1}, "Branches": jumps}, {"Lines": {}, "Branches": jumps[:1]})
    assert file.by_number == {3: CountedExits(2, 3)}


@pytest.mark.parametrize(
    "method", [{"Lines": {"0": 1}}, {"Lines": {"x": 1}}, {"Lines": {"1": -1}}, {"Branches": []}, 1]
)
def test_what_does_not_fit_is_refused(method: object) -> None:
    with pytest.raises(InputError, match=r"c\.json"):
        parse(method)
