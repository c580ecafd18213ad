from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_text.lcov import LcovInfo
from covgov.ingest.interface import ParsedReport
from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric

FORMAT = LcovInfo()


def parse(text: str) -> ParsedReport:
    return FORMAT.parse(text.encode(), "r.info")


def one(records: str) -> ParsedReport:
    return parse(f"TN:\nSF:a.py\n{records}\nend_of_record\n")


def test_lines_are_read_and_other_records_named_as_dropped() -> None:
    parsed = one("FN:1,f\nVER:x\nDA:1,4\nDA:2,0,abcdef\nMCDC:1,2,t,0,0,0\nLF:2\nLH:1")
    assert lines.spell(parsed.files["a.py"].statements) == "1-2"
    assert lines.spell(parsed.files["a.py"].covered) == "1"
    assert parsed.dropped == ("MC/DC conditions", "file versions", "functions", "line checksums")
    assert parsed.notes == ()


def test_blocks_of_one_file_merge_also_across_test_names() -> None:
    parsed = parse("TN:x\nSF:a\nDA:1,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nend_of_record\n" "TN:y\nSF:a\nDA:1,2\n"
                   "BRDA:1,0,0,0\nBRDA:1,0,1,7\nend_of_record\n")  # fmt: skip
    assert parsed.files["a"].ratio(Metric.LINE) == Ratio(1, 1)
    assert parsed.files["a"].by_number == {1: CountedExits(2, 2, ("0,0", "0,1"), ("0,0", "0,1"))}


def test_exits_are_exact_where_every_one_names_its_line() -> None:
    parsed = one("DA:5,1\nBRDA:5,0,jump to line 6,1\nBRDA:5,0,jump to line 8,-\nBRF:2")
    assert parsed.files["a.py"].exits == ((5, 6), (5, 8))
    assert parsed.files["a.py"].taken == ((5, 6),)
    assert "exits" in parsed.carries


def test_exits_are_counted_where_one_leaves_the_function() -> None:
    parsed = one("DA:5,1\nBRDA:5,0,jump to line 6,1\nBRDA:5,0,return from function 'f, g',0\nBRF:2")
    assert parsed.files["a.py"].exits == ()
    ids = ("0,jump to line 6", "0,return from function 'f, g'")
    assert parsed.files["a.py"].by_number == {5: CountedExits(1, 2, ids, ids[:1])}
    assert "exits" in parsed.lacks


def test_no_branch_pragmas_are_settled_with_the_total() -> None:
    parsed = one("DA:5,1\nBRDA:5,0,jump to line 6,1\nBRF:2")
    assert parsed.files["a.py"].ratio(Metric.BRANCH) == Ratio(2, 2)


@pytest.mark.parametrize("hits", ["1", "1e+06", "2.5", "18446744073709551615"])
def test_hits_may_be_written_in_many_ways(hits: str) -> None:
    assert one(f"DA:1,{hits}").files["a.py"].covered == 0b10


def test_negative_hits_are_noted_as_not_run() -> None:
    parsed = one("DA:1,-5\nDA:2,1")
    assert lines.spell(parsed.files["a.py"].covered) == "2"
    assert parsed.notes == ("1 negative hit counts are read as not run",)


def test_totals_without_lines_are_kept_apart() -> None:
    parsed = one("LF:7\nLH:5")
    assert parsed.files["a.py"].ratio(Metric.LINE) == Ratio(0, 0)
    assert parsed.stated(Metric.LINE) == Ratio(5, 7)


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("records", "says"),
    [
        ("LF:100\nLH:0", "a.py: its summary has 0/100 lines, but no records of them"),
        ("LF:7\nLH:7", "a.py: its summary has 7/7 lines, but no records of them"),
        ("DA:1,1\nLF:9\nLH:3", "its summary has 3/9 lines, its lines add up to 1/1"),
        ("DA:1,1\nBRF:2\nBRH:0", "a.py: its summary has 0/2 branch exits, but no records of them"),
        ("DA:1,1\nBRDA:1,0,0,1\nBRF:2\nBRH:1", "its summary has 1/2 branch exits, its lines add up to 1/1"),
    ],
)
def test_uncovered_units_that_only_the_summary_has_are_a_fault(records: str, says: str) -> None:
    assert one(records).faults[0] == says


