from __future__ import annotations

from collections.abc import Iterator

import pytest

from covgov.judge.interface import RuleCheck
from covgov.judge.registry import PAGES, RULES
from covgov.judge.rules import exceptions
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, ExceptionState, Finding
from covgov_testing.builders.policy import (
    found,
    good,
)


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_fails_facts_that_are_in_order(rule: str) -> None:
    assert all(finding.effect is Effect.NOTE for finding in found(rule, good()))


@pytest.mark.architecture
def test_every_rule_is_a_function_of_a_module_of_its_own() -> None:
    modules = [getattr(rule.check, "__module__", "") for rule in RULES.values()]
    assert len(set(modules)) == len(RULES)
    assert all(name.startswith("covgov.judge.rules.") for name in modules)


def test_every_rule_has_a_page_of_its_own_name_and_no_page_stands_twice() -> None:
    assert all(name in {page.id for page in rule.pages} for name, rule in RULES.items())
    assert len(PAGES) == sum(len(rule.pages) for rule in RULES.values()) + len(exceptions.PAGES)


def test_every_state_of_an_exception_that_is_a_finding_has_a_page() -> None:
    silent = {ExceptionState.ACTIVE, ExceptionState.RESOLVED, ExceptionState.PROPOSED}
    assert {f"exception-{state}" for state in ExceptionState if state not in silent} <= PAGES.keys()


def test_a_rule_is_any_function_of_a_view() -> None:
    def silent(view: PolicyView, /) -> Iterator[Finding]:
        return iter(())

    check: RuleCheck = silent
    assert not list(check(good()))
