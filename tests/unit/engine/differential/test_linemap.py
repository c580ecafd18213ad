from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.differential.linemap import IDENTICAL, LineMap, inverse
from covgov.model import lines
from covgov.model.diff import Hunk
from covgov_testing.edits import LAW, Edited, edits


def test_no_hunks_map_every_line_to_itself() -> None:
    bits = lines.of([1, 5, 900])
    assert (IDENTICAL.forward(bits), IDENTICAL.unchanged(bits), IDENTICAL.line(900)) == (bits, bits, 900)


def test_a_deletion_an_insertion_and_a_modification_shift_what_follows() -> None:
    change = LineMap.of([Hunk(2, 1, 1, 0), Hunk(4, 0, 4, 2), Hunk(6, 2, 7, 1)])
    assert change.removed == lines.of([2, 6, 7])
    assert change.added == lines.of([4, 5, 7])
    assert [change.line(n) for n in range(1, 10)] == [1, None, 2, 3, 6, None, None, 8, 9]
    assert change.forward(lines.span(1, 9)) == lines.of([1, 2, 3, 6, 8, 9])
    assert change.unchanged(lines.span(1, 9)) == lines.of([1, 3, 4, 5, 8, 9])


def test_an_insertion_before_the_first_line_moves_everything() -> None:
    assert LineMap.of([Hunk(0, 0, 1, 3)]).line(1) == 4


def test_a_line_before_a_change_of_line_one_does_not_exist() -> None:
    assert LineMap.of([Hunk(1, 2, 0, 0)]).line(1) is None


@pytest.mark.reliability
@pytest.mark.parametrize(
    "hunks",
    [
        [Hunk(5, 1, 5, 1), Hunk(4, 1, 6, 1)],
        [Hunk(5, 1, 6, 1)],
        [Hunk(1, 2, 1, 2), Hunk(2, 1, 2, 1)],
    ],
    ids=["out of order", "sides do not fit", "overlapping"],
)
def test_hunks_that_contradict_each_other_are_refused(hunks: list[Hunk]) -> None:
    with pytest.raises(ValueError, match="does not continue"):
        LineMap.of(hunks)


@LAW
@given(edits())
def test_the_map_agrees_with_the_texts(change: Edited) -> None:
    mapping = LineMap.of(change.hunks)
    where = {text: number for number, text in enumerate(change.new, 1)}
    assert [mapping.line(n) for n in range(1, len(change.old) + 1)] == [where.get(text) for text in change.old]
    assert mapping.added == lines.of(n for n, text in enumerate(change.new, 1) if text.startswith("new"))
    assert mapping.removed == lines.of(n for n, text in enumerate(change.old, 1) if text not in where)


@LAW
@given(edits(), st.data())
def test_sets_move_like_their_single_lines(change: Edited, data: st.DataObject) -> None:
    mapping = LineMap.of(change.hunks)
    chosen = data.draw(st.sets(st.integers(1, len(change.old) + 3)))
    moved = {mapping.line(n) for n in chosen} - {None}
    assert set(lines.numbers(mapping.forward(lines.of(chosen)))) == moved
    assert mapping.unchanged(lines.of(chosen)).bit_count() == len(moved)


@LAW
@given(edits(), st.sets(st.integers(1, 20)))
def test_there_and_back_again_is_what_survived(change: Edited, chosen: set[int]) -> None:
    there, back = LineMap.of(change.hunks), LineMap.of(inverse(change.hunks))
    bits = lines.of(chosen)
    assert back.forward(there.forward(bits)) == there.unchanged(bits)
    assert (back.added, back.removed) == (there.removed, there.added)
