"""Which findings the policy enforces; the others are reported and change no exit code. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import structs

from covgov.model.verdict import Finding, Scope
from covgov.policy import scopes
from covgov.policy.bars import Enforcement
from covgov.policy.policy import Policy


def marked(policy: Policy, findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those that the policy only evaluates marked as not enforced."""
    return [
        structs.replace(one, enforced=False) if one.counts and not _enforced(policy, one) else one for one in findings
    ]


def _enforced(policy: Policy, finding: Finding) -> bool:
    """The most specific setting decides: the rule's, then that of the components it is about, then the policy's.

    What several components share is enforced if one of them is.
    """
    rule = policy.rules_by_key.get(finding.key)
    if rule is not None and rule.enforcement is not None:
        return rule.enforcement is Enforcement.ENFORCE
    return _any_enforces(policy, _components(policy, finding))


def enforces_suite(policy: Policy, suite: str) -> bool:
    """Whether what goes wrong with a suite fails the run."""
    return _any_enforces(policy, _of_suite(policy, suite))


def _any_enforces(policy: Policy, names: Collection[str]) -> bool:
    levels = [policy.components[name].enforcement for name in names] or [policy.gate.enforcement]
    return Enforcement.ENFORCE in levels


def _of_suite(policy: Policy, suite: str) -> tuple[str, ...]:
    return tuple(name for name, one in policy.components.items() if one.suite == suite)


def _components(policy: Policy, finding: Finding) -> tuple[str, ...]:
    """The components that a finding is about; () for one about the whole."""
    subject = finding.subject
    match finding.scope:
        case Scope.COMPONENT:
            return (subject,) if subject in policy.components else ()
        case Scope.SUITE:
            return _of_suite(policy, subject)
        case Scope.FILE:
            return scopes.components_of(policy, subject)
        case Scope.PATCH:
            if subject == "patch" or subject in policy.components:
                return (subject,) if subject in policy.components and finding.key != "policy.fail_under_patch" else ()
            return scopes.components_of(policy, subject)
        case Scope.POLICY:
            return _named(policy, subject) or scopes.placed(policy, subject)
        case _:
            return ()


def _named(policy: Policy, key: str) -> tuple[str, ...]:
    """The component, or those of the suite, whose table a key of the policy is in. Names may hold dots."""
    tables = {f"components.{name}": (name,) for name in policy.components}
    for name, one in policy.components.items():
        tables[f"suites.{one.suite}"] = (*tables.get(f"suites.{one.suite}", ()), name)
    around = [table for table in tables if key == table or key.startswith(f"{table}.")]
    return tables[max(around, key=len)] if around else ()
