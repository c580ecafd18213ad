"""Records of `gcov -i`."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_text.gcov_intermediate import GcovIntermediate
from covgov.ingest.interface import ParsedReport
from covgov.model.snapshot import CountedExits


def parse(*records: str) -> ParsedReport:
    return GcovIntermediate().parse("".join(f"{record}\n" for record in records).encode(), "a.gcov")


def test_a_file_that_is_listed_twice_is_merged() -> None:
    parsed = parse(
        "file:a.c",
        "function:1,1,f",
        "lcount:2,0",
        "file:b.c",
        "lcount:1,1",
        "file:a.c",
        "lcount:2,18446744073709551615,1",
    )
    assert {path: file.covered for path, file in parsed.files.items()} == {"a.c": 0b100, "b.c": 0b10}


def test_an_exit_was_taken_or_not() -> None:
    parsed = parse("file:a.c", "lcount:2,1", "branch:2,taken", "branch:2,nottaken", "branch:2,notexec")
    assert parsed.files["a.c"].by_number == {2: CountedExits(1, 3)}


@pytest.mark.parametrize(
    "records", [["lcount:1,1"], ["file:a.c", "lcount:0,1"], ["file:a.c", "lcount:1"], ["file:a.c", "x"], ["file:"]]
)
def test_what_is_no_record_is_refused(records: list[str]) -> None:
    with pytest.raises(InputError, match=r"a\.gcov"):
        parse(*records)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"file:a.c\nlcount:1,1\n", True),
        (b"version:7.1.0\nfile:a.c\nfunction:1,1,f\n", True),
        (b"file:a.c\nDA:1,1\n", False),
        (b"SF:a.c\n", False),
    ],
)
def test_it_begins_with_a_file(head: bytes, known: bool) -> None:
    assert GcovIntermediate().recognises(head) is known
