"""gcov's listing of a source file."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_text.gcov_text import GcovText
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits

HEAD = "        -:    0:Source:a.c\n        -:    0:Runs:1\n"


def parse(*lines: str, head: str = HEAD) -> ParsedReport:
    return GcovText().parse((head + "".join(f"{line}\n" for line in lines)).encode("latin-1"), "a.c.gcov")


def test_counts_of_every_spelling() -> None:
    file = parse(
        "        -:    1:// é",
        "       20:    2:a",
        "    #####:    3:b",
        "    =====:    4:c",
        "      12*:    5:d",
        "     1.2M:    6:e",
        "        0:    7:f",
    ).files["a.c"]
    assert file.statements == 0b11111100
    assert file.covered == 0b01100100


def test_branches_belong_to_the_line_above() -> None:
    parsed = parse(
        "        1:    2:if",
        "branch  0 taken 9",
        "branch  1 taken 0% (fallthrough)",
        "branch  2 never executed",
        "call    3 returned 1",
        "unconditional  4 never executed",
        "        1:    3:x",
        "        1:    3-block  0",
    )
    assert parsed.files["a.c"].by_number == {2: CountedExits(1, 3)}
    assert parsed.identity.branch


def test_instances_of_a_template_are_one_line() -> None:
    again = (
        "------------------",
        "_Z1fIiE:",
        "function _Z1fIiE called 0 returned 0% blocks executed 0%",
        "    #####:    2:x",
    )
    assert parse("        1:    2:x", *again).files["a.c"].covered == 0b100


@pytest.mark.parametrize(
    ("lines", "head"),
    [
        (["what is this"], HEAD),
        (["branch  0 taken 9"], HEAD),
        (["        1:    2:x", f"branch  0 taken {'9' * 5000}"], HEAD),
        (["       ..:    2:x"], HEAD),
        ([f"{'9' * 5000}:    2:x"], HEAD),
        (["        1:9999999:x"], HEAD),
        (["        -:    0:Source:b.c"], HEAD),
        (["        1:    2:x"], ""),
        (["        1:    2:x"], "        -:    0:Source:\n"),
    ],
)
def test_what_is_no_listing_is_refused(lines: list[str], head: str) -> None:
    with pytest.raises(InputError, match=r"a\.c\.gcov"):
        parse(*lines, head=head)


def test_a_listing_that_is_cut_short_is_refused() -> None:
    with pytest.raises(InputError, match="cut short"):
        GcovText().parse((HEAD + "        1:    2:x").encode(), "a.c.gcov")
