"""What must be found in a run that names this policy, by the rules that need nothing but its coverage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Finding, SuiteLine
from covgov.policy.facts import BasePolicy, Facts
from covgov.policy.policy import Policy
from covgov.policy.rules import suite

RULES = (suite.check,)
"""They look neither at a baseline, nor at a diff, nor at the day."""

NOT_ASKED = NoBaseline(BaselineReason.NO_REPOSITORY, "the hub has no source code", blocking=False)


def findings(snapshots: Mapping[str, Snapshot], policy: Policy) -> Iterator[Finding]:
    """Everything that keeps the run from passing, before any exception. snapshots: by suite, those that arrived."""
    facts = _facts(snapshots, policy)
    return (finding for rule in RULES for finding in rule(facts) if finding.counts)


def _facts(snapshots: Mapping[str, Snapshot], policy: Policy) -> Facts:
    return Facts(
        today=date.min,
        policy=policy,
        base_policy=BasePolicy.NO_BASE,
        loosenings=(),
        suites=tuple(_line(name, snapshots.get(name)) for name in policy.expected),
        components=(),
        project=None,
        patch=None,
        register=None,
        base_register=None,
    )


def _line(name: str, snapshot: Snapshot | None) -> SuiteLine:
    return SuiteLine(name, arrived=snapshot is not None, tests=snapshot.tests if snapshot else None)
