"""Read format 1, which stored the model as it was then: one object for each file's coverage, a table of all files for
each suite, the verdict whole. These shapes never change; nothing writes them any more."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from covgov.history.format.wire import RunBody, SuiteBody
from covgov.model import change, verdict
from covgov.model.change import Category, Cause
from covgov.model.ratio import Points, Ratio
from covgov.model.snapshot import Identity, Metric, Origin, TestRun
from covgov.model.verdict import Outcome
from covgov.model.words import with_words

T = TypeVar("T")

_FRACTION = re.compile(r"-?[0-9]{1,1000}/[1-9][0-9]{0,999}")
"""`Fraction` itself also takes `1e999999999`, and computes until memory runs out."""


class ShapeV1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the shapes."""


class IdentityV1(ShapeV1, frozen=True):
    tool: str
    version: str = ""
    language: str = ""
    branch: bool = False

    def value(self) -> Identity:
        return Identity(tool=self.tool, version=self.version, language=self.language, branch=self.branch)


class OriginV1(ShapeV1, frozen=True):
    commit: str
    tree: str
    dirty: bool = False

    def value(self) -> Origin:
        return Origin(commit=self.commit, tree=self.tree, dirty=self.dirty)


class TestsV1(ShapeV1, frozen=True):
    exit_code: int
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    seconds: float = 0.0
    arguments: str = ""

    def value(self) -> TestRun:
        return TestRun(
            exit_code=self.exit_code,
            tests=self.tests,
            failures=self.failures,
            errors=self.errors,
            skipped=self.skipped,
            seconds=self.seconds,
            arguments=self.arguments,
        )


class SuiteV1(ShapeV1, frozen=True):
    identity: IdentityV1
    origin: OriginV1 | None
    tests: TestsV1 | None
    notes: tuple[str, ...]
    files: str


class RunV1(ShapeV1, frozen=True):
    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    expected: tuple[str, ...]
    policy_hash: str
    outcome: str
    complete: bool
    dirty: bool
    verdict: str
    snapshots: dict[str, SuiteV1]


class ManifestV1(ShapeV1, frozen=True):
    format: str
    version: int
    sequence: int
    previous: str
    run: RunV1
    artifacts: dict[str, str]


class RatioV1(ShapeV1, frozen=True):
    covered: int
    total: int

    def value(self) -> Ratio:
        return Ratio(covered=self.covered, total=self.total)


class PartV1(ShapeV1, frozen=True):
    cause: str
    covered: int
    total: int
    points: Fraction


class TallyV1(ShapeV1, frozen=True):
    lines: dict[str, int] = {}
    exits: dict[str, int] = {}


class DeltaV1(ShapeV1, frozen=True):
    metric: str
    base: RatioV1
    head: RatioV1
    points: Fraction | None
    parts: tuple[PartV1, ...] = ()
    judged: Fraction | None = None
    tally: TallyV1 = TallyV1()
    lost: dict[str, str] = {}
    uncounted: dict[str, str] = {}


class FindingV1(ShapeV1, frozen=True):
    rule: str
    effect: str
    scope: str
    subject: str
    message: str
    hint: str = ""
    metric: str | None = None
    now: RatioV1 | None = None
    bar: Decimal | None = None
    waived_by: str = ""
    key: str = ""


class ReceiptV1(ShapeV1, frozen=True):
    commit: str
    distance: int
    age_days: int
    reason: str


class RowV1(ShapeV1, frozen=True):
    name: str
    scope: str
    suite: str
    metric: str
    bar: Decimal | None
    outcome: str
    now: RatioV1 | None
    lines: RatioV1 | None
    branches: RatioV1 | None
    baseline: RatioV1 | None
    delta: DeltaV1 | None
    receipt: ReceiptV1
    partial: bool = False
    uncovered: dict[str, str] = {}
    partial_lines: dict[str, str] = {}
    attributes: dict[str, RatioV1 | None] = {}


class PatchV1(ShapeV1, frozen=True):
    ratio: RatioV1 | None
    bar: Decimal | None
    allowed: int
    uncovered: dict[str, str] = {}


class ExceptionV1(ShapeV1, frozen=True):
    id: str
    scope: str
    metric: str
    state: str
    floor: Decimal | None
    current: RatioV1 | None
    owner: str
    review: date | None
    opened: date | None = None
    resolved: date | None = None


class BarV1(ShapeV1, frozen=True):
    scope: str
    subject: str
    metric: str
    now: RatioV1
    bar: Decimal
    met: bool
    component: str = ""


class SuiteLineV1(ShapeV1, frozen=True):
    name: str
    arrived: bool
    reason: str = ""
    tests: TestsV1 | None = None
    identity: IdentityV1 | None = None


class VerdictV1(ShapeV1, frozen=True):
    outcome: str
    findings: tuple[FindingV1, ...]
    rows: tuple[RowV1, ...]
    project: RowV1 | None
    patch: PatchV1 | None
    suites: tuple[SuiteLineV1, ...]
    exceptions: tuple[ExceptionV1, ...]
    receipt: ReceiptV1
    today: date
    policy_hash: str
    commit: str = ""
    tree: str = ""
    dirty: bool = False
    soft_start: str = ""
    guard_judged: dict[str, Fraction] = {}
    bars: tuple[BarV1, ...] = ()


def decode(data: bytes, kind: type[T]) -> T:
    """JSON in which a fraction is `"n/d"`. Raises ValueError."""
    return msgspec.json.decode(data, type=kind, dec_hook=_fraction)


