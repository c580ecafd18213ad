"""What JaCoCo's XML says, and what gcovr's does not."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.jacoco import Jacoco
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric


def report(body: str) -> bytes:
    return f'<?xml version="1.0"?>\n<!DOCTYPE report PUBLIC "-//JACOCO//DTD" "report.dtd">\n<report name="r">{body}</report>'.encode()


def source(name: str, *lines: str) -> str:
    return f'<sourcefile name="{name}">{"".join(f"<line {line}/>" for line in lines)}</sourcefile>'


def package(name: str, *sources: str) -> str:
    return f'<package name="{name}">{"".join(sources)}</package>'


def parse(body: str) -> ParsedReport:
    return Jacoco().parse(report(body), "r.xml")


def test_a_line_ran_when_one_of_its_instructions_did() -> None:
    (file,) = parse(package("a/b", source("C.java", 'nr="3" mi="5" ci="1"', 'nr="4" mi="5" ci="0"'))).files.items()
    assert file[0] == "a/b/C.java"
    assert (file[1].statements, file[1].covered) == (0b11000, 0b01000)


def test_exits_are_counted_per_line() -> None:
    parsed = parse(package("", source("C.java", 'nr="3" mi="0" ci="1" mb="1" cb="3"')))
    assert parsed.files["C.java"].by_number == {3: CountedExits(3, 4)}
    assert parsed.identity.branch


def test_groups_nest_and_a_path_in_two_of_them_is_merged() -> None:
    first = package("p", source("C.java", 'nr="1" ci="1"', 'nr="2" mi="1"'))
    second = package("p", source("C.java", 'nr="2" ci="1"'))
    parsed = parse(f'<group name="g"><group name="h">{first}</group></group><group name="i">{second}</group>')
    assert parsed.files["p/C.java"].ratio(Metric.LINE) == Ratio(2, 2)


def test_the_root_s_counters_are_claims_and_hold_the_lines() -> None:
    counters = '<counter type="LINE" missed="1" covered="1"/><counter type="BRANCH" missed="0" covered="0"/>'
    lines = package("p", source("C.java", 'nr="1" ci="1"', 'nr="2" mi="1"'))
    assert parse(lines + counters).claims == {Metric.LINE: Ratio(1, 2), Metric.BRANCH: Ratio(0, 0)}
    trimmed = parse(counters.replace('missed="1"', 'missed="400"') + lines)
    assert trimmed.faults == ("its summary has 1/401 lines, its lines add up to 1/2",)


def test_lines_without_instructions_are_unknown_and_no_gate_believes_them() -> None:
    counters = '<counter type="LINE" missed="1" covered="1"/>'
    parsed = parse(package("p", source("c.cpp", 'nr="1"', 'nr="2" mb="1" cb="1"')) + counters)
    assert parsed.counted(Metric.LINE) == Ratio(0, 0)
    assert parsed.stated(Metric.LINE) == Ratio(1, 2)
    assert parsed.faults
    assert "unknown" in parsed.notes[-1]


@pytest.mark.parametrize("line", ['nr="0" ci="1"', 'nr="x" ci="1"', 'ci="1"', 'nr="1" ci="-1"', 'nr="1" ci="1e9"'])
def test_a_line_that_is_none_is_refused_with_its_file(line: str) -> None:
    with pytest.raises(InputError, match=r"r.xml: p/C.java: "):
        parse(package("p", source("C.java", line)))


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'<report name="x"><sessioninfo id="a"/>', True),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by --><!DOCTYPE report PUBLIC "-//JACOCO//DTD"><report name="x">',
            True,
        ),
        (b'<report name="x"><tests/>', False),
        (b'<coverage line-rate="1"><packages><package name="report"/>', False),
        (b"not xml", False),
    ],
)
def test_it_is_recognised_by_its_root(head: bytes, known: bool) -> None:
    assert Jacoco().recognises(head) is known
