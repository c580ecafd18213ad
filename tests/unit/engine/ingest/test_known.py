"""Formats that are refused by their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.ingest import known
from covgov.ingest.read import read_report
from covgov.ingest.registry import FORMATS
from covgov_testing.reports import no_analysis

HEADS = {
    "flowcover-json": b'{"files": {"a.js": {"expressions": {"covered_locs": [], "uncovered_locs": []}}}}',
    "octocov-json": b'{"repository": "a/b", "coverage": {"type": "loc", "total": 2, "covered": 1, "files": []}}',
    "salesforce-json": b'[{"name": "A", "lines": {"3": 1}, "totalCovered": 27, "coveredPercent": 93}]',
    "scala-json": b'{"total": 87, "fileReports": [{"filename": "f1"}]}',
    "v8-raw-json": b'{"result": [{"scriptId": "6", "url": "a.js", "functions": [{"functionName": "f", "ranges": []}]}]}',
    "php-serialized": b'<?php\nreturn \\unserialize(\'O:43:"SebastianBergmann\\CodeCoverage\\CodeCoverage":14:{',
    "xcode-plist": b'<?xml version="1.0"?><plist version="1.0"><dict/></plist>',
    "crap4j": b"<crap_result><project/>",
    "mprof-xml": b'<coverage version="0.3"><assembly name="a"/>',
    "ncover": b'<coverage profilerVersion="1.5.8 Beta" driverVersion="1.5.8.0">',
    "partcover": b'<?xml version="1.0"?><PartCoverReport ver="2.2">',
    "phpunit-xml": b'<phpunit xmlns="http://schema.phpunit.de/coverage/1.0"><project>',
    "reportgenerator-xml": b'<CoverageReport scope="Summary">',
    "vs-coverage-ds": b"<CoverageDSPriv><Lines>",
}


@pytest.mark.architecture
def test_every_known_format_has_a_case_and_no_reader() -> None:
    names = [each.name for each in known.KNOWN]
    assert len(names) == len({*names})
    assert {*HEADS} == {*names}
    assert not {*names} & {*FORMATS}


@pytest.mark.parametrize("name", HEADS)
def test_a_known_format_is_named_with_what_to_write_instead(name: str, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(HEADS[name])
    with pytest.raises(InputError) as caught:
        read_report(tmp_path / "r", no_analysis)
    (expected,) = (each for each in known.KNOWN if each.name == name)
    assert caught.value.code == "report-unknown-format"
    assert caught.value.message == f"{tmp_path / 'r'}: covgov does not read {expected.what}"
    assert caught.value.hint == expected.instead


@pytest.mark.security
@given(head=st.binary(max_size=200))
def test_naming_never_raises(head: bytes) -> None:
    assert known.named(b"<" + head) in (None, *known.KNOWN)
    assert known.named(b"{" + head) in (None, *known.KNOWN)
