"""What must be found in a run that names this policy, by the rules that need nothing but its coverage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from covgov.judge.facts import Facts, Override, suite_line
from covgov.judge.rules import bar, empty, suite
from covgov.judge.view import view_of
from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Finding
from covgov.policy.policy import BarScope, Policy

RULES = (suite.check, empty.check, bar.check)
"""They look at no baseline, diff or day. Bars per owner are left out: the hub knows no owners."""

NOT_ASKED = NoBaseline(BaselineReason.NO_REPOSITORY, "the hub has no source code", blocking=False)


def findings(
    snapshots: Mapping[str, Snapshot], merged: Snapshot | None, policy: Policy, lowered: Override | None
) -> Iterator[Finding]:
    """Everything that keeps the run from passing, before any exception. snapshots: by suite, those that arrived.

    merged: all of them in one; None when there is none. lowered: the soft start in force.
    """
    facts = Facts(
        today=date.min,
        suites=tuple(suite_line(name, snapshots.get(name)) for name in policy.expected),
        snapshots=snapshots,
        merged=merged,
        baseline=NOT_ASKED,
        override=lowered,
    )
    ownerless = replace(policy, bars=tuple(one for one in policy.bars if one.scope is not BarScope.OWNER))
    view = view_of(facts, ownerless)
    return (finding for rule in RULES for finding in rule(view) if finding.counts)