def body(run: RunV1) -> RunBody:
    """The run as today's format says it. Raises ValueError."""
    return RunBody(
        commit=run.commit,
        tree=run.tree,
        branch=run.branch,
        attempt=run.attempt,
        recorded_at=run.recorded_at,
        expected=run.expected,
        policy_hash=run.policy_hash,
        outcome=Outcome(run.outcome),
        complete=run.complete,
        dirty=run.dirty,
        verdict=run.verdict,
        snapshots={name: _suite(suite) for name, suite in run.snapshots.items()},
    )


def to_verdict(old: VerdictV1) -> verdict.Verdict:
    """Today's verdict. Raises ValueError."""
    return verdict.Verdict(
        outcome=Outcome(old.outcome),
        findings=tuple(_finding(one) for one in old.findings),
        rows=tuple(_row(one) for one in old.rows),
        project=None if old.project is None else _row(old.project),
        patch=None if old.patch is None else _patch(old.patch),
        suites=tuple(_suite_line(one) for one in old.suites),
        exceptions=tuple(_exception(one) for one in old.exceptions),
        receipt=_receipt(old.receipt),
        today=old.today,
        policy_hash=old.policy_hash,
        commit=old.commit or None,
        tree=old.tree or None,
        dirty=old.dirty,
        soft_start=old.soft_start or None,
        guard_judged={name: Points(value) for name, value in old.guard_judged.items()},
        bars=tuple(_bar(one) for one in old.bars),
    )


def _suite(suite: SuiteV1) -> SuiteBody:
    return SuiteBody(
        identity=suite.identity.value(),
        origin=None if suite.origin is None else suite.origin.value(),
        tests=None if suite.tests is None else suite.tests.value(),
        notes=suite.notes,
        files=suite.files,
    )


def _finding(old: FindingV1) -> verdict.Finding:
    return verdict.Finding(
        rule=old.rule,
        effect=verdict.Effect(old.effect),
        scope=verdict.Scope(old.scope),
        subject=old.subject,
        message=old.message,
        hint=old.hint,
        metric=None if old.metric is None else Metric(old.metric),
        now=_ratio(old.now),
        bar=old.bar,
        waived_by=old.waived_by or None,
        key=old.key,
    )


def _row(old: RowV1) -> verdict.Row:
    return verdict.Row(
        name=old.name,
        scope=verdict.Scope(old.scope),
        suite=old.suite,
        metric=Metric(old.metric),
        bar=old.bar,
        outcome=Outcome(old.outcome),
        now=_ratio(old.now),
        lines=_ratio(old.lines),
        branches=_ratio(old.branches),
        baseline=_ratio(old.baseline),
        delta=None if old.delta is None else _delta(old.delta),
        receipt=_receipt(old.receipt),
        partial=old.partial,
        uncovered=old.uncovered,
        partial_lines=old.partial_lines,
        attributes={tag: _ratio(ratio) for tag, ratio in old.attributes.items()},
    )


def _delta(old: DeltaV1) -> change.Delta:
    found = change.Delta(
        metric=Metric(old.metric),
        base=old.base.value(),
        head=old.head.value(),
        points=None if old.points is None else Points(old.points),
        parts=tuple(change.Part(Cause(one.cause), one.covered, one.total, one.points) for one in old.parts),
        judged=None if old.judged is None else Points(old.judged),
        tally=change.Tally(_categories(old.tally.lines), _categories(old.tally.exits)),
        lost=old.lost,
        uncounted=old.uncounted,
    )
    return with_words(found)


def _patch(old: PatchV1) -> verdict.PatchRow:
    return verdict.PatchRow(ratio=_ratio(old.ratio), bar=old.bar, allowed=old.allowed, uncovered=old.uncovered)


def _suite_line(old: SuiteLineV1) -> verdict.SuiteLine:
    return verdict.SuiteLine(
        name=old.name,
        arrived=old.arrived,
        reason=old.reason,
        tests=None if old.tests is None else old.tests.value(),
        identity=None if old.identity is None else old.identity.value(),
    )


def _exception(old: ExceptionV1) -> verdict.ExceptionLine:
    return verdict.ExceptionLine(
        id=old.id,
        scope=old.scope,
        metric=Metric(old.metric),
        state=verdict.ExceptionState(old.state),
        floor=old.floor,
        current=_ratio(old.current),
        owner=old.owner,
        review=old.review,
        opened=old.opened,
        resolved=old.resolved,
    )


def _bar(old: BarV1) -> verdict.BarLine:
    return verdict.BarLine(
        scope=verdict.Scope(old.scope),
        subject=old.subject,
        metric=Metric(old.metric),
        now=old.now.value(),
        bar=old.bar,
        met=old.met,
        component=old.component,
    )


def _receipt(old: ReceiptV1) -> verdict.ReceiptLine:
    return verdict.ReceiptLine(
        commit=old.commit or None, distance=old.distance, age_days=old.age_days, reason=old.reason
    )


def _ratio(old: RatioV1 | None) -> Ratio | None:
    return None if old is None else old.value()


def _categories(counts: dict[str, int]) -> dict[Category, int]:
    return {Category(name): count for name, count in counts.items()}


# `Any` on both sides is msgspec's own signature of a decoding hook.
def _fraction(kind: type[Any], value: Any) -> Any:
    if kind is Fraction and isinstance(value, str) and _FRACTION.fullmatch(value):
        return Fraction(value)
    raise ValueError("not a fraction n/d")
