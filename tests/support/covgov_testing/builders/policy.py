"""Policies from TOML, and facts with every value that a test does not care about set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from textwrap import dedent

from covgov.judge.facts import BasePolicy, ComponentFacts, Facts, Measured
from covgov.judge.registry import RULES
from covgov.model.change import Category, Delta, Tally
from covgov.model.run import Baseline, BaselineReason, NoBaseline, Receipt
from covgov.model.snapshot import MERGED, Metric, Snapshot
from covgov.model.verdict import Finding, SuiteLine
from covgov.model.words import with_words
from covgov.policy import config, scopes
from covgov.policy.policy import Policy
from covgov_testing.builders.coverage import snap

TODAY = date(2026, 11, 22)
FIRST_RUN = NoBaseline(BaselineReason.FIRST_RUN, "", blocking=False)
RECEIPT = Receipt("a" * 40, 3, 2, BaselineReason.MERGE_BASE)

API_AND_AUTH = """\
[suites.api]
tests = ["tests"]
[suites.auth]
tests = ["tests"]
[components.api]
paths = ["src/api/**"]
suite = "api"
[components.auth]
paths = ["src/auth/**"]
suite = "auth"
"""
"""Two suites of one component each, below whatever `[policy]` comes first."""

TWO = """
[policy]
fail_under = 80
[suites.api]
[suites.auth]
[components.api]
paths = ["src/api/**"]
[components.auth]
paths = ["src/auth/**"]
fail_under = 92
"""


def policy(text: str = TWO) -> Policy:
    """The policy in a covgov.toml of this text."""
    return config.parse(dedent(text), "covgov.toml")


def measured(snapshot: Snapshot | None, *, baseline: Baseline | NoBaseline = FIRST_RUN, missing: str = "") -> Measured:
    return Measured(snapshot, missing, baseline)


def compared(snapshot: Snapshot, judged: Fraction | None, points: Fraction | None = None) -> Measured:
    """A scope with a baseline whose guard judged this many points, in every metric."""
    now = snapshot.ratio(Metric.COMBINED)
    delta = Delta(Metric.COMBINED, now, now, judged if points is None else points, judged=judged)
    return Measured(snapshot, "", Baseline(RECEIPT, {}), snapshot, dict.fromkeys(Metric, with_words(delta)))


def tallied(snapshot: Snapshot, counts: Mapping[Category, int]) -> Measured:
    """A scope with a baseline whose lines fall into these categories."""
    now = snapshot.ratio(Metric.LINE)
    delta = Delta(Metric.LINE, now, now, Fraction(0), judged=Fraction(0), tally=Tally(lines=counts))
    return Measured(snapshot, "", Baseline(RECEIPT, {}), snapshot, dict.fromkeys(Metric, with_words(delta)))


def facts(policy: Policy, snapshots: Mapping[str, Snapshot], *, project: Snapshot | None = None) -> Facts:
    """Facts of a first run: each suite of `snapshots` arrived, components hold their own files of it."""
    parts = []
    for one in policy.components.values():
        snapshot = snapshots.get(one.suite)
        own = snapshot.restrict(scopes.belongs(policy, one.name)) if snapshot is not None else None
        parts.append(ComponentFacts(one, measured(own, missing="" if own else "its report is missing")))
    return Facts(
        today=TODAY,
        policy=policy,
        base_policy=BasePolicy.PRESENT,
        loosenings=(),
        suites=tuple(_suite(name, snapshots.get(name)) for name in policy.expected),
        components=tuple(parts),
        project=measured(replace(project, suite=MERGED)) if project is not None else None,
        patch=None,
        register=None,
        base_register=None,
    )


def with_component(facts: Facts, name: str, measured: Measured) -> Facts:
    """The same facts with another measurement of one component."""
    return replace(
        facts,
        components=tuple(
            replace(one, measured=measured) if one.component.name == name else one for one in facts.components
        ),
    )


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """(rule, effect, subject) of each finding."""
    return [(finding.rule, finding.effect.value, finding.subject) for finding in findings]


def _suite(name: str, snapshot: Snapshot | None) -> SuiteLine:
    if snapshot is None:
        return SuiteLine(name, arrived=False, reason="no report")
    return SuiteLine(name, arrived=True, tests=snapshot.tests, identity=snapshot.identity)


API = snap({"src/api/a.py": "++++-"})
AUTH = snap({"src/auth/a.py": "+" * 95 + "-" * 5}, suite="auth")
BOTH = {"api": API, "auth": AUTH}
"""Snapshots with which both components of TWO are above their bars."""


def found(rule: str, given: Facts) -> tuple[Finding, ...]:
    """What one rule finds."""
    return tuple(RULES[rule](given))


def good() -> Facts:
    """Facts in order: everything arrived and is above its bar, on a first run."""
    return facts(policy(), BOTH, project=snap({**API.files, **AUTH.files}))
