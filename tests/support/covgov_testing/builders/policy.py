"""Policies from TOML, and facts with every value that a test does not care about set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from textwrap import dedent

from covgov.judge.facts import BasePolicy, Facts, suite_line
from covgov.judge.registry import RULES
from covgov.judge.view import ComponentFacts, PolicyView, ScopeFacts
from covgov.model.change import Category, Delta, Tally
from covgov.model.run import Baseline, BaselineReason, NoBaseline, Receipt
from covgov.model.snapshot import MERGED, Metric, Snapshot
from covgov.model.verdict import Finding
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


def measured(
    snapshot: Snapshot | None, *, baseline: Baseline | NoBaseline = FIRST_RUN, missing: str = ""
) -> ScopeFacts:
    return ScopeFacts(snapshot, missing, baseline)


def compared(snapshot: Snapshot, judged: Fraction | None, points: Fraction | None = None) -> ScopeFacts:
    """A scope with a baseline whose guard judged this many points, in every metric."""
    now = snapshot.ratio(Metric.COMBINED)
    delta = Delta(Metric.COMBINED, now, now, judged if points is None else points, judged=judged)
    return ScopeFacts(snapshot, "", Baseline(RECEIPT, {}), snapshot, dict.fromkeys(Metric, with_words(delta)))


def tallied(snapshot: Snapshot, counts: Mapping[Category, int]) -> ScopeFacts:
    """A scope with a baseline whose lines fall into these categories."""
    now = snapshot.ratio(Metric.LINE)
    delta = Delta(Metric.LINE, now, now, Fraction(0), judged=Fraction(0), tally=Tally(lines=counts))
    return ScopeFacts(snapshot, "", Baseline(RECEIPT, {}), snapshot, dict.fromkeys(Metric, with_words(delta)))


def facts(snapshots: Mapping[str, Snapshot], suites: Iterable[str] = (), *, merged: Snapshot | None = None) -> Facts:
    """Facts of a first run: each suite of `snapshots` arrived; further ones did not."""
    names = sorted({*snapshots, *suites})
    return Facts(
        today=TODAY,
        suites=tuple(suite_line(name, snapshots.get(name), "no report") for name in names),
        snapshots=snapshots,
        merged=merged,
        baseline=FIRST_RUN,
        base_policy=BasePolicy.PRESENT,
    )


def view(policy: Policy, snapshots: Mapping[str, Snapshot], *, project: Snapshot | None = None) -> PolicyView:
    """What the policy sees in facts of a first run: components hold their own files of their suite."""
    parts = []
    for one in policy.components.values():
        snapshot = snapshots.get(one.suite)
        own = snapshot.restrict(scopes.belongs(policy, one.name)) if snapshot is not None else None
        parts.append(ComponentFacts(one, measured(own, missing="" if own else "its report is missing")))
    whole = measured(replace(project, suite=MERGED)) if project is not None else None
    return PolicyView(facts(snapshots, policy.expected, merged=project), policy, tuple(parts), whole)


def knowing(view: PolicyView, **facts: object) -> PolicyView:
    """The same view of facts with these values."""
    return replace(view, facts=replace(view.facts, **facts))  # type: ignore[arg-type]  # any field of Facts


def with_component(view: PolicyView, name: str, measured: ScopeFacts) -> PolicyView:
    """The same view with another measurement of one component."""
    return replace(
        view,
        components=tuple(
            replace(one, measured=measured) if one.component.name == name else one for one in view.components
        ),
    )


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """(rule, effect, subject) of each finding."""
    return [(finding.rule, finding.effect.value, finding.subject) for finding in findings]


API = snap({"src/api/a.py": "++++-"})
AUTH = snap({"src/auth/a.py": "+" * 95 + "-" * 5}, suite="auth")
BOTH = {"api": API, "auth": AUTH}
"""Snapshots with which both components of TWO are above their bars."""


def found(rule: str, given: PolicyView) -> tuple[Finding, ...]:
    """What one rule finds."""
    return tuple(RULES[rule].check(given))


def good() -> PolicyView:
    """A view in order: everything arrived and is above its bar, on a first run."""
    return view(policy(), BOTH, project=snap({**API.files, **AUTH.files}))
