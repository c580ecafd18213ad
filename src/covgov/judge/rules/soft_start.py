"""A total bar given from outside: refused below the floor, and told wherever it lowers."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge import override
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """A failure for a bar below the floor, a note for one that is lowered within it."""
    given = view.facts.override
    if given is None:
        return
    words = override.refusal(given, view.policy)
    if words:
        hint = "raise it, or lower policy.soft_start_floor in the base branch first"
        yield Finding("soft-start", Effect.FAIL, Scope.SUITE, given.suite, words, hint, bar=given.value)
    elif told := override.lowering(given, view.policy):
        yield Finding("soft-start", Effect.NOTE, Scope.SUITE, given.suite, told, bar=given.value)
