from __future__ import annotations

from collections.abc import Iterator

import pytest

from covgov.judge.interface import Rule
from covgov.judge.registry import RULES
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding
from covgov_testing.builders.policy import (
    found,
    good,
)


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_fails_facts_that_are_in_order(rule: str) -> None:
    assert all(finding.effect is Effect.NOTE for finding in found(rule, good()))


@pytest.mark.architecture
def test_every_rule_is_a_function_of_a_module_of_its_own() -> None:
    modules = [rule.__module__ for rule in RULES.values() if callable(rule)]
    assert len(set(modules)) == len(RULES)
    assert all(name.startswith("covgov.judge.rules.") for name in modules)


def test_a_rule_is_any_function_of_a_view() -> None:
    def silent(view: PolicyView, /) -> Iterator[Finding]:
        return iter(())

    rule: Rule = silent
    assert not list(rule(good()))
