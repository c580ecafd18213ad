"""The verdict as published JSON, version 1. Others read it: its shape changes only with the version number.

Figures that a gate compares are integers and decimal or `n/d` text, never floats; what is meant for people stands
beside them, floored. docs/verdict-json.md describes every field.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

from covgov.model.change import Category, Cause
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, ExceptionState, Outcome, Scope

FORMAT: Literal["covgov-verdict"] = "covgov-verdict"
VERSION: Literal[1] = 1


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parts: keyword-only, every field always present (null where there is nothing)."""


class RatioV1(Wire, frozen=True, kw_only=True):
    covered: int
    total: int
    percent: str | None


class PointsV1(Wire, frozen=True, kw_only=True):
    exact: str
    shown: str


class PartV1(Wire, frozen=True, kw_only=True):
    cause: Cause
    covered: int
    total: int
    points: PointsV1


class TallyV1(Wire, frozen=True, kw_only=True):
    lines: dict[Category, int]
    exits: dict[Category, int]


class DeltaV1(Wire, frozen=True, kw_only=True):
    metric: Metric
    base: RatioV1
    head: RatioV1
    points: PointsV1 | None
    judged: PointsV1 | None
    parts: list[PartV1]
    tally: TallyV1
    lost: dict[str, str]
    words: str


class ReceiptV1(Wire, frozen=True, kw_only=True):
    commit: str | None
    distance: int
    age_days: int
    reason: str


class FindingV1(Wire, frozen=True, kw_only=True):
    rule: str
    effect: Effect
    scope: Scope
    subject: str
    message: str
    hint: str
    metric: Metric | None
    now: RatioV1 | None
    bar: str | None
    waived_by: str | None


class RowV1(Wire, frozen=True, kw_only=True):
    name: str
    scope: Scope
    suite: str
    metric: Metric
    bar: str | None
    outcome: Outcome
    now: RatioV1 | None
    lines: RatioV1 | None
    branches: RatioV1 | None
    baseline: RatioV1 | None
    delta: DeltaV1 | None
    receipt: ReceiptV1
    partial: bool
    uncovered: dict[str, str]
    partial_lines: dict[str, str]
    attributes: dict[str, RatioV1 | None]


class PatchV1(Wire, frozen=True, kw_only=True):
    ratio: RatioV1 | None
    bar: str | None
    allowed: int
    uncovered: dict[str, str]


class TestsV1(Wire, frozen=True, kw_only=True):
    __test__ = False  # pytest must not take this for a test class

    exit_code: int
    tests: int
    failures: int
    errors: int
    skipped: int
    seconds: float
    passed: bool


class IdentityV1(Wire, frozen=True, kw_only=True):
    tool: str
    version: str
    language: str
    branch: bool


class SuiteV1(Wire, frozen=True, kw_only=True):
    name: str
    arrived: bool
    reason: str
    tests: TestsV1 | None
    identity: IdentityV1 | None


class ExceptionV1(Wire, frozen=True, kw_only=True):
    id: str
    scope: str
    metric: Metric
    state: ExceptionState
    floor: str | None
    current: RatioV1 | None
    owner: str
    review: date | None
    opened: date | None
    resolved: date | None


class BarV1(Wire, frozen=True, kw_only=True):
    scope: Scope
    subject: str
    component: str
    metric: Metric
    now: RatioV1
    bar: str
    met: bool


class VerdictV1(Wire, frozen=True, kw_only=True):
    format: Literal["covgov-verdict"]
    version: Literal[1]
    outcome: Outcome
    commit: str | None
    tree: str | None
    dirty: bool
    today: date
    policy_hash: str
    soft_start: str | None
    receipt: ReceiptV1
    findings: list[FindingV1]
    rows: list[RowV1]
    project: RowV1 | None
    patch: PatchV1 | None
    suites: list[SuiteV1]
    exceptions: list[ExceptionV1]
    bars: list[BarV1]
    guard_judged: dict[str, PointsV1]


def schema() -> bytes:
    """JSON Schema of VerdictV1, as committed in verdict-v1.schema.json."""
    document = msgspec.json.schema(VerdictV1)
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "covgov verdict, version 1"}
    encoded = msgspec.json.encode(named | document, order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def exact(value: Fraction) -> str:
    """`n/d` in lowest terms, also for whole numbers (`2/1`)."""
    return f"{value.numerator}/{value.denominator}"
