from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.coveragepy_data import CoveragepyData
from covgov.model.snapshot import CountedExits, FileCoverage, Identity, by_exits
from covgov_testing.reports import analysis

FORMAT = CoveragepyData()

FILE = {
    "statements": [1, 2, 5],
    "executed": [1, 2],
    "excluded": [9],
    "exits": [[1, 2], [1, 5]],
    "taken": [[1, 2]],
    "counted": [[2, 1, 2]],
    "attributes": {"security": [2]},
    "summary": {"n_statements": 3, "n_missing": 1, "n_branches": 4, "n_missing_branches": 2},
}


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def test_an_analysis_is_read_in_full() -> None:
    parsed = FORMAT.parse(encoded(analysis({"a.py": FILE}, contexts=2, notes=["n"])), ".coverage")
    assert parsed.files["a.py"] == FileCoverage(
        statements=0b100110,
        covered=0b110,
        exits=((1, 2), (1, 5)),
        taken=((1, 2),),
        counted=by_exits({2: CountedExits(1, 2)}),
        excluded=1 << 9,
        attributes=(("security", 0b100),),
    )
    assert parsed.identity == Identity("coverage.py", "7.17.3", "python 3.11", branch=True)
    assert parsed.carries == ("lines", "branches", "exits", "contexts", "excluded")
    assert parsed.roots == ("/repo",)
    assert parsed.notes == ("n",)


def test_a_line_only_measurement_lacks_branches_and_contexts() -> None:
    parsed = FORMAT.parse(encoded(analysis({}, branch=False)), ".coverage")
    assert parsed.lacks == ("branches", "exits", "contexts", "tests")
    assert parsed.dropped == ()


@pytest.mark.parametrize("field", ["n_statements", "n_missing", "n_branches", "n_missing_branches"])
def test_an_analysis_that_contradicts_coverage_pys_totals_is_refused(field: str) -> None:
    wrong = {**FILE["summary"], field: 9} if isinstance(FILE["summary"], dict) else {}
    with pytest.raises(InputError, match=r"\.coverage: a\.py: .*contradicts coverage"):
        FORMAT.parse(encoded(analysis({"a.py": {**FILE, "summary": wrong}})), ".coverage")


@pytest.mark.parametrize("data", [b"", b"hello", b"[]", encoded({"files": {}}), b"\xff"])
def test_an_invalid_analysis_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="analysis cannot be read") as caught:
        FORMAT.parse(data, ".coverage")
    assert caught.value.code == "report-damaged"


def test_data_files_are_known_by_sqlites_magic() -> None:
    assert FORMAT.recognises(b"SQLite format 3\0...")
    assert FORMAT.recognises(b"!coverage.py: This is a private format, don't read it directly!{}")
    assert not FORMAT.recognises(b"SQLite")
