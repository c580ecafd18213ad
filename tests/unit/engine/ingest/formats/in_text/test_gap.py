"""Lines that GAP read, and those that ran."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_text.gap import GapProfile
from covgov.ingest.interface import ParsedReport

FORMAT = GapProfile()
HEAD = '{"Type":"_","Version":1,"IsCover":true,"TimeType":"Wall"}\n'
NAME = '{"Type":"S","File":"lib/a.g","FileId":1}\n'


def parse(text: str) -> ParsedReport:
    return FORMAT.parse(text.encode(), "g.cov")


def test_a_line_that_was_read_or_ran_counts() -> None:
    parsed = parse(f'{HEAD}{NAME}{{"Type":"R","Line":1,"FileId":1}}\n\n{{"Type":"E","Line":2,"FileId":1}}\n')
    assert (parsed.files["lib/a.g"].statements, parsed.files["lib/a.g"].covered) == (0b110, 0b100)


def test_both_first_lines_are_recognised() -> None:
    assert FORMAT.recognises(HEAD.encode())
    assert FORMAT.recognises(NAME.encode())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD, "no record names a file"),
        (HEAD.replace("true", "false") + NAME, "a profile of the time"),
        (NAME + NAME.replace("a.g", "b.g"), "file 1 is lib/a.g, and lib/b.g"),
        (NAME + '{"Type":"R","Line":1,"FileId":2}', "file 2 has no name"),
        (NAME + '{"Type":"R","Line":1}', "no FileId"),
        (NAME + '{"Type":"R","FileId":1}', "line 0"),
        (NAME + '{"Type":"R","Line":01,"FileId":1}', "g.cov:2"),
        (NAME + '{"Type":"X","Line":1,"FileId":1}', "g.cov:2"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(text)
