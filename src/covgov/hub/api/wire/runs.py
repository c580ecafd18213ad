"""Runs on the wire."""

from __future__ import annotations

from datetime import date, datetime

from covgov.differential.words import in_words
from covgov.history.layout import Stored, SuiteBody
from covgov.hub.api.wire.figures import CauseShare, Figure, Points, WireModel, bar, figure, maybe_figure, points, shares
from covgov.hub.store.runs import RunRow
from covgov.model.change import Delta
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import Effect, Finding, Outcome, ReceiptLine, Row, Verdict


class RunLine(WireModel):
    """A run in short. complete: every declared suite arrived and its tests passed. dirty: measured with uncommitted
    changes. verified: the hub recomputed the figures from the coverage, with the repository's
    stored policy; otherwise they are as uploaded."""

    id: str
    sequence: int
    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    outcome: Outcome
    complete: bool
    dirty: bool
    policy_hash: str
    verified: bool


class RunPage(WireModel):
    """Newest first. next: the `after` of the next page, null on the last."""

    items: list[RunLine]
    next: str | None


class MeasurementIdentity(WireModel):
    """The measuring tool. branch: whether branch exits are counted."""

    tool: str
    version: str
    language: str
    branch: bool


class SuiteTests(WireModel):
    """Result of a suite's tests."""

    exit_code: int
    tests: int
    failures: int
    errors: int
    skipped: int
    seconds: float
    passed: bool


class SuiteResult(WireModel):
    """One suite of a run. tests: null when only a report was uploaded."""

    name: str
    identity: MeasurementIdentity
    tests: SuiteTests | None
    notes: list[str]


class BaselineChange(WireModel):
    """A component compared with its baseline. points: null when one side has no units. words: the
    attribution as a sentence."""

    metric: Metric
    base: Figure
    head: Figure
    points: Points | None
    judged: Points | None
    parts: list[CauseShare]
    lost: dict[str, str]
    words: str


class BaselineReceipt(WireModel):
    """The baseline of a comparison, and why it was chosen. commit: null without a baseline."""

    commit: str | None
    distance: int
    age_days: int
    reason: str


class ComponentLine(WireModel):
    """A component (or `project`) in one run. now: null when nothing was measured. partial: the tests failed, so the
    figures are incomplete. uncovered: path -> lines that never ran, `40,52-58`."""

    name: str
    scope: str
    suite: str
    metric: Metric
    bar: str | None
    outcome: Outcome
    now: Figure | None
    lines: Figure | None
    branches: Figure | None
    baseline: Figure | None
    change: BaselineChange | None
    receipt: BaselineReceipt
    partial: bool
    uncovered: dict[str, str]
    attributes: dict[str, Figure | None]


class FindingLine(WireModel):
    """A finding of one rule. waived_by: id of the exception that waives it."""

    rule: str
    effect: Effect
    scope: str
    subject: str
    message: str
    hint: str
    waived_by: str | None


class RunDetails(WireModel):
    """A run without its coverage. previous: id of the previous run, null for the first."""

    run: RunLine
    previous: str | None
    expected: list[str]
    suites: list[SuiteResult]
    today: date
    findings: list[FindingLine]
    components: list[ComponentLine]
    project: ComponentLine | None


class ComponentList(WireModel):
    """The components of the branch's newest clean run, by name. run: null when there is none.

    next: the cursor of the next page, null on the last.
    """

    branch: str
    run: RunLine | None
    components: list[ComponentLine]
    project: ComponentLine | None
    next: str | None


def run(row: RunRow, stored: Stored, verdict: Verdict) -> RunDetails:
    """A run from its row, manifest and verdict."""
    body = stored.manifest.run
    return RunDetails(
        run=listed(row),
        previous=stored.manifest.previous or None,
        expected=list(body.expected),
        suites=[_suite(name, suite) for name, suite in sorted(body.snapshots.items())],
        today=verdict.today,
        findings=[_finding(finding) for finding in verdict.findings],
        components=[component(row) for row in verdict.rows],
        project=None if verdict.project is None else component(verdict.project),
    )


def listed(row: RunRow) -> RunLine:
    """The short form of a run."""
    return RunLine(
        id=row.id,
        sequence=row.sequence,
        commit=row.commit,
        tree=row.tree,
        branch=row.branch,
        attempt=row.attempt,
        recorded_at=row.recorded_at,
        outcome=row.outcome,
        complete=row.complete,
        dirty=row.dirty,
        policy_hash=row.policy_hash,
        verified=row.verified,
    )


def component(row: Row) -> ComponentLine:
    """A row of the verdict."""
    return ComponentLine(
        name=row.name,
        scope=row.scope,
        suite=row.suite,
        metric=row.metric,
        bar=bar(row.bar),
        outcome=row.outcome,
        now=maybe_figure(row.now),
        lines=maybe_figure(row.lines),
        branches=maybe_figure(row.branches),
        baseline=maybe_figure(row.baseline),
        change=None if row.delta is None else change(row.delta),
        receipt=_receipt(row.receipt),
        partial=row.partial,
        uncovered=dict(row.uncovered),
        attributes={tag: maybe_figure(ratio) for tag, ratio in row.attributes.items()},
    )


def change(delta: Delta) -> BaselineChange:
    """A delta with its attribution as a sentence."""
    return BaselineChange(
        metric=delta.metric,
        base=figure(delta.base),
        head=figure(delta.head),
        points=None if delta.points is None else points(delta.points),
        judged=None if delta.judged is None else points(delta.judged),
        parts=shares(delta),
        lost=dict(delta.lost),
        words=in_words(delta),
    )


def tests(value: TestRun | None) -> SuiteTests | None:
    """None for None."""
    if value is None:
        return None
    return SuiteTests(
        exit_code=value.exit_code,
        tests=value.tests,
        failures=value.failures,
        errors=value.errors,
        skipped=value.skipped,
        seconds=value.seconds,
        passed=value.passed,
    )


def _suite(name: str, body: SuiteBody) -> SuiteResult:
    identity = body.identity
    return SuiteResult(
        name=name,
        identity=MeasurementIdentity(
            tool=identity.tool, version=identity.version, language=identity.language, branch=identity.branch
        ),
        tests=tests(body.tests),
        notes=list(body.notes),
    )


def _finding(value: Finding) -> FindingLine:
    return FindingLine(
        rule=value.rule,
        effect=value.effect,
        scope=value.scope,
        subject=value.subject,
        message=value.message,
        hint=value.hint,
        waived_by=value.waived_by or None,
    )


def _receipt(value: ReceiptLine) -> BaselineReceipt:
    return BaselineReceipt(
        commit=value.commit or None, distance=value.distance, age_days=value.age_days, reason=value.reason
    )