def test_a_summary_that_differs_by_copies_of_lines_is_noted() -> None:
    parsed = one("\n".join(f"DA:{line},1" for line in range(1, 21)) + "\nLF:22\nLH:20")
    assert parsed.notes == ("a.py: its summary has 20/22 lines, its lines add up to 20/20",)
    assert (parsed.faults, parsed.claims) == ((), {Metric.LINE: Ratio(20, 22)})


def test_totals_of_several_blocks_of_one_file_mean_nothing() -> None:
    block = "SF:a.py\nDA:1,1\nLF:9\nLH:1\nend_of_record\n"
    assert (parse(block * 2).faults, parse(block * 2).claims) == ((), {})


def test_exits_of_line_0_are_counted_in_the_totals_only() -> None:
    parsed = one("DA:1,1\nDA:2,0\nBRDA:2,0,0,-\nBRDA:0,0,1,1\nBRF:2\nBRH:1")
    assert parsed.files["a.py"].ratio(Metric.BRANCH) == Ratio(0, 1)
    assert parsed.stated(Metric.BRANCH) == Ratio(1, 2)
    assert parsed.notes == ("1 branch exits are left out, because their line is 0 (coverage.py 6.5 to 7.2)",)
    assert parsed.faults == ()


def test_comments_blank_lines_indents_and_a_byte_order_mark_are_fine() -> None:
    text = "\ufeff# made by hand\n\n  TN:\n  SF:a.py\r\n  DA:1,1\r\n  end_of_record\r\n"
    assert FORMAT.recognises(text.encode())
    assert list(parse(text).files) == ["a.py"]


def test_an_empty_record_without_a_name_is_no_file() -> None:
    parsed = parse("SF:a\nDA:1,1\nend_of_record\nSF:\nFNF:0\nLF:0\nLH:0\nend_of_record\n")
    assert (list(parsed.files), parsed.notes, parsed.faults) == (["a"], (), ())


def test_a_line_zero_is_left_out_with_a_note() -> None:
    parsed = one("DA:0,2\nDA:3,1\nDA:5,0\nLF:2\nLH:1")
    assert parsed.stated(Metric.LINE) == Ratio(1, 2)
    assert parsed.notes == ("a line 0, which LF does not count, is left out",)


def test_what_a_here_document_leaves_at_the_end_is_no_record() -> None:
    assert list(parse("SF:a\nDA:1,1\nend_of_record\nEOF\n").files) == ["a"]


@pytest.mark.security
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("end_of_record\n", "without SF"),
        ("DA:1,1\n", "outside of a file"),
        ("SF:a\nSF:b\n", "before the end_of_record"),
        ("SF:\nDA:1,1\nend_of_record\n", "without a name"),
        ("SF:\nBRDA:1,0,0,1\nend_of_record\n", "without a name"),
        ("SF:\nLF:3\nend_of_record\n", "without a name"),
        ("SF:a\nDA:1,1\nend_of_record\nEOF\nEOF\n", "not an LCOV record"),
        ("SF:a\nDA:1,1\nEOF\n", "not an LCOV record"),
        ("SF:a\nDA:1\n", "DA needs"),
        ("SF:a\nDA:9999999999,1\n", "line 9999999999"),
        ("SF:a\nDA:x,1\n", "not a number"),
        ("SF:a\nDA:1,skipped\n", "not a hit count"),
        ("SF:a\nDA:1," + "9" * 5000 + "\n", "not a hit count"),
        ("SF:a\nBRDA:1,2\n", "BRDA needs"),
        ("SF:a\nLF:-1\n", "not a number"),
        ("SF:a\nWHAT:1\n", "unknown LCOV record 'WHAT'"),
        ("SF:a\nhello\n", "not an LCOV record"),
        ("SF:a\nDA:1,1\n", "no end_of_record"),
    ],
)
def test_broken_records_are_refused_with_their_line(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        parse(text)
    assert caught.value.code == "report-damaged"
    assert caught.value.message.startswith("r.info")


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(InputError, match="byte 3"):
        FORMAT.parse(b"SF:\xff\n", "r.info")


@pytest.mark.parametrize("head", [b"", b"#\n#\n", b"DA:1,1", b"{}", b"mode: set"])
def test_other_text_is_not_lcov(head: bytes) -> None:
    assert not FORMAT.recognises(head)
