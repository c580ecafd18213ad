from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.errors import InputError
from covgov.ingest.registry import FORMATS
from covgov.model import snapshot_codec
from covgov.model.snapshot import Identity
from covgov_testing.builders.coverage import IDENTITY, snap

FORMAT = FORMATS["covgov-snapshot"]


def test_a_snapshot_comes_back_whole() -> None:
    snapshot = replace(snap({"a.py": "+-x"}), notes=("measured twice",))
    parsed = FORMAT.parse(snapshot_codec.encode(snapshot), "here")
    assert parsed.files == snapshot.files
    assert (parsed.identity, parsed.notes, parsed.lacks) == (IDENTITY, ("measured twice",), ())


def test_a_snapshot_of_lines_without_tests_says_so() -> None:
    snapshot = snap({"a.py": "+-"}, identity=Identity("lcov"), tests=None)
    assert FORMAT.parse(snapshot_codec.encode(snapshot), "here").lacks == ("branches", "exits", "tests")


@pytest.mark.reliability
def test_a_changed_byte_is_a_damaged_report() -> None:
    data = snapshot_codec.encode(snap({"a.py": "+-"})).replace(b"api", b"apo")
    with pytest.raises(InputError, match="here") as caught:
        FORMAT.parse(data, "here")
    assert caught.value.code == "report-damaged"


def test_a_newer_snapshot_is_refused_by_name() -> None:
    data = snapshot_codec.encode(snap({"a.py": "+-"})).replace(b'"version":2', b'"version":3', 1)
    with pytest.raises(InputError) as caught:
        FORMAT.parse(data, "here")
    assert caught.value.code == "snapshot-newer"
