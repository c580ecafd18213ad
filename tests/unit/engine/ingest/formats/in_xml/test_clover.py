"""What the writers of Clover's XML mean by the same attributes."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.clover import Clover
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric


def metrics(statements: str, conditionals: str = "0/0") -> str:
    (ran, every), (taken, exits) = statements.split("/"), conditionals.split("/")
    return f'<metrics statements="{every}" coveredstatements="{ran}" conditionals="{exits}" coveredconditionals="{taken}"/>'


def stmt(number: int, count: int) -> str:
    return f'<line num="{number}" type="stmt" count="{count}"/>'


def cond(number: int, true: int, false: int, count: str = "") -> str:
    return f'<line num="{number}" type="cond" truecount="{true}" falsecount="{false}" {count}/>'


def file(*body: str, name: str = "a.c", total: str = "") -> str:
    return f'<file name="{name}">{total}{"".join(body)}</file>'


def parse(*body: str, total: str = "") -> ParsedReport:
    text = f'<coverage generated="1"><project timestamp="1">{total}{"".join(body)}</project></coverage>'
    return Clover().parse(text.encode(), "c.xml")


def test_the_line_of_a_method_is_no_statement() -> None:
    parsed = parse(file('<line num="3" type="method" count="1"/>', stmt(4, 0)))
    assert parsed.files["a.c"].statements == 0b10000
    assert parsed.files["a.c"].covered == 0
    assert parsed.unit == "statements"


def test_the_path_is_used_before_the_name() -> None:
    assert list(parse('<file name="a.c" path="src/a.c"/>').files) == ["src/a.c"]


def test_clover_counts_how_often_a_condition_was_true_and_false() -> None:
    parsed = parse(file(metrics("1/1", "1/2"), stmt(2, 7), cond(2, 7, 0)))
    assert parsed.files["a.c"].by_number == {2: CountedExits(1, 2)}
    assert parsed.faults == parsed.notes == ()


def test_istanbul_counts_exits_that_were_taken_and_not() -> None:
    parsed = parse(file(metrics("1/1", "7/8"), cond(2, 7, 1, 'count="3"')))
    assert parsed.files["a.c"].by_number == {2: CountedExits(7, 8)}
    assert parsed.files["a.c"].covered == 0b100
    assert parsed.faults == parsed.notes == ()


def test_an_istanbul_line_that_did_not_run_stays_so_whatever_its_exits_say() -> None:
    assert parse(file(cond(2, 1, 1, 'count="0"'))).files["a.c"].ratio(Metric.LINE) == Ratio(0, 1)


def test_reportgenerator_writes_exits_without_a_count_which_its_totals_show() -> None:
    parsed = parse(file(metrics("2/2", "1/2"), cond(2, 1, 1), stmt(3, 1)))
    assert parsed.files["a.c"].by_number == {2: CountedExits(1, 2)}
    assert parsed.files["a.c"].covered == 0b1100


def test_conditions_of_one_line_add_up() -> None:
    parsed = parse(file(metrics("1/1", "3/4"), stmt(2, 7), cond(2, 7, 0), cond(2, 3, 4)))
    assert parsed.files["a.c"].by_number == {2: CountedExits(3, 4)}


def test_the_totals_are_the_tools_own_statements() -> None:
    parsed = parse(file(metrics("3/4"), stmt(2, 7), stmt(3, 0), stmt(2, 1)), total=metrics("3/4"))
    assert parsed.stated(Metric.LINE) == parsed.claims[Metric.LINE] == Ratio(3, 4)
    assert parsed.counted(Metric.LINE) == Ratio(1, 2)
    assert parsed.faults == ()


def test_a_file_that_was_taken_out_is_a_fault() -> None:
    parsed = parse(file(metrics("1/1"), stmt(2, 7)), total=metrics("1/400"))
    assert parsed.faults == ("its summary has 1/400 statements, its lines add up to 1/1",)


@pytest.mark.parametrize("total", [metrics("2/1"), metrics("1/1", "3/2")])
def test_totals_of_which_more_is_covered_than_there_is_are_refused(total: str) -> None:
    with pytest.raises(InputError, match=r"c\.xml: its summary has . of . "):
        parse(file(stmt(2, 7)), total=total)


def test_two_parts_of_a_file_are_merged() -> None:
    assert parse(file(stmt(2, 0)), file(stmt(2, 1))).files["a.c"].ratio(Metric.LINE) == Ratio(1, 1)


def test_sources_of_tests_are_not_the_project_s() -> None:
    body = f'<project/><testproject timestamp="1"><package>{file(stmt(2, 1))}</package></testproject>'
    assert Clover().parse(f'<coverage generated="1">{body}</coverage>'.encode(), "c.xml").files == {}


@pytest.mark.parametrize(
    "line",
    [
        '<line num="0" type="stmt" count="1"/>',
        '<line num="1" type="stmt"/>',
        '<line num="1" type="stmt" count="-1"/>',
        '<line num="1" type="cond" truecount="1"/>',
        '<line num="1" type="other" count="1"/>',
        '<line type="stmt" count="1"/>',
    ],
)
def test_a_line_that_is_none_is_refused_with_its_file(line: str) -> None:
    with pytest.raises(InputError, match=r"c.xml: a.c: "):
        parse(file(line))


def test_a_report_without_a_project_is_refused() -> None:
    with pytest.raises(InputError, match="no <project>"):
        Clover().parse(b'<coverage generated="1"/>', "c.xml")


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'<coverage generated="1" clover="3.2.0"><project>', True),
        (b'<?xml version="1.0"?>\n<coverage generated="1" phpunit="3.3.1">\n  <project name="a">', True),
        (b'<coverage line-rate="1" timestamp="1"><packages>', False),
        (b'<coverage version="1"><file path="a"/>', False),
    ],
)
def test_it_is_recognised_by_its_root_and_project(head: bytes, known: bool) -> None:
    assert Clover().recognises(head) is known
