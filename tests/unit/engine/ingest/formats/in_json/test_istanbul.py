"""Statements as lines, arms as branch exits, and maps that do not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.istanbul import IstanbulJson
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits


def at(line: int | None) -> dict[str, object]:
    return {"start": {"line": line, "column": 0}, "end": {"line": line, "column": 9}}


def parse(
    statements: Mapping[str, int | None], hits: Mapping[str, int], branches: Mapping[str, object], arms: object
) -> ParsedReport:
    file = {
        "statementMap": {key: at(line) for key, line in statements.items()},
        "s": hits,
        "branchMap": branches,
        "b": arms,
    }
    return IstanbulJson().parse(json.dumps({"/ci/src/a.js": file}).encode(), "c.json")


def test_a_line_ran_if_one_of_its_statements_did() -> None:
    file = parse({"0": 3, "1": 3, "2": 5}, {"0": 0, "1": 2, "2": 0}, {}, {}).files["/ci/src/a.js"]
    assert (file.statements, file.covered) == (0b101000, 0b001000)


def branch(line: int, arms: int) -> dict[str, object]:
    return {"loc": at(line), "type": "if", "locations": [at(line)] * arms}


def test_arms_of_one_line_are_counted_together() -> None:
    parsed = parse({"0": 3}, {"0": 1}, {"0": branch(3, 2), "1": branch(3, 3)}, {"0": [1, 0], "1": [0, 4, 1]})
    assert parsed.files["/ci/src/a.js"].by_number == {3: CountedExits(3, 5)}


def test_an_old_branch_has_its_line_beside_it() -> None:
    parsed = parse({"0": 3}, {"0": 1}, {"0": {"line": 3, "locations": [at(3), at(4)]}}, {"0": [1, 0]})
    assert parsed.files["/ci/src/a.js"].by_number == {3: CountedExits(1, 2)}


@pytest.mark.parametrize(
    ("statements", "hits", "arms", "why"),
    [
        ({"0": 3}, {}, {}, "statementMap and s do not have the same statements"),
        ({}, {"0": 1}, {}, "statementMap and s do not have the same statements"),
        ({"0": None}, {"0": 1}, {}, "without a line"),
        ({"0": 0}, {"0": 1}, {}, "line 0 is not between"),
        ({"0": 3}, {"0": -1}, {}, "s"),
        ({"0": 3}, {"0": 1}, {"0": [1, 2, 3]}, "branch 0 has 3 counts"),
        ({"0": 3}, {"0": 1}, {"7": [1]}, "branchMap and b do not have the same branches"),
        ({"0": 3}, {"0": 1}, {}, "branchMap and b do not have the same branches"),
    ],
)
def test_maps_that_do_not_fit_are_refused(
    statements: Mapping[str, int | None], hits: Mapping[str, int], arms: Mapping[str, Sequence[int]], why: str
) -> None:
    with pytest.raises(InputError, match=rf"c\.json.*{why}"):
        parse(statements, hits, {"0": branch(3, 2)}, arms)
