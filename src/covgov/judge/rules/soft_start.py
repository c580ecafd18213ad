"""A total bar given from outside: refused below the floor, reported whenever it lowers."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge import override
from covgov.judge.interface import Rule, RulePage
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
    elif lowered := override.lowering(given, view.policy):
        yield Finding("soft-start", Effect.NOTE, Scope.SUITE, given.suite, lowered, bar=given.value)


PAGES = (
    RulePage(
        id="soft-start",
        title="A bar was replaced from outside",
        why=(
            "`COVERAGE_FAIL_UNDER` and `--fail-under` may always raise the bar of one suite. They may lower "
            "it only to `soft_start_floor` of the base branch's policy, and every output shows it."
        ),
        example="[soft-start] COVERAGE_FAIL_UNDER = 50 is below the soft_start_floor of 70 %",
        fix=(
            "Raise the value, or lower `policy.soft_start_floor` on the base branch first. A note of this "
            "rule only reports that a lowered bar is in force."
        ),
    ),
)

RULE = Rule(check, PAGES)
