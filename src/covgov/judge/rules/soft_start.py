"""A total bar given from outside: refused below the floor, and told wherever it lowers."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge import override
from covgov.judge.facts import Facts
from covgov.model.verdict import Effect, Finding, Scope


def check(facts: Facts) -> Iterator[Finding]:
    """A failure for a bar below the floor, a note for one that is lowered within it."""
    given = facts.override
    if given is None:
        return
    words = override.refusal(given, facts.policy)
    if words:
        hint = "raise it, or lower policy.soft_start_floor in the base branch first"
        yield Finding("soft-start", Effect.FAIL, Scope.SUITE, given.suite, words, hint, bar=given.value)
    elif told := override.lowering(given, facts.policy):
        yield Finding("soft-start", Effect.NOTE, Scope.SUITE, given.suite, told, bar=given.value)
