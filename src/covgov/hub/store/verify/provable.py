"""What must be found in a run that names this policy, by the rules that need nothing but its coverage. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from covgov.judge.facts import BasePolicy, ComponentFacts, Facts, Measured, Override
from covgov.judge.rules import bar, empty, suite
from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Finding, SuiteLine
from covgov.policy import scopes
from covgov.policy.bar import BarScope
from covgov.policy.policy import Policy

RULES = (suite.check, empty.check, bar.check)
"""They look at no baseline, diff or day. Bars per owner are left out: the hub knows no owners."""

NOT_ASKED = NoBaseline(BaselineReason.NO_REPOSITORY, "the hub has no source code", blocking=False)


def findings(
    snapshots: Mapping[str, Snapshot], merged: Snapshot | None, policy: Policy, lowered: Override | None
) -> Iterator[Finding]:
    """Everything that keeps the run from passing, before any exception. snapshots: by suite, those that arrived.

    merged: all of them in one; None when there is none. lowered: the soft start in force.
    """
    facts = _facts(snapshots, merged, policy, lowered)
    owned = {one.key for one in policy.bars if one.scope is BarScope.OWNER}
    return (finding for rule in RULES for finding in rule(facts) if finding.counts and finding.key not in owned)


def _facts(
    snapshots: Mapping[str, Snapshot], merged: Snapshot | None, policy: Policy, lowered: Override | None
) -> Facts:
    whole = all(name in snapshots for name in policy.expected)
    return Facts(
        today=date.min,
        policy=policy,
        base_policy=BasePolicy.NO_BASE,
        loosenings=(),
        suites=tuple(_line(name, snapshots.get(name)) for name in policy.expected),
        components=tuple(
            ComponentFacts(one, _measured(snapshots.get(one.suite), scopes.belongs(policy, name)))
            for name, one in policy.components.items()
        ),
        project=_measured(merged if whole else None, lambda path: True),
        patch=None,
        register=None,
        base_register=None,
        override=lowered,
    )


def _line(name: str, snapshot: Snapshot | None) -> SuiteLine:
    return SuiteLine(name, arrived=snapshot is not None, tests=snapshot.tests if snapshot else None)


def _measured(snapshot: Snapshot | None, belongs: Callable[[str], bool]) -> Measured:
    return Measured(snapshot.restrict(belongs) if snapshot else None, "", NOT_ASKED)
