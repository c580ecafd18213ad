"""Verdict -> VerdictV1, field by field: the one place where version 1's shape meets the model."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from covgov.differential.words import in_words
from covgov.model.change import Delta, Part, Tally
from covgov.model.ratio import Ratio, apportion, show, show_signed
from covgov.model.snapshot import Identity, TestRun
from covgov.model.verdict import (
    BarLine,
    ExceptionLine,
    Finding,
    PatchRow,
    ReceiptLine,
    Row,
    SuiteLine,
    Verdict,
)
from covgov.publish import wire_v1 as wire
from covgov.publish.render.safe_text import utf8


def verdict(value: Verdict) -> wire.VerdictV1:
    """The whole verdict. Lone surrogates in names are spelled out; nothing else changes."""
    return wire.VerdictV1(
        format=wire.FORMAT,
        version=wire.VERSION,
        outcome=value.outcome,
        commit=utf8(value.commit) or None,
        tree=utf8(value.tree) or None,
        dirty=value.dirty,
        today=value.today,
        policy_hash=utf8(value.policy_hash),
        soft_start=utf8(value.soft_start) or None,
        receipt=_receipt(value.receipt),
        findings=[_finding(finding) for finding in value.findings],
        rows=[_row(row) for row in value.rows],
        project=_row(value.project) if value.project else None,
        patch=_patch(value.patch) if value.patch else None,
        suites=[_suite(line) for line in value.suites],
        exceptions=[_exception(line) for line in value.exceptions],
        bars=[_bar_line(line) for line in value.bars],
        guard_judged={utf8(name): _points(points) for name, points in value.guard_judged.items()},
    )


def _receipt(value: ReceiptLine) -> wire.ReceiptV1:
    return wire.ReceiptV1(
        commit=utf8(value.commit) or None,
        distance=value.distance,
        age_days=value.age_days,
        reason=utf8(value.reason),
    )


def _finding(value: Finding) -> wire.FindingV1:
    return wire.FindingV1(
        rule=utf8(value.rule),
        effect=value.effect,
        scope=value.scope,
        subject=utf8(value.subject),
        message=utf8(value.message),
        hint=utf8(value.hint),
        metric=value.metric,
        now=_ratio_or_null(value.now),
        bar=_bar_or_null(value.bar),
        waived_by=utf8(value.waived_by) or None,
    )


def _row(value: Row) -> wire.RowV1:
    return wire.RowV1(
        name=utf8(value.name),
        scope=value.scope,
        suite=utf8(value.suite),
        metric=value.metric,
        bar=_bar_or_null(value.bar),
        outcome=value.outcome,
        now=_ratio_or_null(value.now),
        lines=_ratio_or_null(value.lines),
        branches=_ratio_or_null(value.branches),
        baseline=_ratio_or_null(value.baseline),
        delta=_delta(value.delta) if value.delta else None,
        receipt=_receipt(value.receipt),
        partial=value.partial,
        uncovered=_texts(value.uncovered),
        partial_lines=_texts(value.partial_lines),
        attributes={utf8(tag): _ratio_or_null(ratio) for tag, ratio in value.attributes.items()},
    )


def _delta(value: Delta) -> wire.DeltaV1:
    rounded = apportion([part.points for part in value.parts])
    return wire.DeltaV1(
        metric=value.metric,
        base=_ratio(value.base),
        head=_ratio(value.head),
        points=_points_or_null(value.points),
        judged=_points_or_null(value.judged),
        parts=[_part(part, shown) for part, shown in zip(value.parts, rounded, strict=True)],
        tally=_tally(value.tally),
        lost=_texts(value.lost),
        words=utf8(in_words(value)),
    )


def _part(value: Part, shown: Fraction) -> wire.PartV1:
    points = wire.PointsV1(exact=wire.exact(value.points), shown=show_signed(shown))
    return wire.PartV1(cause=value.cause, covered=value.covered, total=value.total, points=points)


def _tally(value: Tally) -> wire.TallyV1:
    return wire.TallyV1(lines=dict(value.lines), exits=dict(value.exits))


def _patch(value: PatchRow) -> wire.PatchV1:
    return wire.PatchV1(
        ratio=_ratio_or_null(value.ratio),
        bar=_bar_or_null(value.bar),
        allowed=value.allowed,
        uncovered=_texts(value.uncovered),
    )


def _suite(value: SuiteLine) -> wire.SuiteV1:
    return wire.SuiteV1(
        name=utf8(value.name),
        arrived=value.arrived,
        reason=utf8(value.reason),
        tests=_tests(value.tests) if value.tests else None,
        identity=_identity(value.identity) if value.identity else None,
    )


def _tests(value: TestRun) -> wire.TestsV1:
    return wire.TestsV1(
        exit_code=value.exit_code,
        tests=value.tests,
        failures=value.failures,
        errors=value.errors,
        skipped=value.skipped,
        seconds=value.seconds,
        passed=value.passed,
    )


def _identity(value: Identity) -> wire.IdentityV1:
    return wire.IdentityV1(
        tool=utf8(value.tool), version=utf8(value.version), language=utf8(value.language), branch=value.branch
    )


def _exception(value: ExceptionLine) -> wire.ExceptionV1:
    return wire.ExceptionV1(
        id=utf8(value.id),
        scope=utf8(value.scope),
        metric=value.metric,
        state=value.state,
        floor=_bar_or_null(value.floor),
        current=_ratio_or_null(value.current),
        owner=utf8(value.owner),
        review=value.review,
        opened=value.opened,
        resolved=value.resolved,
    )


def _bar_line(value: BarLine) -> wire.BarV1:
    return wire.BarV1(
        scope=value.scope,
        subject=utf8(value.subject),
        component=utf8(value.component),
        metric=value.metric,
        now=_ratio(value.now),
        bar=f"{value.bar:f}",
        met=value.met,
    )


def _ratio(value: Ratio) -> wire.RatioV1:
    percent = show(value.fraction * 100) if value.measurable else None
    return wire.RatioV1(covered=value.covered, total=value.total, percent=percent)


def _ratio_or_null(value: Ratio | None) -> wire.RatioV1 | None:
    return None if value is None else _ratio(value)


def _bar_or_null(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _points(value: Fraction) -> wire.PointsV1:
    return wire.PointsV1(exact=wire.exact(value), shown=show_signed(value))


def _points_or_null(value: Fraction | None) -> wire.PointsV1 | None:
    return None if value is None else _points(value)


def _texts(value: Mapping[str, str]) -> dict[str, str]:
    return {utf8(name): utf8(text) for name, text in sorted(value.items())}
