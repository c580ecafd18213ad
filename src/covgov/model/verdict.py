"""Findings and the verdict they fold into: computed once, formatted by every channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule has to say.

    rule: the rule's stable id (`bar`, `max-drop`, ...). subject: component, path, suite, key or exception id.
    message: one line that stands alone. hint: what to do next. now/bar: the figure and the bar it was held against.
    waived_by: id of the exception that waives it; a waived finding is kept and shown, but does not fail.
    key: where the broken bar stands in the policy (`components.auth.fail_under`), "" when the finding is not of a bar.
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
    waived_by: str = ""
    key: str = ""

    @property
    def counts(self) -> bool:
        """Whether this finding can still change the outcome."""
        return self.effect is not Effect.NOTE and not self.waived_by


def fold(findings: tuple[Finding, ...]) -> Outcome:
    """The one place where findings become an outcome: any failure, else anything undetermined, else pass."""
    effects = {finding.effect for finding in findings if finding.counts}
    if Effect.FAIL in effects:
        return Outcome.FAIL
    return Outcome.UNDETERMINED if Effect.UNDETERMINED in effects else Outcome.PASS


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """The baseline's receipt as the verdict prints it; commit "" = there is none, `reason` says why."""

    commit: str
    distance: int
    age_days: int
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One component (or the project) as the summary shows it.

    now: None when nothing was measured. partial: the suite's tests failed, the figures are shown but prove nothing.
    uncovered: executable lines that never ran, as `path -> "40,52-58"`; partial_lines: lines with an exit never taken.
    attributes: tag -> covered lines reached by so tagged tests / all executable lines; None = no tagged test reached
    it.
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
    uncovered: Mapping[str, str] = field(default_factory=dict)
    partial_lines: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Ratio | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PatchRow:
    """Coverage of the changed units at head. ratio None = there was no diff to look at. allowed = uncovered units
    forgiven."""

    ratio: Ratio | None
    bar: Decimal | None
    allowed: int
    uncovered: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class ExceptionLine:
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


@dataclass(frozen=True, slots=True)
class BarLine:
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


@dataclass(frozen=True, slots=True)
class SuiteLine:
    """One declared suite: arrived or why not, its tests, what measured it."""

    name: str
    arrived: bool
    reason: str = ""
    tests: TestRun | None = None
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything a channel may print. Built only by `covgov.judge.evaluate`.

    findings: sorted by effect, rule, subject. today: the date exceptions were judged at (UTC).
    soft_start: text of a lowered total bar in force, "" when none. guard_judged: component -> judged points.
    bars: every total bar judged, for components and files; the register is kept from these.
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    rows: tuple[Row, ...]
    project: Row | None
    patch: PatchRow | None
    suites: tuple[SuiteLine, ...]
    exceptions: tuple[ExceptionLine, ...]
    receipt: ReceiptLine
    today: date
    policy_hash: str
    commit: str = ""
    tree: str = ""
    dirty: bool = False
    soft_start: str = ""
    guard_judged: Mapping[str, Fraction] = field(default_factory=dict)
    bars: tuple[BarLine, ...] = ()
