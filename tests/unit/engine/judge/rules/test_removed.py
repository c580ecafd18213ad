from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.model.verdict import Effect, Scope
from covgov.register.entry import Entry
from covgov_testing.builders.policy import found, good, knowing
from covgov_testing.builders.register import COMPLETE, register

OTHER = replace(COMPLETE, id="EX-002", subject="api")


@pytest.mark.security
@pytest.mark.parametrize("left", [(), (OTHER,)], ids=["emptied", "one row deleted"])
def test_rows_that_stood_where_the_change_starts_and_are_gone_fail_with_their_ids(left: tuple[Entry, ...]) -> None:
    start = register(COMPLETE, replace(OTHER, id="EX-003", subject="web"), *left)
    (finding,) = found("exception-removed", knowing(good(), register=register(*left), start_register=start))
    assert (finding.rule, finding.effect, finding.scope) == ("exception-removed", Effect.FAIL, Scope.REGISTER)
    assert finding.message.startswith("EX-001, EX-003: ")
    assert finding.hint == "restore the rows; `covgov exceptions resolve` closes a row that is no longer needed"


def test_rows_that_are_still_there_or_never_had_an_id_are_no_finding() -> None:
    start = register(COMPLETE, replace(OTHER, id=""))
    here = register(replace(COMPLETE, current="changed"))
    assert found("exception-removed", knowing(good(), register=here, start_register=start)) == ()


def test_without_a_register_on_both_sides_there_is_nothing_to_compare() -> None:
    there = register(COMPLETE)
    assert found("exception-removed", knowing(good(), register=None, start_register=there)) == ()
    assert found("exception-removed", knowing(good(), register=there, start_register=None)) == ()
