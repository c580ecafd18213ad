"""SlipCover's lines and exits."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.coveragepy import CoveragepyJson
from covgov.ingest.formats.in_json.slipcover import SlipcoverJson
from covgov.model.snapshot import FileCoverage

META = {"software": "slipcover", "version": "1.1.0", "branch_coverage": True}
FILE = {"executed_lines": [1, 2], "missing_lines": [4], "executed_branches": [[2, 4]], "missing_branches": [[2, 0]]}


def report(file: object) -> bytes:
    return json.dumps({"meta": META, "files": {"a.py": file}, "summary": {"covered_lines": 2}}).encode()


def parse(file: object) -> FileCoverage:
    return SlipcoverJson().parse(report(file), "s.json").files["a.py"]


def test_lines_and_exits_are_exact() -> None:
    file = parse(FILE)
    assert (file.statements, file.covered) == (0b10110, 0b00110)
    assert (file.exits, file.taken) == (((2, 0), (2, 4)), ((2, 4),))


def test_it_is_not_taken_for_coverage_py() -> None:
    assert SlipcoverJson().recognises(report(FILE))
    assert not CoveragepyJson().recognises(report(FILE))


@pytest.mark.parametrize(
    "file", [{"executed_lines": [1], "missing_lines": [1]}, {"executed_lines": [0], "missing_lines": []}, {}, 1]
)
def test_what_does_not_fit_is_refused(file: object) -> None:
    with pytest.raises(InputError, match=r"s\.json"):
        parse(file)
