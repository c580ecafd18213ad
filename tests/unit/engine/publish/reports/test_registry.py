from __future__ import annotations

import pytest

from covgov.ingest.registry import detect
from covgov.publish.reports.registry import FILE_NAMES, PUBLISHED, WRITERS, named
from covgov_testing.builders.coverage import snap


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_is_recognised_by_its_content(name: str) -> None:
    found = detect(WRITERS[name].write(snap({"a.py": "+-"}))[:4096])
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("coverage.json", "coveragepy-json"),
        ("Coverage.XML", "cobertura"),
        ("lcov.info", "lcov"),
        ("build/codecov.json", "codecov-json"),
        ("clover.xml", "clover"),
        ("sonar-coverage.xml", "sonar-generic"),
        ("jacoco.xml", "jacoco"),
        ("jacocoTestReport.xml", "jacoco"),
        ("merged.lcov", "lcov"),
        ("coverage.txt", None),
        ("coverage", None),
    ],
)
def test_the_name_of_a_file_says_its_format(file: str, name: str | None) -> None:
    assert named(file) == name


def test_every_writer_has_a_usual_name_and_every_name_a_writer() -> None:
    assert {*FILE_NAMES.values()} == {*WRITERS} >= {*PUBLISHED.values()}
    assert {suffix: named(f"merged.{suffix}") for suffix in PUBLISHED} == PUBLISHED
