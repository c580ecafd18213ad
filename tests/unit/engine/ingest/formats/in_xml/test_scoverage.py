from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.scoverage import Scoverage
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric


def statement(line: str, count: str, *, branch: str = "false", ignored: str = "false") -> str:
    return f'<statement line="{line}" branch="{branch}" invocation-count="{count}" ignored="{ignored}"/>'


def parse(*statements: str, total: str = "1/2") -> ParsedReport:
    ran, every = total.split("/")
    body = f'<packages><class filename="a.scala">{"".join(statements)}</class></packages>'
    text = f'<scoverage statement-count="{every}" statements-invoked="{ran}">{body}</scoverage>'
    return Scoverage().parse(text.encode(), "s.xml")


def test_a_line_ran_when_one_of_its_statements_did() -> None:
    parsed = parse(statement("2", "4"), statement("2", "0"))
    assert parsed.files["a.scala"].ratio(Metric.LINE) == Ratio(1, 1)
    assert parsed.stated(Metric.LINE) == Ratio(1, 2)
    assert (parsed.unit, parsed.faults) == ("statements", ())


def test_arms_are_counted_per_line() -> None:
    parsed = parse(statement("2", "4", branch="true"), statement("2", "0", branch="true"))
    assert parsed.files["a.scala"].by_number == {2: CountedExits(1, 2)}


def test_ignored_statements_are_left_out() -> None:
    assert parse(statement("2", "0", ignored="true"), total="0/0").files["a.scala"].statements == 0


def test_a_trimmed_report_is_a_fault() -> None:
    assert parse(statement("2", "1"), total="1/80").faults


@pytest.mark.parametrize("wrong", [statement("0", "1"), statement("x", "1"), statement("1", "-1"), "<statement/>"])
def test_a_statement_that_is_none_is_refused_with_its_file(wrong: str) -> None:
    with pytest.raises(InputError, match=r"s\.xml: a\.scala: "):
        parse(wrong)


def test_it_is_recognised_by_its_root() -> None:
    assert Scoverage().recognises(b'<!-- by -->\n<scoverage \nstatement-count="2" version="1.0">')
    assert not Scoverage().recognises(b'<scoverage line-rate="0.5" version="3.7.1"><packages>')
