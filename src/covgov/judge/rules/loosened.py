"""Each weakening of the gate by a change is a failure, which a person has to accept."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.policy import LooseningEffect

HINT = "undo it, or have it approved in review by an owner of the policy's file, or by a register row merged first"


def check(view: PolicyView) -> Iterator[Finding]:
    """One failure per loosening; a note where an owner approved the change, or the policy only reports loosenings.
    What a row of the register approves is waived later."""
    approval = view.facts.loosening_approval
    accepted = ""
    if approval.by:
        accepted = f"; approved by {approval.by} in review"
    elif view.policy.gate.loosening is LooseningEffect.REPORT:
        accepted = '; not enforced (policy.loosening = "report")'
    for loosening in view.facts.loosenings:
        yield Finding(
            rule="loosened",
            effect=Effect.NOTE if accepted else Effect.FAIL,
            scope=Scope.POLICY,
            subject=loosening.key,
            message=f"{loosening.key}: {loosening.message}{accepted}",
            hint="" if accepted else HINT + (f" (not approved: {approval.why})" if approval.why else ""),
            key=loosening.key,
        )


PAGES = (
    RulePage(
        id="loosened",
        title="The change makes a gate easier",
        why=(
            "Who lowers a bar, removes a suite or excludes code should not decide alone that the change "
            "passes. The base branch's policy judges the change as well, so a lowered bar helps nobody in its "
            "own change. Paths are narrower if a file of today, or a new file beside one, is no longer claimed."
        ),
        example="[loosened] components.api.fail_under: lowered from 90 to 80",
        fix=(
            "Undo it, or have it approved. Either a code owner of the policy's file other than the author approves the "
            "pull request at its newest commit (docs/github.md says which token covgov needs), and the job runs again. "
            "Or a row with the scope `policy:KEY` (`policy:components.api.fail_under`), complete and in date, is "
            "merged into the register first. Teams whose branch protection asks code owners anyway can set `[policy] "
            'loosening = "report"`.'
        ),
    ),
)

RULE = Rule(check, PAGES)
