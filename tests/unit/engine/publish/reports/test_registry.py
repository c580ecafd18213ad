from __future__ import annotations

import pytest

from covgov.ingest.registry import detect
from covgov.publish.reports.registry import WRITERS
from covgov_testing.builders.coverage import snap


@pytest.mark.parametrize(("suffix", "name"), [("json", "coveragepy-json"), ("xml", "cobertura"), ("lcov", "lcov")])
def test_what_is_written_is_recognised_by_its_content(suffix: str, name: str) -> None:
    found = detect(WRITERS[suffix](snap({"a.py": "+-"}))[:4096])
    assert found is not None
    assert found.name == name
