"""Says what is uncertain about where the change starts."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """A note for each remark."""
    for note in view.facts.notes:
        yield Finding("base", Effect.NOTE, Scope.PROJECT, "base", f"base: {note}")


PAGES = (
    RulePage(
        id="base",
        title="Where the change starts is not certain",
        why=(
            "Policy, patch and drop are judged from the commit where the change starts. After a force push the commit "
            "that the branch pointed to is gone, and a remote does not always name its default branch."
        ),
        example=(
            "[base] base: the commit 1f0c2ab4d6e8 that the branch pointed to before this push is not in this clone (a "
            "force push): the push starts at 9a7b3c5d1e2f"
        ),
        fix=(
            "Nothing after a force push. Where the default branch is unknown: `git remote set-head origin --auto`, or "
            "`default_branch` in `[policy]`."
        ),
    ),
)

RULE = Rule(check, PAGES)
