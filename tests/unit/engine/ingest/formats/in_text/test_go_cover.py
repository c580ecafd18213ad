"""Blocks of statements as lines, and the statements that `go tool cover` counts."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_text.go_cover import GoCover
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric


def parse(*blocks: str, mode: str = "set") -> ParsedReport:
    return GoCover().parse("\n".join((f"mode: {mode}", *blocks, "")).encode(), "c.out")


def test_a_line_of_two_blocks_ran_if_one_of_them_did() -> None:
    file = parse("m/a.go:2.1,4.2 2 1", "m/a.go:4.8,6.2 1 0").files["m/a.go"]
    assert file.statements == 0b1111100
    assert file.covered == 0b0011100


def test_a_block_of_two_packages_ran_if_one_of_them_ran_it() -> None:
    parsed = parse("a.go:1.1,2.2 3 0", "mode: set", "a.go:1.1,2.2 3 7", mode="count")
    assert parsed.stated(Metric.LINE) == Ratio(3, 3)
    assert parsed.counted(Metric.LINE) == Ratio(2, 2)
    assert parsed.unit == "statements"


def test_a_block_without_statements_counts_for_nothing() -> None:
    assert parse("a.go:3.14,4.2 0 1").counted(Metric.LINE) == Ratio(0, 0)


def test_paths_may_hold_colons_and_spaces() -> None:
    assert list(parse("C:/src/my app/a.go:1.1,1.9 1 1").files) == ["C:/src/my app/a.go"]


@pytest.mark.security
@pytest.mark.parametrize(
    "block",
    [
        "no-colon 1 1",
        "a.go:1.1,2 1 1",
        "a.go:x.y,z.w 1 1",
        "a.go:5.1,3.2 1 1",
        "a.go:5.9,5.2 1 1",
        "a.go:1.1,2.2 -1 -5",
        "a.go:0.1,2.2 1 1",
        "a.go:1.1,99999999999.2 1 1",
        "a.go:1.1,2147483.2 1 1",
        " :1.1,2.2 1 1",
    ],
)
def test_what_is_no_block_is_refused_with_its_line(block: str) -> None:
    with pytest.raises(InputError, match=r"c\.out:2: "):
        parse(block)


def test_a_block_of_two_sizes_is_refused() -> None:
    with pytest.raises(InputError, match="with 2 statements that had 1 before"):
        parse("a.go:1.1,2.2 1 1", "a.go:1.1,2.2 2 1")
