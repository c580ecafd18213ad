"""Each weakening of the gate by a change is a failure, which a person has to accept."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """One failure per loosening."""
    for loosening in view.facts.loosenings:
        yield Finding(
            rule="loosened",
            effect=Effect.FAIL,
            scope=Scope.POLICY,
            subject=loosening.key,
            message=f"{loosening.key}: {loosening.message}",
            hint="undo it, or make it a change of its own that an owner of the policy merges",
            key=loosening.key,
        )


PAGES = (
    RulePage(
        id="loosened",
        title="The change makes a gate easier",
        why=(
            "Who lowers a bar, removes a suite or excludes code should not decide alone that the change "
            "passes. The base branch's policy judges the change as well, so a lowered bar helps nobody in its "
            "own change."
        ),
        example="[loosened] components.api.fail_under: lowered from 90 to 80",
        fix="Undo it, or make the loosening a change of its own that an owner of the policy merges.",
    ),
)

RULE = Rule(check, PAGES)
