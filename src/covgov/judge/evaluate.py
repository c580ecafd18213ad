"""Facts and policies in, one verdict out: each policy's rules, the worse of their findings, waivers, one fold."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from covgov.judge import override, rows
from covgov.judge import waivers as waive
from covgov.judge.enforcement import marked
from covgov.judge.facts import Facts
from covgov.judge.interface import RuleCheck
from covgov.judge.registry import CHECKS
from covgov.judge.rules import bootstrap, max_drop
from covgov.judge.unite import unite
from covgov.judge.view import PolicyView, view_of
from covgov.model.verdict import Effect, Finding, Verdict, fold
from covgov.policy.policy import Policy

ORDER = (Effect.FAIL, Effect.UNDETERMINED, Effect.NOTE)


def evaluate(facts: Facts, policies: Sequence[Policy], checks: Collection[RuleCheck] = CHECKS) -> Verdict:
    """policies: the head's, then the base branch's (after `covgov.tamper.renames.follow`) where it is another one.

    The same facts give the same verdict; neither the order of rules nor that of findings matters. What a loosening does
    the policy decides that is loosened: the base branch's, else the only one.
    """
    last = len(policies) - 1
    sides = [facts if index == last else replace(facts, loosenings=()) for index in range(len(policies))]
    return judge([view_of(sides[i], policy, base=i > 0) for i, policy in enumerate(policies)], checks)


def judge(views: Sequence[PolicyView], checks: Collection[RuleCheck] = CHECKS) -> Verdict:
    """The verdict on what each policy makes of the same facts."""
    head, facts = views[0], views[0].facts
    each = [marked(view.policy, (finding for check in checks for finding in check(view))) for view in views]
    found = unite(views, each)
    waivers = waive.apply(in_order(found), views)
    findings = in_order((*waivers.findings, *waivers.extra))
    outcome = fold(findings)
    findings = in_order((*findings, *bootstrap.first_pass(facts, outcome)))
    return Verdict(
        outcome=outcome,
        findings=findings,
        rows=rows.component_rows(views, findings),
        project=rows.project_row(views, findings),
        patch=rows.patch_row(views),
        suites=facts.suites,
        exceptions=waivers.lines,
        receipt=rows.receipt_of(head),
        today=facts.today,
        policy_hash=_hash([view.policy.hash for view in views]),
        commit=facts.commit or None,
        tree=facts.tree or None,
        dirty=facts.dirty,
        soft_start=_soft_start(views) or None,
        guard_judged=_guard(views),
        bars=rows.bar_lines(views),
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by effect (failures first), rule, subject, message; a finding that two bars share is listed once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=_rank))


def _rank(finding: Finding) -> tuple[int, str, str, str, str, str]:
    place = (finding.scope.value, finding.key)
    return ORDER.index(finding.effect), finding.rule, finding.subject, finding.message, *place


def _hash(hashes: Sequence[str]) -> str:
    """The policy's; of two that judge together a hash that is neither's."""
    return hashes[0] if len(set(hashes)) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _soft_start(views: Sequence[PolicyView]) -> str:
    given = views[0].facts.override
    lowerings = (override.lowering(given, view.policy) for view in views) if given is not None else ()
    return next(filter(None, lowerings), "")


def _guard(views: Sequence[PolicyView]) -> Mapping[str, Fraction]:
    """Component -> judged points; of a component that both policies have, as the head draws it."""
    return {
        one.component.name: points
        for view in reversed(views)
        for one in view.components
        if (points := max_drop.judged(one.measured, one.component.metric)) is not None
    }
