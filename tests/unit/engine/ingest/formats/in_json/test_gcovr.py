"""Lines, copies of lines in functions, and what gcovr left out."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.gcovr import GcovrJson
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric


def parse(*lines: object) -> ParsedReport:
    document = {"files": [{"file": "a.cpp", "lines": lines}], "gcovr/format_version": "0.15"}
    return GcovrJson().parse(json.dumps(document).encode(), "g.json")


def line(number: int, count: int, *branches: int, **more: object) -> dict[str, object]:
    return {"line_number": number, "count": count, "branches": [{"count": taken} for taken in branches], **more}


def test_a_line_in_two_functions_is_one_line_and_gcovr_counts_two() -> None:
    parsed = parse(line(3, 0, 0, 0), line(3, 2, 1, 0), line(4, 0))
    assert parsed.counted(Metric.LINE) == Ratio(1, 2)
    assert parsed.stated(Metric.LINE) == Ratio(1, 3)
    assert parsed.files["a.cpp"].by_number == {3: CountedExits(1, 4)}
    assert parsed.notes == ("gcovr counts 1 lines again, as copies in other functions",)


def test_excluded_lines_and_exits_are_not_counted() -> None:
    excluded = line(5, 1, **{"gcovr/excluded": True})
    branch = {"line_number": 4, "count": 1, "branches": [{"count": 0, "gcovr/excluded": True}, {"count": 1}]}
    file = parse(excluded, branch, line(6, 1, **{"gcovr/noncode": True})).files["a.cpp"]
    assert (file.statements, file.excluded) == (0b010000, 0b100000)
    assert file.by_number == {4: CountedExits(1, 1)}


@pytest.mark.parametrize("wrong", [line(0, 1), line(1, -1), {"count": 1}, line(2_000_000, 1)])
def test_what_does_not_fit_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match=r"g\.json"):
        parse(wrong)
