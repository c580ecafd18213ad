"""Notes on who judges: the first policy, enforcement that begins, a base policy that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.facts import BasePolicy, Facts
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Outcome, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """A note when the base branch has no policy, and one when its own cannot be read."""
    if view.facts.base_policy is BasePolicy.ABSENT:
        yield _note("bootstrap", "the base branch has none, so this change is judged by the policy that it brings")
    if view.facts.base_fault:
        yield _note("base-policy", f"the base branch's cannot be read: {view.facts.base_fault}")


def first_pass(facts: Facts, outcome: Outcome) -> Iterator[Finding]:
    """A note in the verdict with which enforcement begins."""
    if facts.first_pass and facts.whole and outcome is Outcome.PASS:
        yield _note("adoption", "enforcement begins once this run is recorded: the first of the branch that passed")


def _note(rule: str, words: str) -> Finding:
    return Finding(rule, Effect.NOTE, Scope.POLICY, "policy", f"policy: {words}")


PAGES = (
    RulePage(
        id="bootstrap",
        title="The base branch has no policy yet",
        why="The change that brings the first policy cannot be judged by an older one.",
        example=("[bootstrap] policy: the base branch has none, so this change is judged by the policy that it brings"),
        fix="Nothing to do. From the first recorded run that passes, the base branch's policy judges every change.",
    ),
    RulePage(
        id="adoption",
        title="Enforcement begins with this run",
        why=(
            "Until a run of the default branch has passed, only the bars of the policy at hand are judged: a first "
            "run that failed is repaired freely. From the first recorded pass on, changes are compared with the "
            "baseline, and the base branch's policy judges them, too."
        ),
        example=(
            "[adoption] policy: enforcement begins once this run is recorded: the first of the branch that passed"
        ),
        fix="Nothing to do.",
    ),
    RulePage(
        id="base-policy",
        title="The base branch's policy cannot be read",
        why=(
            "A broken policy on the base branch must not block its own repair, nor weaken the gate of the next "
            "change. The newest readable policy before it judges instead."
        ),
        example=(
            "[base-policy] policy: the base branch's cannot be read: covgov.toml at 1a2b3c4d5e6f (base branch): "
            "line 5: policy.max_drop: is not a number; that of 6f5e4d3c2b1a is used"
        ),
        fix="Merge a change that repairs the policy.",
    ),
)

RULE = Rule(check, PAGES)
