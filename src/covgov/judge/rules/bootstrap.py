"""The change that brings the first policy is judged by that policy, with a note."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.facts import BasePolicy
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """A note when the base branch has no policy."""
    if view.facts.base_policy is BasePolicy.ABSENT:
        words = "policy: the base branch has none, so this change is judged by the policy that it brings"
        yield Finding("bootstrap", Effect.NOTE, Scope.POLICY, "policy", words)


PAGES = (
    RulePage(
        id="bootstrap",
        title="The base branch has no policy yet",
        why="The change that brings the first policy cannot be judged by an older one.",
        example=("[bootstrap] policy: the base branch has none, so this change is judged by the policy that it brings"),
        fix="Nothing to do. From the merge on, the base branch's policy judges every change.",
    ),
)

RULE = Rule(check, PAGES)
