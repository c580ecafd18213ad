"""Every way in which a change weakens its own gate is a failure of its own, for people to approve, not for the gate."""

from __future__ import annotations

from collections.abc import Iterator

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
            hint="take it back, or land it as a change of its own that an owner of the policy merges knowingly",
            key=loosening.key,
        )
