from __future__ import annotations

from itertools import pairwise

import pytest
from coverage.numbits import nums_to_numbits
from hypothesis import given
from hypothesis import strategies as st

from covgov.model import lines

SETS = st.sets(st.integers(1, 3000), max_size=60)


@given(SETS)
def test_of_and_numbers_are_inverse(wanted: set[int]) -> None:
    assert list(lines.numbers(lines.of(wanted))) == sorted(wanted)


@given(SETS, SETS)
def test_set_operations_are_single_integer_operations(one: set[int], other: set[int]) -> None:
    a, b = lines.of(one), lines.of(other)
    assert (a | b, a & b, a & ~b) == (lines.of(one | other), lines.of(one & other), lines.of(one - other))
    assert a.bit_count() == len(one)


@given(SETS)
def test_the_bytes_are_coverage_pys_numbits(wanted: set[int]) -> None:
    data = lines.to_bytes(lines.of(wanted))
    assert data == bytes(nums_to_numbits(wanted)).rstrip(b"\0")
    assert lines.from_bytes(data) == lines.of(wanted)


@given(SETS)
def test_runs_are_maximal_ascending_and_complete(wanted: set[int]) -> None:
    found = list(lines.runs(lines.of(wanted)))
    assert {n for first, last in found for n in range(first, last + 1)} == wanted
    assert all(first <= last for first, last in found)
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(found))


@given(st.integers(1, 200), st.integers(-3, 200))
def test_span_holds_both_ends_and_is_empty_backwards(first: int, length: int) -> None:
    assert list(lines.numbers(lines.span(first, first + length - 1))) == list(range(first, first + length))


@given(spans=st.lists(st.tuples(st.integers(1, 300), st.integers(-3, 100))))
def test_the_union_of_ranges_is_that_of_their_lines(spans: list[tuple[int, int]]) -> None:
    ranges = [(first, first + length) for first, length in spans]
    assert lines.of_spans(ranges) == lines.of({line for first, last in ranges for line in range(first, last + 1)})


def test_spelling_joins_runs() -> None:
    assert lines.spell(lines.of([40, *range(52, 59), 60])) == "40,52-58,60"
    assert lines.spell(0) == ""


@given(SETS)
def test_what_is_spelled_is_read_back(wanted: set[int]) -> None:
    assert lines.unspell(lines.spell(lines.of(wanted))) == lines.of(wanted)


@pytest.mark.parametrize(("text", "wanted"), [("9,3-4", [3, 4, 9]), ("3,3,3-5", [3, 4, 5]), ("7-3", []), ("", [])])
def test_runs_are_read_in_any_order(text: str, wanted: list[int]) -> None:
    assert lines.unspell(text) == lines.of(wanted)


@pytest.mark.parametrize(
    "text", ["0", "01", "5-", "-5", "5,", ",5", "5,,8", "5 ", " 5", "+5", "5_0", "5-6-7", "12345678", "5\n", "٣"]
)
def test_what_is_no_list_of_lines_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no list of lines"):
        lines.unspell(text)


@pytest.mark.parametrize("number", [0, -1])
def test_a_line_below_one_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        lines.of([5, number])


def test_the_empty_set_is_zero() -> None:
    assert lines.of([]) == 0
    assert lines.to_bytes(0) == b""


@given(st.dictionaries(st.integers(1, 3000), st.integers(0, 2**40), min_size=1, max_size=60))
def test_lines_with_hits_are_two_sets(hits: dict[int, int]) -> None:
    found = lines.of_hits(list(hits), list(hits.values()))
    assert found == (lines.of(hits), lines.of(line for line, count in hits.items() if count))


@pytest.mark.parametrize("numbers", [[1, 1], [0], [2, 0], [2, -3], [lines.MAX_LINE + 1]])
def test_a_line_listed_twice_or_out_of_bounds_is_none(numbers: list[int]) -> None:
    assert lines.of_hits(numbers, [1] * len(numbers)) is None


@given(SETS)
def test_picked_texts_are_those_of_the_set(wanted: set[int]) -> None:
    texts = [str(number) for number in range(1, 2001)]
    assert list(lines.pick(lines.of(wanted), texts)) == [str(number) for number in sorted(wanted) if number <= 2000]
