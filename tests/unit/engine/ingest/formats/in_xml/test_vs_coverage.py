from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.vs_coverage import VsCoverage
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric


def span(first: int, last: int, covered: str, source: int = 0) -> str:
    return f'<range source_id="{source}" covered="{covered}" start_line="{first}" end_line="{last}"/>'


def module(*ranges: str, lines: str = "", path: str = "a.cs") -> str:
    functions = f"<functions><function><ranges>{''.join(ranges)}</ranges></function></functions>"
    return f'<module {lines}>{functions}<source_files><source_file id="0" path="{path}"/></source_files></module>'


def parse(*modules: str) -> ParsedReport:
    return VsCoverage().parse(f"<results><modules>{''.join(modules)}</modules></results>".encode(), "v.xml")


def test_ranges_are_held_as_their_lines_and_those_covered_in_part_ran() -> None:
    lines = 'lines_covered="2" lines_partially_covered="1" lines_not_covered="1"'
    parsed = parse(module(span(2, 3, "yes"), span(5, 5, "partial"), span(6, 6, "no"), lines=lines))
    assert (parsed.files["a.cs"].statements, parsed.files["a.cs"].covered) == (0b1101100, 0b0101100)
    assert parsed.stated(Metric.LINE) == parsed.claims[Metric.LINE] == Ratio(3, 4)
    assert parsed.notes == ("1 ranges are covered in part; their lines count as covered",)


def test_files_are_numbered_per_module() -> None:
    parsed = parse(module(span(2, 2, "yes")), module(span(2, 2, "no"), path="b.cs"))
    assert [parsed.files[path].covered for path in ("a.cs", "b.cs")] == [0b100, 0]


def test_totals_without_ranges_are_a_fault() -> None:
    assert parse(module(lines='lines_covered="2" lines_not_covered="9"')).faults


@pytest.mark.parametrize(
    "wrong", [span(2, 2, "foo"), span(0, 0, "yes"), span(3, 2, "yes"), span(2, 2, "yes", source=4)]
)
def test_a_range_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match=r"v\.xml: "):
        parse(module(wrong))


def test_a_range_outside_of_a_module_is_refused() -> None:
    with pytest.raises(InputError, match="outside of a module"):
        VsCoverage().parse(f"<results>{span(1, 1, 'yes')}</results>".encode(), "v.xml")


def test_it_is_recognised_by_its_root() -> None:
    assert VsCoverage().recognises(b'\xef\xbb\xbf<?xml version="1.0"?><results><modules>')
    assert not VsCoverage().recognises(b"<results><error/></results>")
