"""Facts in, one verdict out: rules, waivers, and the fold that happens once."""

from __future__ import annotations

from collections.abc import Iterable

from covgov.judge import override, rows
from covgov.judge import waivers as waive
from covgov.judge.facts import Facts
from covgov.judge.interface import Rule
from covgov.judge.registry import RULES
from covgov.judge.rules import max_drop
from covgov.model.verdict import Effect, Finding, Verdict, fold

ORDER = (Effect.FAIL, Effect.UNDETERMINED, Effect.NOTE)


def evaluate(facts: Facts) -> Verdict:
    """The verdict. The same facts give the same verdict; neither the order of rules nor that of findings matters."""
    return judge(facts, RULES.values())


def judge(facts: Facts, rules: Iterable[Rule]) -> Verdict:
    """The verdict under the given rules."""
    found = in_order(finding for rule in rules for finding in rule(facts))
    waived = waive.apply(found, facts)
    findings = in_order((*waived.findings, *waived.extra))
    project = rows.project_row(facts, findings)
    return Verdict(
        outcome=fold(findings),
        findings=findings,
        rows=tuple(rows.component_row(facts, one, findings) for one in facts.components),
        project=project,
        patch=rows.patch_row(facts),
        suites=facts.suites,
        exceptions=tuple(waived.lines),
        receipt=rows.receipt_of(facts),
        today=facts.today,
        policy_hash=facts.policy.hash,
        commit=facts.commit,
        tree=facts.tree,
        dirty=facts.dirty,
        soft_start=override.lowering(facts.override, facts.policy) if facts.override is not None else "",
        guard_judged={
            one.component.name: points
            for one in facts.components
            if (points := max_drop.judged(one.measured, one.component.metric)) is not None
        },
        bars=rows.bar_lines(facts),
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by effect (failures first), rule, subject, message; a finding that two bars share is told once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=_rank))


def _rank(finding: Finding) -> tuple[int, str, str, str, str, str]:
    place = (finding.scope.value, finding.key)
    return ORDER.index(finding.effect), finding.rule, finding.subject, finding.message, *place
