from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.dotcover import DotCover
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric


def statement(first: int, last: int, covered: str, file: int = 1) -> str:
    return f'<Statement FileIndex="{file}" Line="{first}" EndLine="{last}" Covered="{covered}"/>'


def parse(*statements: str, total: str = "1/2") -> ParsedReport:
    ran, every = total.split("/")
    body = f'<FileIndices><File Index="1" Name="a.cs"/></FileIndices><Assembly>{"".join(statements)}</Assembly>'
    text = f'<Root CoveredStatements="{ran}" TotalStatements="{every}">{body}</Root>'
    return DotCover().parse(text.encode(), "d.xml")


def test_statements_are_held_as_their_lines() -> None:
    parsed = parse(statement(2, 4, "True"), statement(6, 6, "False"))
    assert (parsed.files["a.cs"].statements, parsed.files["a.cs"].covered) == (0b1011100, 0b0011100)
    assert parsed.stated(Metric.LINE) == Ratio(1, 2)
    assert parsed.unit == "statements"
    assert parsed.faults == ()


def test_totals_without_statements_are_refused_with_the_option_that_writes_them() -> None:
    with pytest.raises(InputError) as caught:
        parse()
    assert "DetailedXML" in caught.value.hint


def test_a_trimmed_report_is_a_fault() -> None:
    assert parse(statement(2, 2, "True"), total="1/90").faults


@pytest.mark.parametrize(
    "wrong",
    [
        statement(2, 2, "True", file=3),
        statement(2, 2, "Maybe"),
        statement(3, 2, "True"),
        statement(0, 0, "True"),
        '<Statement FileIndex="1" Covered="True"/>',
    ],
)
def test_a_statement_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match=r"d\.xml: "):
        parse(wrong)


def test_it_is_recognised_by_its_root() -> None:
    assert DotCover().recognises(b'<Root CoveredStatements="1" TotalStatements="2">')
    assert not DotCover().recognises(b"<Root><a/></Root>")
