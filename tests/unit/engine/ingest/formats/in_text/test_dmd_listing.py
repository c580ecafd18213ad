"""`COUNT|TEXT`, and a last line with the file and its percentage."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_text.dmd_listing import DmdListing
from covgov.ingest.interface import ParsedReport

FORMAT = DmdListing()


def parse(text: str) -> ParsedReport:
    return FORMAT.parse(text.encode(), "a.lst")


def test_lines_with_a_count_are_read() -> None:
    file = parse("       |module a;\r\n      7|f();\r\n0000000|g(x | y);\r\nsource/a b.d is 50% covered\r\n").files
    assert (file["source/a b.d"].statements, file["source/a b.d"].covered) == (0b1100, 0b0100)


def test_a_module_without_code_is_a_file_without_lines() -> None:
    assert parse("       |enum a = 1;\na.d has no code\n").files["a.d"].statements == 0


@pytest.mark.parametrize("head", [b"       |x", b"0000000|x", b"     12|x", b"\xef\xbb\xbf       |x"])
def test_the_first_line_tells(head: bytes) -> None:
    assert FORMAT.recognises(head)


@pytest.mark.parametrize("head", [b"|a|b|", b"  | table |", b"a|b", b"| 12 |"])
def test_a_table_is_no_listing(head: bytes) -> None:
    assert not FORMAT.recognises(head)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("      1|a\n", "cut short"),
        ("      1|a\na.d is 99% covered", "says 99% and lists 1 of 1"),
        ("      1|a\na.d has no code", "says no% and lists 1 of 1"),
        ("       |a\na.d is 0% covered", "says 0% and lists 0 of 0"),
        ("      1|a\nhello\na.d is 100% covered", "a.lst:2: not a line"),
        ("     -1|a\na.d is 0% covered", "not a line"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(text)
