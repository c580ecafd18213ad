"""The change that brings the first policy is judged by that policy, and says so."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.facts import BasePolicy
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """A note when the base branch has no policy."""
    if view.facts.base_policy is BasePolicy.ABSENT:
        words = "policy: the base branch has none, so this change is judged by the policy that it brings"
        yield Finding("bootstrap", Effect.NOTE, Scope.POLICY, "policy", words)
