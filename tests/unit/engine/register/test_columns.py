"""Cells to values and back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.model.snapshot import Metric
from covgov.model.verdict import Scope
from covgov.register.columns import COLUMNS, MACHINE, PEOPLE, CellError, cells_of, entry_of, storable
from covgov.register.entry import Entry, Status
from covgov_testing.builders.register import COMPLETE, PROPOSED


def test_every_column_has_a_cell_in_order() -> None:
    assert tuple(cells_of(COMPLETE)) == COLUMNS == MACHINE + PEOPLE


SUBJECTS = st.text(min_size=1, max_size=20).filter(storable)
ENTRIES = st.builds(
    replace,
    st.sampled_from([COMPLETE, PROPOSED]),
    scope=st.sampled_from([Scope.COMPONENT, Scope.FILE]),
    subject=SUBJECTS,
    metric=st.sampled_from(list(Metric)),
    floor=st.none() | st.decimals(0, 100, places=4),
    status=st.sampled_from(list(Status)),
)


@given(ENTRIES)
def test_reading_what_was_written_gives_the_entry(entry: Entry) -> None:
    assert entry_of(cells_of(entry)) == entry


@pytest.mark.parametrize(("value", "text"), [("90", "90"), ("90.00", "90"), ("79.950", "79.95"), ("0.0", "0")])
def test_equal_decimals_have_one_spelling(value: str, text: str) -> None:
    assert cells_of(replace(COMPLETE, bar=Decimal(value)))["bar"] == text


@pytest.mark.parametrize(("subject", "quoted"), [("auth_service", False), ("_x", True), ("a*b", True), ("a`_", False)])
def test_only_what_markdown_would_change_is_quoted(subject: str, quoted: bool) -> None:
    assert cells_of(replace(COMPLETE, subject=subject))["scope"].startswith("`") is quoted


def test_a_bad_cell_names_its_column() -> None:
    with pytest.raises(CellError, match=r"^next review: 'soon' is not a date"):
        entry_of({**cells_of(COMPLETE), "next review": "soon"})
