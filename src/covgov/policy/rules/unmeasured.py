"""A changed source file that no report of its suite mentions: coverage that nobody can see."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.facts import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """One failure per file."""
    changed = facts.patch.unmeasured if facts.patch is not None else ()
    for path in changed:
        yield _finding(path, "changed here, but in no report of its suite")
    for path in sorted(set(facts.vanished) - set(changed)):
        yield _finding(path, "measured at the baseline and still here, but in no report of its suite any more")


def _finding(path: str, what: str) -> Finding:
    return Finding(
        rule="unmeasured",
        effect=Effect.FAIL,
        scope=Scope.FILE,
        subject=path,
        message=f"{path}: {what}",
        hint="measure it (coverage.py: `source` in its configuration), or take it out of the component's paths",
    )
