from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.ingest.read import read_report, read_reports
from covgov_testing.reports import analysis, cobertura, json_report, klass, no_analysis

XML = cobertura(klass("a.py", 'number="1" hits="1"'))


def refused(path: Path, *, limit: int = 10_000) -> InputError:
    with pytest.raises(InputError) as caught:
        read_report(path, no_analysis, limit=limit)
    assert str(path) in caught.value.message
    return caught.value


def test_a_report_can_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(XML)
    assert read_report(path, no_analysis).format == "cobertura"


def test_a_gzipped_report_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.xml.gz"
    path.write_bytes(gzip.compress(XML))
    assert list(read_report(path, no_analysis).files) == ["a.py"]


def test_data_files_are_analysed_together_and_stand_first(tmp_path: Path) -> None:
    asked: list[Sequence[Path]] = []

    def analyse(paths: Sequence[Path]) -> bytes:
        asked.append(paths)
        return json.dumps(analysis({})).encode()

    one, xml, two = tmp_path / ".coverage.1", tmp_path / "c.xml", tmp_path / ".coverage.2"
    one.write_bytes(b"SQLite format 3\0x")
    two.write_bytes(b"SQLite format 3\0y")
    xml.write_bytes(XML)
    found = read_reports([one, xml, two], analyse)
    assert [(path, parsed.format) for path, parsed in found] == [(one, "coveragepy-data"), (xml, "cobertura")]
    assert asked == [[one, two]]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path / "none.xml")
    assert error.code == "report-missing"
    assert "check that the tests ran" in error.hint


def test_a_directory_cannot_be_read(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "report-unreadable"


@pytest.mark.parametrize("data", [b"", b" \n\t"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "r").write_bytes(data)
    assert refused(tmp_path / "r").code == "report-empty"


def test_an_unknown_format_is_refused_naming_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"hello")
    error = refused(tmp_path / "r")
    assert error.code == "report-unknown-format"
    assert "lcov" in error.message


@pytest.mark.security
def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(json_report({}) + b" " * 10_000)
    assert refused(tmp_path / "r").code == "report-too-large"


@pytest.mark.security
def test_a_gzip_bomb_is_refused_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(gzip.compress(b" " * 50_000_000))
    assert refused(tmp_path / "r", limit=100_000).code == "report-too-large"


@pytest.mark.reliability
@pytest.mark.parametrize("damage", [lambda d: d[:-3], lambda d: d + b"more", lambda d: d[:-8] + b"\0" * 8])
def test_damaged_gzip_data_is_refused(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    (tmp_path / "r").write_bytes(damage(gzip.compress(XML)))
    assert refused(tmp_path / "r").code == "report-damaged"


def test_gzip_inside_gzip_is_an_unknown_format(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(gzip.compress(gzip.compress(XML)))
    assert refused(tmp_path / "r").code == "report-unknown-format"
