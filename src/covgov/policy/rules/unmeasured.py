"""A changed source file that no report of its suite mentions: coverage that nobody can see."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.facts import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """One failure per file."""
    for path in facts.patch.unmeasured if facts.patch is not None else ():
        yield Finding(
            rule="unmeasured",
            effect=Effect.FAIL,
            scope=Scope.FILE,
            subject=path,
            message=f"{path}: changed here, but in no report of its suite",
            hint="measure it (coverage.py: `source` in its configuration), or take it out of the component's paths",
        )
