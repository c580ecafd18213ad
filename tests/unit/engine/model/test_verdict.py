from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.model.verdict import Effect, Finding, Outcome, Scope, fold

FINDINGS = st.builds(
    Finding,
    rule=st.just("bar"),
    effect=st.sampled_from(Effect),
    scope=st.just(Scope.FILE),
    subject=st.just("a.py"),
    message=st.just("said"),
    waived_by=st.sampled_from([None, "EX-001"]),
)


def finding(effect: Effect, waived_by: str | None = None) -> Finding:
    return Finding("bar", effect, Scope.FILE, "a.py", "said", waived_by=waived_by)


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ((), Outcome.PASS),
        ((finding(Effect.NOTE),), Outcome.PASS),
        ((finding(Effect.UNDETERMINED),), Outcome.UNDETERMINED),
        ((finding(Effect.UNDETERMINED), finding(Effect.FAIL)), Outcome.FAIL),
        ((finding(Effect.FAIL, "EX-001"),), Outcome.PASS),
        ((finding(Effect.FAIL, "EX-001"), finding(Effect.UNDETERMINED)), Outcome.UNDETERMINED),
    ],
)
def test_any_failure_else_anything_undetermined_else_pass(findings: tuple[Finding, ...], outcome: Outcome) -> None:
    assert fold(findings) is outcome


@given(st.lists(FINDINGS).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_findings_does_not_matter(both: tuple[list[Finding], list[Finding]]) -> None:
    found, shuffled = both
    assert fold(tuple(found)) is fold(tuple(shuffled))


@given(st.lists(FINDINGS), FINDINGS)
def test_one_more_finding_never_makes_it_better(findings: list[Finding], more: Finding) -> None:
    order = [Outcome.PASS, Outcome.UNDETERMINED, Outcome.FAIL]
    assert order.index(fold((*findings, more))) >= order.index(fold(tuple(findings)))
