"""Runs on the wire."""

from __future__ import annotations

from datetime import date, datetime

from covgov.differential.words import in_words
from covgov.history.layout import Stored
from covgov.history.wire import SuiteBody
from covgov.hub.api.wire.figures import Figure, Points, Share, Wire, bar, figure, maybe_figure, points, shares
from covgov.hub.store.runs import RunRow
from covgov.model.change import Delta
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import Effect, Finding, Outcome, ReceiptLine, Row, Verdict


class RunLine(Wire):
    """A run in short. complete: every declared suite arrived and its tests passed. dirty: of a tree that is no
    commit's. verified: the hub computed its figures again from its coverage, by the policy that the repository had
    stored; otherwise they are the word of whoever recorded it."""

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


class RunPage(Wire):
    """Newest first. next: what `after` wants for the next page, null on the last."""

    items: list[RunLine]
    next: str | None


class MeasuredBy(Wire):
    """What measured. branch: whether branch exits are counted."""

    tool: str
    version: str
    language: str
    branch: bool


class Tests(Wire):
    """How a suite's tests went."""

    __test__ = False  # pytest must not take this for a test class

    exit_code: int
    tests: int
    failures: int
    errors: int
    skipped: int
    seconds: float
    passed: bool


class SuiteResult(Wire):
    """One suite of a run. tests: null when the coverage came as a bare report."""

    name: str
    identity: MeasuredBy
    tests: Tests | None
    notes: list[str]


class Change(Wire):
    """A component against its baseline, as it was judged. points: null when one side has no units. words: the
    attribution as a sentence."""

    metric: Metric
    base: Figure
    head: Figure
    points: Points | None
    judged: Points | None
    parts: list[Share]
    lost: dict[str, str]
    words: str


class Receipt(Wire):
    """What a change was measured against, and why. commit: null when there was nothing."""

    commit: str | None
    distance: int
    age_days: int
    reason: str


class ComponentLine(Wire):
    """A component (or `project`) in one run. now: null when nothing was measured. partial: the tests failed, so the
    figures prove nothing. uncovered: path -> lines that never ran, `40,52-58`."""

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
    change: Change | None
    receipt: Receipt
    partial: bool
    uncovered: dict[str, str]
    attributes: dict[str, Figure | None]


class FindingLine(Wire):
    """One thing a rule had to say. waived_by: id of the exception that excuses it."""

    rule: str
    effect: Effect
    scope: str
    subject: str
    message: str
    hint: str
    waived_by: str | None


class Run(Wire):
    """A whole run but its coverage. previous: id of the run before, null for the first: the chain."""

    run: RunLine
    previous: str | None
    expected: list[str]
    suites: list[SuiteResult]
    today: date
    findings: list[FindingLine]
    components: list[ComponentLine]
    project: ComponentLine | None


class ComponentList(Wire):
    """The components as the branch's newest run of a clean tree has them, by name. run: null when there is none.

    next: the cursor of the page after this one, null on the last.
    """

    branch: str
    run: RunLine | None
    components: list[ComponentLine]
    project: ComponentLine | None
    next: str | None


def run(row: RunRow, stored: Stored, verdict: Verdict) -> Run:
    """A run from its row, manifest and verdict."""
    body = stored.manifest.run
    return Run(
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
    """A run in short, from its row."""
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


def change(delta: Delta) -> Change:
    """A delta with its attribution in words."""
    return Change(
        metric=delta.metric,
        base=figure(delta.base),
        head=figure(delta.head),
        points=None if delta.points is None else points(delta.points),
        judged=None if delta.judged is None else points(delta.judged),
        parts=shares(delta),
        lost=dict(delta.lost),
        words=in_words(delta),
    )


def tests(value: TestRun | None) -> Tests | None:
    """None stays None."""
    if value is None:
        return None
    return Tests(
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
        identity=MeasuredBy(
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


def _receipt(value: ReceiptLine) -> Receipt:
    return Receipt(commit=value.commit or None, distance=value.distance, age_days=value.age_days, reason=value.reason)
