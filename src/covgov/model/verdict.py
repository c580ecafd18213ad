"""Findings and the verdict they fold into: computed once, formatted by every channel.

These types are the published JSON (docs/verdict-json.md), as `covgov.model.codec` spells them. Within a version fields
may be added, with a default; none is removed, renamed or given another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal

import msgspec

from covgov.model.change import Delta
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric, TestRun


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    UNDETERMINED = "undetermined"


class Effect(StrEnum):
    """What a finding does to the verdict unless it is waived."""

    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOTE = "note"


class Scope(StrEnum):
    """What a finding, bar or exception is about."""

    PROJECT = "project"
    COMPONENT = "component"
    FILE = "file"
    SUITE = "suite"
    POLICY = "policy"
    REGISTER = "register"
    PATCH = "patch"


class Finding(msgspec.Struct, frozen=True):
    """One result of a rule.

    rule: the rule's stable id (`bar`, `max-drop`, ...). subject: component, path, suite, key or exception id.
    message: one line, clear on its own. hint: what to do next. now/bar: the figure and the bar compared.
    waived_by: id of the exception that waives it; a waived finding is kept and shown, but does not fail.
    key: the broken bar's key in the policy (`components.auth.fail_under`), "" when the finding is not of a bar.
    enforced: False = the policy only evaluates it: it counts for the outcome, but changes no exit code.
    """

    rule: str
    effect: Effect
    scope: Scope
    subject: str
    message: str
    hint: str = ""
    metric: Metric | None = None
    now: Ratio | None = None
    bar: Decimal | None = None
    waived_by: str | None = None
    key: str = ""
    enforced: bool = True

    @property
    def counts(self) -> bool:
        """Whether this finding can still change the outcome."""
        return self.effect is not Effect.NOTE and not self.waived_by

    @property
    def blocks(self) -> bool:
        """Whether it counts and is enforced."""
        return self.counts and self.enforced


def fold(findings: tuple[Finding, ...]) -> Outcome:
    """The one place where findings become an outcome: any failure, else anything undetermined, else pass."""
    effects = {finding.effect for finding in findings if finding.counts}
    if Effect.FAIL in effects:
        return Outcome.FAIL
    return Outcome.UNDETERMINED if Effect.UNDETERMINED in effects else Outcome.PASS


def enforced(findings: tuple[Finding, ...]) -> Outcome:
    """The fold of what is enforced."""
    return fold(tuple(finding for finding in findings if finding.enforced))


class ReceiptLine(msgspec.Struct, frozen=True):
    """The baseline's receipt as the verdict prints it; commit None = there is none, for `reason`."""

    commit: str | None
    distance: int
    age_days: int
    reason: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One component (or the project) as the summary shows it.

    now: None when nothing was measured. partial: the suite's tests failed, the figures are shown but prove nothing.
    uncovered: executable lines that never ran, as `path -> "40,52-58"`; partial_lines: lines with an exit never taken.
    attributes: tag -> covered lines reached by so tagged tests / all executable lines; None = no tagged test reached
    it. enforced: False = what is enforced alone would have a better outcome.
    """

    name: str
    scope: Scope
    suite: str
    metric: Metric
    bar: Decimal | None
    outcome: Outcome
    now: Ratio | None
    lines: Ratio | None
    branches: Ratio | None
    baseline: Ratio | None
    delta: Delta | None
    receipt: ReceiptLine
    partial: bool = False
    uncovered: Mapping[str, str] = {}
    partial_lines: Mapping[str, str] = {}
    attributes: Mapping[str, Ratio | None] = {}
    enforced: bool = True


class PatchRow(msgspec.Struct, frozen=True):
    """Coverage of the changed units at head. ratio None = there was no diff to look at. allowed = uncovered units
    forgiven."""

    ratio: Ratio | None
    bar: Decimal | None
    allowed: int
    uncovered: Mapping[str, str] = {}


class ExceptionState(StrEnum):
    ACTIVE = "active"
    PROPOSED = "proposed"
    RESOLVED = "resolved"
    OVERDUE = "overdue"
    UNUSED = "unused"
    INCOMPLETE = "incomplete"
    UNAPPROVED = "unapproved"
    OVERLONG = "overlong"
    BELOW_FLOOR = "below-floor"


class ExceptionLine(msgspec.Struct, frozen=True):
    """One register entry as the verdict and the digest show it."""

    id: str
    scope: str
    metric: Metric
    state: ExceptionState
    floor: Decimal | None
    current: Ratio | None
    owner: str
    review: date | None
    opened: date | None = None
    resolved: date | None = None


class BarLine(msgspec.Struct, frozen=True):
    """One minimum on the total of a component or file (on = total, no attribute), as it was judged, met or not.

    Only figures that prove something: the suite arrived, its tests passed, there are units. component: the component
    whose suite measured the subject (the subject itself for scope component).
    """

    scope: Scope
    subject: str
    metric: Metric
    now: Ratio
    bar: Decimal
    met: bool
    component: str = ""


class SuiteLine(msgspec.Struct, frozen=True):
    """One declared suite: arrived or why not, its tests, what measured it."""

    name: str
    arrived: bool
    reason: str = ""
    tests: TestRun | None = None
    identity: Identity | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a channel may print. Built only by `covgov.judge.evaluate`.

    findings: sorted by effect, rule, subject. today: the date exceptions were judged at (UTC).
    soft_start: text of a lowered total bar in force, None when none. guard_judged: component -> judged points.
    bars: every total bar judged, for components and files; the register is kept from these.
    fork: `owner/name` of the fork whose code measured what is judged here, "" for our own jobs.
    """

    format: Literal["covgov-verdict"] = "covgov-verdict"
    version: Literal[1] = 1
    outcome: Outcome
    commit: str | None = None
    tree: str | None = None
    dirty: bool = False
    today: date
    policy_hash: str
    soft_start: str | None = None
    receipt: ReceiptLine
    findings: tuple[Finding, ...]
    rows: tuple[Row, ...]
    project: Row | None
    patch: PatchRow | None
    suites: tuple[SuiteLine, ...]
    exceptions: tuple[ExceptionLine, ...]
    bars: tuple[BarLine, ...] = ()
    guard_judged: Mapping[str, Fraction] = {}
    fork: str = ""

    @property
    def enforced_outcome(self) -> Outcome:
        """What the exit code follows: the outcome of the enforced findings alone."""
        return self.outcome if all(one.enforced for one in self.findings) else enforced(self.findings)

    @property
    def only_evaluated(self) -> bool:
        """Whether it does not pass, and nothing of that is enforced."""
        return self.outcome is not Outcome.PASS and self.enforced_outcome is Outcome.PASS
