"""One row as a value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.model.snapshot import Metric
from covgov.model.verdict import Scope
from covgov.register.entry import Status
from covgov_testing.builders.register import COMPLETE


def test_a_complete_entry_lacks_nothing() -> None:
    assert COMPLETE.absent == ()


def test_a_floor_of_zero_is_a_floor() -> None:
    assert replace(COMPLETE, floor=COMPLETE.floor and COMPLETE.floor * 0).absent == ()


@pytest.mark.parametrize("text", ["", " ", "-", "–", "—", "TBD", "todo", "?", "n/a", "None"])
def test_a_placeholder_is_not_an_owner(text: str) -> None:
    assert replace(COMPLETE, owner=text).absent == ("owner",)


def test_what_is_absent_is_named_in_the_order_of_the_columns() -> None:
    dates = replace(COMPLETE, id="", floor=None, review=None, approved_on=None)
    bare = replace(dates, owner="", rationale="", mitigation="", approved_by="")

    assert bare.absent == (
        "id", "floor", "owner", "rationale", "mitigation", "next review", "approved by", "approved on",
    )  # fmt: skip


def test_an_entry_is_about_one_figure() -> None:
    assert COMPLETE.key == (Scope.COMPONENT, "auth", Metric.COMBINED)
    assert COMPLETE.spelled == "component:auth"


@pytest.mark.parametrize(("status", "is_open"), [("proposed", True), ("active", True), ("resolved", False)])
def test_only_a_resolved_entry_is_closed(status: str, is_open: bool) -> None:
    assert replace(COMPLETE, status=Status(status)).open is is_open
