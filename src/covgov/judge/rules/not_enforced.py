"""What the policy only evaluates: everything is judged and reported, and nothing of it fails."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.bars import Enforcement
from covgov.policy.policy import Policy

HINT = 'set enforcement = "enforce" when the team is ready'


def check(view: PolicyView) -> Iterator[Finding]:
    """One note that names every table with `enforcement = "evaluate"`."""
    if keys := tuple(_evaluated(view.policy)):
        words = f'policy: not enforced (enforcement = "evaluate"): {", ".join(keys)}'
        yield Finding("not-enforced", Effect.NOTE, Scope.POLICY, "policy", words, HINT)


def _evaluated(policy: Policy) -> Iterator[str]:
    """The tables that say so themselves; components that are enforced in spite of the policy are named, too."""
    outer = policy.gate.enforcement
    spared = [name for name, one in policy.components.items() if one.enforcement is not outer]
    if outer is Enforcement.EVALUATE:
        yield f"policy (except {', '.join(f'components.{name}' for name in spared)})" if spared else "policy"
    else:
        yield from (f"components.{name}" for name in spared)
    yield from (key for key, rule in policy.rules_by_key.items() if rule.enforcement is Enforcement.EVALUATE)


PAGES = (
    RulePage(
        id="not-enforced",
        title="The policy only evaluates",
        why=(
            'With `enforcement = "evaluate"` on the policy, a component or a rule, a team sees what would fail before '
            "anything does. The verdict keeps its outcome, its findings are marked, and the exit code is 0. A run that "
            "would have failed is never a passed baseline."
        ),
        example='[not-enforced] policy: not enforced (enforcement = "evaluate"): components.api',
        fix=(
            'Set `enforcement = "enforce"`, or take the key out, when the team is ready. Going back to `evaluate` '
            "later is a loosening."
        ),
    ),
)

RULE = Rule(check, PAGES)
